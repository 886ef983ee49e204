"""Cleaning the mask at hand, its borders and its specks: tried out in a preview, then one undoable edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segstudio.app.box_labels import has_background
from segstudio.core.labels import Provenance
from segstudio.core.progress import Progress, Work

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench


@dataclass(frozen=True, slots=True)
class CleanupOptions:
    """What :func:`segstudio.algorithms.morphology.clean` takes; radii and areas in pixels, 0 is off.

    The defaults take away what is smaller than a person would draw.
    """

    open: int = 1
    close: int = 1
    min_area: int = 64
    max_hole: int = 64
    smooth: int = 0

    @property
    def idle(self) -> bool:
        """Whether this changes nothing."""
        return not any(asdict(self).values())


@dataclass(frozen=True, slots=True)
class EdgeOptions:
    """What :func:`segstudio.algorithms.edges.follow` takes; a weight of 0 is off.

    Off at first: a dense CRF worsens masks as often as it mends them, so a person should see what it does.
    """

    weight: int = 0
    reach: int = 30
    """Pixels."""
    contrast: int = 13
    """Colours of 0 to 255."""
    trust: int = 80
    """How far the labels are believed, in percent."""

    def arguments(self) -> dict[str, Any]:
        """Keyword options of :func:`segstudio.algorithms.edges.follow`."""
        return {"weight": self.weight, "reach": self.reach, "contrast": self.contrast, "trust": self.trust / 100}


class Cleanup:
    """A dense CRF and morphology on the sample at hand."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self.options = CleanupOptions()
        """What was applied last: where the next clean-up starts."""
        self.edges = EdgeOptions()
        """The same for the CRF that goes before."""

    def preview(
        self,
        options: CleanupOptions,
        show: Callable[[NDArray[np.uint16]], None],
        edges: EdgeOptions | None = None,
    ) -> None:
        """Compute in a thread how the map would look and hand it to *show*; a newer preview replaces an older."""
        done = EdgeOptions() if edges is None else edges
        self._submit("Preview clean-up", options, done, lambda _, cleaned: show(cleaned), quiet=True)

    def apply(self, options: CleanupOptions | None = None, edges: EdgeOptions | None = None) -> None:
        """Clean the map at hand as one edit, with these options or those of the last time. Human pixels stay."""
        document = self._workbench.document
        options = self.options if options is None else options
        edges = self.edges if edges is None else edges
        self.options, self.edges = options, edges

        def write(sample_id: int, cleaned: NDArray[np.uint16]) -> None:
            if document is not None and document is self._workbench.document:
                document.write_result("Clean up", sample_id, cleaned, Provenance.PROPAGATED, changed_only=True)

        self._submit("Clean up", options, edges, write, quiet=False)

    def _submit(
        self,
        title: str,
        options: CleanupOptions,
        edge_options: EdgeOptions,
        done: Callable[[int, NDArray[np.uint16]], None],
        *,
        quiet: bool,
    ) -> None:
        bench = self._workbench
        document = bench.document
        if document is None or document.sample is None or document.image is None:
            return
        sample_id, image = document.sample.id, document.image
        ids, human = document.labels.ids.copy(), document.labels.provenance == Provenance.HUMAN
        classes = document.classes

        def work() -> Work[NDArray[np.uint16]]:
            from segstudio.algorithms import edges, morphology  # loads OpenCV, SciPy and numba

            followed = ids
            if edge_options.weight:
                yield Progress(None, "following edges")
                followed = edges.follow(image.whole(), ids, **edge_options.arguments())
            yield Progress(None, "cleaning")
            background = 0 if has_background(classes) else None
            cleaned = morphology.clean(followed, background=background, **asdict(options))
            return np.where(human, ids, cleaned)

        bench.jobs.submit(
            title,
            work,
            lambda cleaned: done(sample_id, cleaned),
            lane="propagate",
            key="cleanup",
            failed=lambda error: bench.report(error, "clean up"),
            quiet=quiet,
        )
