"""Every tool of the table, by the same rules."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segstudio.core.resources import resource
from segstudio.gui.actions import ACTS
from segstudio.gui.tools import TOOLS
from tests.gui.kit import LEFT, RIGHT, SHIFT, Easel


@pytest.mark.parametrize("name", list(TOOLS))
def test_a_tool_has_a_title_a_hint_and_an_icon(name: str) -> None:
    tool = TOOLS[name]
    assert tool.title.count("&") == 1
    assert tool.hint.endswith(".")
    assert resource("icons", f"{tool.icon}.svg").is_file()


def test_no_key_means_two_things() -> None:
    keys = [key.lower() for entry in (*TOOLS.values(), *ACTS) for key in entry.keys]
    keys += ["v", "space"]  # held on the canvas
    assert [key for key, count in Counter(keys).items() if count > 1] == []


@pytest.mark.parametrize("name", list(TOOLS))
def test_escape_in_the_middle_of_any_tool_changes_nothing(easel: Easel, name: str) -> None:
    easel.open()
    easel.canvas.set_tool(name)
    easel.press(40, 40)
    easel.move(60, 70)
    easel.canvas.cancel()
    easel.release(60, 70)
    assert easel.untouched
    assert not easel.canvas.working


@pytest.mark.parametrize("name", list(TOOLS))
def test_any_tool_rests_where_there_is_no_image(easel: Easel, name: str) -> None:
    easel.canvas.show()
    easel.canvas.set_tool(name)
    easel.drag((10, 10), (40, 40))
    assert not easel.canvas.working
    assert not easel.failures


places = st.tuples(st.integers(-5, 100), st.integers(-5, 125))
acts = st.tuples(
    st.sampled_from(["brush", "eraser", "lasso", "fill", "box", "polygon", "wand"]),
    st.lists(places, min_size=2, max_size=4),
    st.sampled_from([LEFT, RIGHT]),
    st.booleans(),
    st.integers(1, 40),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, min_size=1, max_size=6))
def test_undoing_everything_gives_the_start_and_redoing_the_end(easel: Easel, drawn: list[tuple]) -> None:
    if easel.bench.document is None:
        easel.open()
    document = easel.document
    while document.history.can_undo:
        easel.bench.undo()
    start = easel.ids.copy(), document.labels.provenance.copy(), document.annotation
    for tool, line, button, shift, size in drawn:
        easel.canvas.set_tool(tool)
        easel.canvas.brush_size = size
        easel.drag(*line, button=button, **({"keys": SHIFT} if shift else {}))
    easel.canvas.settle()
    end = easel.ids.copy(), document.labels.provenance.copy(), document.annotation
    undone = 0
    while document.history.can_undo:
        easel.bench.undo()
        undone += 1
    np.testing.assert_array_equal(easel.ids, start[0])
    np.testing.assert_array_equal(document.labels.provenance, start[1])
    assert document.annotation == start[2]
    for _ in range(undone):
        easel.bench.redo()
    np.testing.assert_array_equal(easel.ids, end[0])
    np.testing.assert_array_equal(document.labels.provenance, end[1])
    assert document.annotation == end[2]


def test_the_canvas_is_loaded_without_opencv_numba_or_torch() -> None:
    heavy = "cv2", "numba", "scipy", "skimage", "torch", "pyqtgraph", "pydicom"
    code = f"import sys, segstudio.gui.canvas; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
