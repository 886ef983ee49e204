"""The columns of segmentation data sets as Hugging Face's ``datasets`` reads them.

``image`` is the picture, ``label`` a mask of class ids (255 unlabelled), ``instances`` a mask of 16 bits in which ids
from 256 tell objects apart. ``objects`` lists these by ``id``, and boxes without pixels with the id 0: ``bbox`` is x,
y, width, height in pixels, ``category`` the class id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

IMAGE, LABEL, INSTANCES, OBJECTS = "image", "label", "instances", "objects"
FEATURES_KEY = b"huggingface"
"""Under which a Parquet file's schema tells ``datasets`` what its columns are."""
CLASSES, NAMES = "classes.json", "id2label.json"
"""Files that list the classes: ours with colours, and the one that models of ``transformers`` have too."""

_PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_COLUMNS: Mapping[str, Any] = {
    IMAGE: _PICTURE,
    LABEL: _PICTURE,
    INSTANCES: _PICTURE,
    OBJECTS: pa.struct(
        [("id", pa.list_(pa.int32())), ("bbox", pa.list_(pa.list_(pa.int32()))), ("category", pa.list_(pa.int32()))]
    ),
}


def schema() -> Any:
    """The Arrow schema of a shard, with the features that ``datasets`` shows."""
    number = {"dtype": "int32", "_type": "Value"}
    many = {"feature": number, "_type": "Sequence"}
    features: dict[str, Any] = {name: {"_type": "Image"} for name in (IMAGE, LABEL, INSTANCES)}
    features[OBJECTS] = {"id": many, "bbox": {"feature": many, "_type": "Sequence"}, "category": many}
    info = json.dumps({"info": {"features": features}})
    return pa.schema(list(_COLUMNS.items()), metadata={FEATURES_KEY: info.encode()})
