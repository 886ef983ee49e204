"""The default: all boxes judged together, and GrabCut for a large thing where its answer fits the box.

Measured (``docs/boxes.md``): places and colours learned from all boxes of a picture are the best start for cells,
organs and things in a scene; but a thing that fills much of a photograph can have any shape and many colours, which
GrabCut finds more often. Whether it has, the box tells: drawn tight, it is touched by its object on all four sides
(Lempitsky et al., Image Segmentation with a Bounding Box Prior, ICCV 2009).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.boxes import grabcut
from segstudio.algorithms.boxes.scene import BACKGROUND, Floats, Scene
from segstudio.algorithms.boxes.together import Group, groups, together
from segstudio.algorithms.pictures import unit_range
from segstudio.algorithms.slic import shrunk
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work, scaled

_LARGE, _LARGE_IN_GREY = 0.01, 0.1
"""What part of a picture a thing fills at least, with colours to tell it by and without."""
_COLOURFUL = 2 / 255
"""Colours of a picture in colour differ from grey by this much on the average."""
_ALONE = 0.1
"""Boxes that overlap it are no larger than this part of it."""
_NEAR_A_SIDE = 0.1
"""An object touches a side of its box where it comes within this part of the box."""
_FULLEST = 0.97
"""Things do not fill more of their boxes than this."""
_AROUND = 0.5
"""How much of its surroundings GrabCut sees, as a part of the longer side of the box."""
_WORKING = 640
"""The longest side of what GrabCut sees, in pixels."""


def chosen(scene: Scene, probabilities: Floats | None = None) -> Work[tuple[NDArray[Any], Floats]]:
    """Labels and confidence by what suits each box, as work that can be stopped between two."""
    labels, confidence = yield from scaled(together(scene, probabilities), 0.0, 0.8)
    least = (_LARGE if _in_colour(scene.image) else _LARGE_IN_GREY) * labels.size
    for group in groups(scene):
        label, box = group.classes[0], group.boxes[0]  # the largest
        if box.area < least or not _alone(group):
            continue
        yield Progress(0.9, "filling boxes")
        found = _cut_out(scene.image, box)
        if _fits(found):
            here, sure = labels[box.slices], confidence[box.slices]
            free = (here == label) | (here == BACKGROUND)
            here[free & found], here[free & ~found] = label, BACKGROUND
            sure[free] = grabcut.SURE
    return labels, confidence


def _in_colour(image: NDArray[Any]) -> bool:
    if image.shape[2] < 3:
        return False
    unit = unit_range(image)[:, :, :3]
    return bool(np.abs(unit - unit.mean(axis=2, keepdims=True)).mean() > _COLOURFUL)


def _alone(group: Group) -> bool:
    return all(box.area <= _ALONE * group.boxes[0].area for box in group.boxes[1:])


def _cut_out(image: NDArray[Any], box: Region) -> NDArray[np.bool_]:
    """GrabCut's object in *box*, ``(h, w)``, found at working size."""
    around = box.grown(round(_AROUND * max(box.shape))) & Region.of(image.shape)
    inner = box.shifted(-around.y0, -around.x0)
    crop = image[around.slices]
    factor = _WORKING / max(around.shape)
    if factor >= 1:
        return grabcut.inside(crop, inner)
    found = grabcut.inside(shrunk(crop, 1 / factor), _scaled(inner, factor))
    return cv2.resize(found.astype(np.float32), box.shape[::-1], interpolation=cv2.INTER_LINEAR) > 0.5


def _scaled(box: Region, factor: float) -> Region:
    """*box* in a picture of *factor* times the size, of at least one pixel."""
    y0, x0, y1, x1 = (int(side * factor + 0.5) for side in (box.y0, box.x0, box.y1, box.x1))
    top, left = min(y0, y1 - 1), min(x0, x1 - 1)
    return Region(max(top, 0), max(left, 0), max(y1, 1), max(x1, 1))


def _fits(found: NDArray[np.bool_]) -> bool:
    """Whether the object touches all sides of its box without filling it."""
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    if not rows.size or found.mean() > _FULLEST:
        return False
    sides = ((rows, found.shape[0]), (columns, found.shape[1]))
    return all(
        places[0] <= _NEAR_A_SIDE * size and places[-1] >= (1 - _NEAR_A_SIDE) * size - 1 for places, size in sides
    )
