"""A volume as one scene: the superpixels of every slice, and links between those of neighbouring slices.

All cues, the mixers and the graph cut work on pieces and the pairs of them that touch, so a volume is solved as a
picture is, in one energy, by strokes on any of its slices. Slices may lie further apart than pixels: a link counts by
the area in which two pieces lie over each other, and less the wider the gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.superpixels import Superpixels
from segstudio.core.progress import Progress, Work

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_MOST_PIECES = 100_000  # in all slices together
_LEAST_SHARE = 0.1  # of the smaller piece that the two have in common, below which they are no neighbours


@dataclass(frozen=True)
class Links:
    """Pieces over each other: *pairs* ``(E, 2)``, *overlap* ``(E,)`` pixels, *share* ``(E,)`` of the smaller one."""

    pairs: Ints
    overlap: Floats
    share: Floats


class StackPieces(Superpixels):
    """The pieces of all slices numbered through: *labels* ``(D, H, W)``."""

    def __init__(self, scenes: list[Scene], gap: float) -> None:
        self._parts = [scene.pieces for scene in scenes]
        self.firsts = np.cumsum([0, *(part.count for part in self._parts)])
        self.count = int(self.firsts[-1])
        numbered = [part.labels + np.int32(first) for part, first in zip(self._parts, self.firsts[:-1], strict=True)]
        self.labels = np.stack(numbered)
        self._gap = gap

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        return np.concatenate([part.sizes for part in self._parts])

    @property
    def side(self) -> float:
        """The mean width of a piece."""
        return float(np.sqrt(self.sizes.mean()))

    @cached_property
    def unit_means(self) -> Floats:
        return np.concatenate([part.unit_means for part in self._parts])

    @cached_property
    def colour_histograms(self) -> Floats:
        return np.concatenate([part.colour_histograms for part in self._parts])

    @cached_property
    def gradient_histograms(self) -> Floats:
        return np.concatenate([part.gradient_histograms for part in self._parts])

    @cached_property
    def centroids(self) -> Floats:
        """``(N, 3)`` mean (z, y, x), in pixels of a slice along every axis."""
        return np.concatenate(
            [
                np.column_stack([np.full(part.count, z * self._gap, np.float32), part.centroids])
                for z, part in enumerate(self._parts)
            ]
        )

    @cached_property
    def links(self) -> Links:
        found = [_overlaps(a, b, self.count) for a, b in zip(self.labels[:-1], self.labels[1:], strict=True)]
        pairs = np.concatenate([np.zeros((0, 2), np.int32), *(pair for pair, _ in found)])
        overlap = np.concatenate([np.zeros(0), *(area for _, area in found)])
        share = overlap / np.maximum(self.sizes[pairs].min(axis=1), 1)
        kept = share >= _LEAST_SHARE
        return Links(pairs[kept], overlap[kept].astype(np.float32), share[kept].astype(np.float32))

    @property
    def nearness(self) -> float:
        """How much of a link is left over the gap between slices: 1 where it is no wider than a piece."""
        return min(1.0, self.side / self._gap)

    @cached_property
    def edges(self) -> Ints:
        """``(E, 2)``: the pairs of slice after slice, then the links."""
        inside = [part.edges + np.int32(first) for part, first in zip(self._parts, self.firsts[:-1], strict=True)]
        return np.ascontiguousarray(np.concatenate([*inside, self.links.pairs]), np.int32)

    @cached_property
    def borders(self) -> Floats:
        """``(E,)`` sides of pixels; of a link, what conducts as well across the gap."""
        across = self.links.overlap / self.side * self.nearness**2
        return np.concatenate([*(part.borders for part in self._parts), across]).astype(np.float32)

    @cached_property
    def contact(self) -> NDArray[np.float64]:
        """``(E,)`` in [0, 1]: how far the cost of different labels counts for each pair."""
        inside = sum(len(part.edges) for part in self._parts)
        return np.concatenate([np.ones(inside), self.links.share * self.nearness]).astype(np.float64)


def _overlaps(a: Ints, b: Ints, count: int) -> tuple[Ints, NDArray[np.int64]]:
    keys, area = np.unique(a.ravel().astype(np.int64) * count + b.ravel(), return_counts=True)
    return np.stack([keys // count, keys % count], axis=1).astype(np.int32), area


def stacking(planes: NDArray[np.uint8], gap: float) -> Work[Stack]:
    """The scene of *planes* ``(D, H, W, C)``, slice by slice; *gap* is the distance of slices in pixels of a slice.

    What cues ask of each slice is worked out on the way.
    """
    most = max(50, _MOST_PIECES // len(planes))
    scenes = []
    for z, plane in enumerate(planes):
        yield Progress(z / len(planes), f"looking at slice {z + 1} of {len(planes)}")
        scene = Scene(plane, most_pieces=most, alone=False)
        for name in _OF_SLICES:
            getattr(scene, name)
        scenes.append(scene)
    return Stack(scenes, gap)


_OF_SLICES = ("colour", "surroundings", "texture", "palette", "ridge")


class Stack(Scene):
    """The scene of a volume from the *scenes* of its slices; *gap* is their distance in pixels of a slice."""

    def __init__(self, scenes: list[Scene], gap: float) -> None:
        self.scenes = scenes
        self.factor = scenes[0].factor
        self.sampling = (gap / self.factor, 1.0, 1.0)
        self.pieces: StackPieces = StackPieces(self.scenes, self.sampling[0])
        self.count = self.pieces.count

    def by_slice(self, values: NDArray[Any]) -> NDArray[Any]:
        """*values* ``(D, ...)`` of the slices as those of the pieces, ``(N, ...)``."""
        return np.repeat(values, np.diff(self.pieces.firsts), axis=0)

    def index(self, strokes: Strokes) -> Ints:
        """The index of *strokes* ``(D, H, W)`` at the size of the scenes."""
        planes = zip(self.scenes, strokes.index, strict=True)
        return np.stack([scene.index(Strokes(strokes.classes, plane)) for scene, plane in planes])

    def _stacked(self, name: str) -> Floats:
        return np.concatenate([getattr(scene, name) for scene in self.scenes])

    @cached_property
    def colour(self) -> Floats:
        return self._stacked("colour")

    @cached_property
    def surroundings(self) -> list[Floats]:
        return [np.concatenate(rows) for rows in zip(*(scene.surroundings for scene in self.scenes), strict=True)]

    @cached_property
    def texture(self) -> Floats:
        return self._stacked("texture")

    @cached_property
    def palette(self) -> Floats:
        return self._stacked("palette")

    @cached_property
    def ridge(self) -> Floats:
        """As in a slice; of a link, half of the step: the way from middle to middle of two slices has no other."""
        across = 0.5 * self.step[len(self.step) - len(self.pieces.links.pairs) :]
        return np.concatenate([self._stacked("ridge"), across]).astype(np.float32)
