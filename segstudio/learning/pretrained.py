"""Networks that others trained and published: where their weights are, what they know, and fetching them.

Loads no torch. A file is fetched once into a folder, in parts that an interrupted download goes on from, and takes its
place only when its checksum is the published one.
"""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError, storage_errors
from segstudio.core.progress import Progress, Work
from segstudio.core.registry import Registry

_CHUNK = 1 << 18
_TIMEOUT = 30.0
_PART = ".part"

VOC_NAMES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
COCO_NAMES = (
    "background", "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
    "traffic light", "fire hydrant", "unused 12", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse",
    "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "unused 26", "backpack", "umbrella", "unused 29",
    "unused 30", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat",
    "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle", "unused 45", "wine glass", "cup", "fork",
    "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza",
    "donut", "cake", "chair", "couch", "potted plant", "bed", "unused 66", "dining table", "unused 68", "unused 69",
    "toilet", "unused 71", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster",
    "sink", "refrigerator", "unused 83", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
"""COCO's 80 objects at their numbers of 1 to 90; the numbers between them that COCO never used."""


@dataclass(frozen=True)
class Pretrained:
    """One line of the table."""

    name: str
    title: str
    file: str
    """The file's name, which ends in the first digits of its SHA-256."""
    megabytes: float
    names: tuple[str, ...]
    """Its classes in the order of the channels."""
    score: str
    """What its publishers measured, on COCO's 5,000 validation images of 2017."""
    task: Literal["semantic", "instance"] = "semantic"
    base: str = "https://download.pytorch.org/models/"
    licence: str = "BSD-3-Clause (torchvision); trained on COCO 2017, whose annotations are CC BY 4.0"
    input: str = "0..1, minus ImageNet's mean, by its deviation"

    @property
    def url(self) -> str:
        return self.base + self.file

    @property
    def checksum(self) -> str:
        """The first digits of the file's SHA-256."""
        return self.file.rsplit("-", 1)[1].removesuffix(".pth")

    @property
    def labels(self) -> LabelSet:
        return LabelSet.named(self.names)

    def path(self, folder: Path) -> Path:
        """Where the file stands in *folder* once it is there."""
        return folder / self.file


PRETRAINED: Registry[Pretrained] = Registry(
    "pretrained model",
    [
        Pretrained(
            "deeplabv3_resnet101",
            "DeepLabV3, ResNet-101",
            "deeplabv3_resnet101_coco-586e9e4e.pth",
            233.2,
            VOC_NAMES,
            "67.4 % mIoU",
        ),
        Pretrained(
            "deeplabv3_resnet50",
            "DeepLabV3, ResNet-50",
            "deeplabv3_resnet50_coco-cd0a2569.pth",
            160.5,
            VOC_NAMES,
            "66.4 % mIoU",
        ),
        Pretrained(
            "deeplabv3_mobilenet_v3_large",
            "DeepLabV3, MobileNetV3",
            "deeplabv3_mobilenet_v3_large-fc3c493d.pth",
            42.3,
            VOC_NAMES,
            "60.3 % mIoU",
        ),
        Pretrained(
            "fcn_resnet101",
            "FCN, ResNet-101",
            "fcn_resnet101_coco-7ecb50ca.pth",
            207.7,
            VOC_NAMES,
            "63.7 % mIoU",
        ),
        Pretrained(
            "fcn_resnet50",
            "FCN, ResNet-50",
            "fcn_resnet50_coco-1167a1af.pth",
            135.0,
            VOC_NAMES,
            "60.5 % mIoU",
        ),
        Pretrained(
            "lraspp_mobilenet_v3_large",
            "LR-ASPP, MobileNetV3",
            "lraspp_mobilenet_v3_large-d234d4ea.pth",
            12.5,
            VOC_NAMES,
            "57.9 % mIoU",
        ),
        Pretrained(
            "maskrcnn_resnet50_fpn",
            "Mask R-CNN, ResNet-50",
            "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
            169.8,
            COCO_NAMES,
            "34.6 % mask AP",
            "instance",
        ),
        Pretrained(
            "maskrcnn_resnet50_fpn_v2",
            "Mask R-CNN v2, ResNet-50",
            "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth",
            177.2,
            COCO_NAMES,
            "41.8 % mask AP",
            "instance",
        ),
    ],
    group="segstudio.pretrained",
)
"""The first is the most accurate one for the twenty classes of Pascal VOC."""


def find_pretrained(path: Path) -> Pretrained | None:
    """The line of the table whose file is called as *path* is."""
    return next((entry for entry in PRETRAINED.values() if entry.file == path.name), None)


def fetch(entry: Pretrained, folder: Path) -> Work[Path]:
    """Bring the weights of *entry* into *folder*, unless they are there; their path.

    Stopped, it keeps what has come and goes on from there the next time. Raises :class:`CheckpointError`, which says
    where the file may be put by hand, where there is no connection or the file is not the published one.
    """
    target = entry.path(folder)
    if target.is_file():
        return target
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + _PART)
    yield from _download(entry, target, part)
    if not _digest(part).startswith(entry.checksum):
        part.unlink()
        raise CheckpointError(
            target, f"what {_host(entry.url)} sent is not the published file (its checksum differs); try again"
        )
    with storage_errors(target):
        part.replace(target)
    return target


def _download(entry: Pretrained, target: Path, part: Path) -> Work[None]:
    have = part.stat().st_size if part.is_file() else 0
    yield Progress(None, f"connecting to {_host(entry.url)}")
    try:
        with _opened(entry.url, have) as response:
            resumed = getattr(response, "status", 200) == 206
            have = have if resumed else 0
            total = have + int(response.headers.get("Content-Length") or 0)
            with storage_errors(target):
                file = open(part, "ab" if resumed else "wb")  # noqa: SIM115  # closed below
            with file:
                while chunk := response.read(_CHUNK):
                    with storage_errors(target):
                        file.write(chunk)
                        file.flush()  # a full disk is told here, not when the file is closed
                    have += len(chunk)
                    yield Progress(have / total if total else None, f"{have / 1e6:.0f} of {total / 1e6:.0f} MB")
            if have < total:
                raise CheckpointError(target, "the connection broke off; download again to go on from there")
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing is missing but the end of the last time
            return
        raise CheckpointError(target, f"{_host(entry.url)} answers {error.code} {error.reason}") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise CheckpointError(
            target,
            f"it is not here, and there is no connection to {_host(entry.url)}; "
            f"fetch {entry.url} elsewhere and put the file at this place",
        ) from error


def _opened(url: str, have: int) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "segstudio"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT)
    return response


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc or "the file's place"


def _digest(path: Path) -> str:
    with storage_errors(path), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
