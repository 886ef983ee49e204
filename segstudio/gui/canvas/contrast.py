"""How the image at hand is shown: by itself, as its whole stack, or as a person chose for all slices of its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from segstudio.app.stack_contrast import Shown, is_in_stack, shown_by_itself
from segstudio.app.workbench import Workbench
from segstudio.gui.canvas.image_layer import ChannelLook, ImagePainter
from segstudio.gui.canvas.scene import Scene
from segstudio.io.images import Image


@dataclass(frozen=True, slots=True)
class Contrast:
    """What of a scene is shown black and white."""

    low: float
    high: float
    curve: bytes
    channels: tuple[ChannelLook, ...]

    @classmethod
    def of(cls, scene: Scene) -> Contrast:
        return cls(*scene.contrast, scene.curve, scene.channels)

    def show(self, scene: Scene) -> bool:
        """Show *scene* like this; whether it looks different now."""
        before = Contrast.of(scene)
        if self == before:
            return False
        if (self.low, self.high, self.curve) != (before.low, before.high, before.curve):
            scene.set_contrast(self.low, self.high, self.curve)
        for index, look in enumerate(self.channels):
            if look != scene.channels[index]:
                scene.set_channel(index, look)
        return True

    def within(self, shown: Shown) -> Contrast:
        """This in the ranges of *shown*; which channels are seen, and in what colours, stays."""
        window = shown.window
        looks = tuple(
            replace(look, low=window.low, high=window.high)
            for look, window in zip(self.channels, shown.channels, strict=True)
        )
        return Contrast(window.low, window.high, window.curve, looks)


class Contrasts:
    """Chooses the contrast of one image after the other, as they come at hand."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._image: Image | None = None
        self._at_first: Contrast | None = None
        """How the image at hand is shown by itself, or as its stack."""
        self._chosen: tuple[Path, Contrast] | None = None
        """The file of which a person chose how it is shown, and how."""
        self._colors: tuple[Path, tuple[ChannelLook, ...]] | None = None
        """The file whose ranges were set back, and the looks whose colours stay."""

    def begin(self, scene: Scene, image: Image) -> None:
        """Show another image: as a person chose for another slice of its file, else as its stack, else by itself."""
        self._image, self._at_first = image, None
        self._find()  # first: what is found from now on is told
        self.follow(scene)

    def follow(self, scene: Scene) -> bool:
        """Show the image as its stack where that is known by now, unless a person chose; whether it looks different."""
        image = self._image
        if image is None:
            return False
        shown = self._known(image)
        if shown is None and self._at_first is None and not is_in_stack(image):
            by_stack = Contrast.of(scene)  # which is new: it is shown by itself
        else:
            by_stack = Contrast.of(scene).within(shown if shown is not None else shown_by_itself(image))
        self._at_first = by_stack = self._colored(image, by_stack)
        kept = self._kept(image)
        return (kept if kept is not None and len(kept.channels) == len(scene.channels) else by_stack).show(scene)

    def keep(self, scene: Scene) -> None:
        """Remember what a person chose, for the other slices of the file; what it shows by itself is no choice."""
        if self._image is not None:
            chosen = Contrast.of(scene)
            self._chosen = (self._image.path, chosen) if chosen != self._at_first else None

    def reset(self, scene: Scene) -> bool:
        """Forget what ranges a person chose for the file; whether the image looks different now. Colours of channels
        stay."""
        self._chosen = None
        self._colors = (self._image.path, scene.channels) if self._image is not None and scene.channels else None
        self._find()
        return self.follow(scene)

    def dress(self, image: Image, painter: ImagePainter) -> None:
        """Have *painter* render *image* as it will be shown once it is at hand. Any thread may."""
        if not is_in_stack(image):
            return
        kept, shown = self._kept(image), self._known(image)
        fresh = Contrast(painter.low, painter.high, painter.curve, painter.channels)
        wanted = kept if kept is not None and len(kept.channels) == len(painter.channels) else None
        wanted = wanted or self._colored(image, fresh.within(shown) if shown is not None else fresh)
        painter.set_window(wanted.low, wanted.high, wanted.curve)
        painter.channels = wanted.channels

    @property
    def expected(self) -> object:
        """What tells one contrast of the next slices from another."""
        return self._chosen, self._known(self._image) if self._image is not None else None

    def _known(self, image: Image) -> Shown | None:
        """How the stack of *image* is shown, where it is to be shown so."""
        return None if self._workbench.settings.slice_contrast else self._workbench.stacks.contrast.known(image)

    def _colored(self, image: Image, contrast: Contrast) -> Contrast:
        """*contrast* with the channels seen, and in the colours, that a person chose before setting the ranges back."""
        path, looks = self._colors if self._colors is not None else (None, ())
        if path != image.path or len(looks) != len(contrast.channels):
            return contrast
        channels = tuple(
            replace(look, color=chosen.color, visible=chosen.visible)
            for look, chosen in zip(contrast.channels, looks, strict=True)
        )
        return replace(contrast, channels=channels)

    def _find(self) -> None:
        if self._image is not None and not self._workbench.settings.slice_contrast:
            self._workbench.stacks.contrast.find(self._image)

    def _kept(self, image: Image) -> Contrast | None:
        return self._chosen[1] if self._chosen is not None and self._chosen[0] == image.path else None
