"""Scribbling on one picture: previews while drawing, full answers on release, undo and erasing."""

from __future__ import annotations

import numpy as np
import pytest
from numba.core import event

from segstudio.algorithms import scribbles
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.progress import finish


def picture() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = np.zeros((90, 120), np.uint16)
    truth[20:70, 60:110] = 5
    image = np.clip(60 + 130 * (truth == 5) + rng.normal(0, 5, truth.shape), 0, 255).astype(np.uint8)
    return image, truth


def line(y0: int, x0: int, y1: int, x1: int) -> tuple[np.ndarray, np.ndarray]:
    t = np.linspace(0, 1, 200)
    return np.rint(y0 + t * (y1 - y0)).astype(int), np.rint(x0 + t * (x1 - x0)).astype(int)


@pytest.fixture
def session() -> scribbles.Session:
    found = scribbles.Session(picture()[0], n_segments=250)
    found.prepare()
    return found


def test_a_picture_is_labelled_while_it_is_drawn_on(session: scribbles.Session) -> None:
    _, truth = picture()
    assert (session.labels == 255).all()
    session.preview(0, *line(5, 5, 80, 20))
    assert (session.labels == 0).all()
    session.preview(5, *line(30, 70, 60, 100))
    assert (session.labels == truth).mean() > 0.97


def test_a_preview_changes_nothing_outside_the_region_it_names(session: scribbles.Session) -> None:
    session.preview(0, *line(5, 5, 80, 20))
    session.preview(5, *line(30, 70, 60, 100))
    before = session.labels.copy()
    region = session.preview(0, *line(10, 60, 10, 110))
    changed = np.argwhere(session.labels != before)
    assert not region.empty
    inside = Region.of(session.labels.shape)
    assert inside.contains(region)
    assert all(region.contains(Region(y, x, y + 1, x + 1)) for y, x in changed)


def test_strokes_are_kept_whatever_the_picture_says(session: scribbles.Session) -> None:
    session.preview(0, *line(5, 5, 80, 20))
    session.preview(5, *line(30, 70, 60, 100))
    y, x = line(40, 66, 40, 69)
    session.preview(0, y, x)
    session.full()
    assert (session.labels[y, x] == 0).all()
    drawn = session.seeds != 255
    assert np.array_equal(session.labels[drawn], session.seeds[drawn])


def test_full_never_has_more_energy_than_previews(session: scribbles.Session) -> None:
    from segstudio.algorithms.graph_cut import energy

    session.preview(0, *line(5, 5, 80, 20))
    session.preview(5, *line(30, 70, 60, 100))
    session.preview(7, *line(85, 5, 85, 50))
    graph = session.problem.graph

    def cost() -> float:
        return energy(session._unary, graph.edges, session.problem.weights, session._assigned)

    before = cost()
    session.full()
    assert cost() <= before + 1e-9


def test_replacing_the_strokes_equals_drawing_them(session: scribbles.Session) -> None:
    _, truth = picture()
    session.preview(0, *line(5, 5, 80, 20))
    session.preview(5, *line(30, 70, 60, 100))
    session.full()
    seeds = session.seeds.copy()
    other = scribbles.Session(picture()[0], n_segments=250)
    assert other.replace(seeds) == Region.of(truth.shape)
    assert (other.labels == session.labels).mean() > 0.99
    other.replace(np.full(truth.shape, 255))
    assert (other.labels == 255).all()


def twins() -> tuple[np.ndarray, np.ndarray]:
    """Two squares that look alike, and where they are: 1 the left one, 2 the right one."""
    where = np.zeros((90, 120), np.uint16)
    where[20:70, 10:50], where[20:70, 70:110] = 1, 2
    noise = np.random.default_rng(0).normal(0, 5, where.shape)
    return np.clip(60 + 130 * (where > 0) + noise, 0, 255).astype(np.uint8), where


def test_previews_go_on_from_what_was_found_and_shown() -> None:
    image, where = twins()
    session = scribbles.Session(image, n_segments=250)
    session.preview(0, *line(5, 5, 5, 110))
    session.preview(5, *line(30, 20, 60, 40))
    assert (session.labels[where == 2] == 5).mean() > 0.9  # by its colour
    found = np.where(where == 1, 5, 0).astype(np.uint16)
    session.believe(found, 0.9)
    assert (session.labels == np.where(session.seeds == 255, found, session.seeds)).all()
    session.preview(0, *line(80, 5, 80, 110))
    assert (session.labels == found).mean() > 0.97
    session.preview(5, *line(30, 80, 60, 100))  # and a stroke there says otherwise
    assert (session.labels[where == 2] == 5).mean() > 0.9
    assert (session.labels[where == 0] == 0).mean() > 0.97


def test_what_was_believed_is_forgotten() -> None:
    image, where = twins()
    session, other = (scribbles.Session(image, n_segments=250) for _ in range(2))
    for one in (session, other):
        one.preview(0, *line(5, 5, 5, 110))
        one.preview(5, *line(30, 20, 60, 40))
    session.believe(np.where(where == 1, 5, 0).astype(np.uint16), 0.9)
    session.forget()
    other.forget()
    assert (session.labels == other.labels).all()
    assert (session.labels[where == 2] == 5).mean() > 0.9


def test_a_belief_is_no_word_against_strokes_and_none_about_classes_without_any() -> None:
    image, where = twins()
    session = scribbles.Session(image, n_segments=250)
    session.believe(np.zeros(image.shape, np.uint16), 0.9)
    assert (session.labels == 255).all()  # nothing is drawn
    session.preview(0, *line(5, 5, 5, 110))
    session.preview(5, *line(30, 20, 60, 40))
    session.believe(np.where(where == 2, 7, 255).astype(np.uint16), 0.9)
    assert (session.labels[where == 2] == 7).all()
    assert (session.labels[where == 1] == 5).mean() > 0.95  # 255: as it was
    y, x = line(40, 80, 40, 100)
    session.preview(0, y, x)
    assert (session.labels[y, x] == 0).all()
    session.believe(np.full(image.shape, 5, np.uint16), np.ones(image.shape, np.float32))
    assert (session.labels[y, x] == 0).all()
    assert (session.labels[session.seeds == 255] == 5).all()


def test_erasing_a_stroke_takes_its_opinion_back(session: scribbles.Session) -> None:
    session.preview(0, *line(5, 5, 80, 20))
    session.preview(5, *line(30, 70, 60, 100))
    session.erase(*line(30, 70, 60, 100))
    assert (session.seeds != 5).all()
    session.erase(*line(5, 5, 80, 20))
    assert (session.labels == 255).all()


def test_strokes_over_the_edge_and_wrong_classes(session: scribbles.Session) -> None:
    assert session.preview(0, np.array([-3, 500]), np.array([0, 0])).empty
    with pytest.raises(AnnotationError, match="no class id"):
        session.preview(255, *line(1, 1, 5, 5))
    with pytest.raises(AnnotationError, match="no class id"):
        session.preview(-1, *line(1, 1, 5, 5))


def test_the_default_method_runs_on_the_session(session: scribbles.Session) -> None:
    image, truth = picture()
    session.preview(0, *line(5, 5, 80, 20))
    session.preview(5, *line(30, 70, 60, 100))
    found = finish(session.propagation())
    assert (found.labels == truth).mean() > 0.98
    assert np.array_equal(found.labels, scribbles.propagate(image, session.seeds))
    session.preview(5, *line(30, 90, 31, 100))
    assert (session.labels == truth).mean() > 0.97


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_warming_up_compiles_what_a_session_needs(kind: type) -> None:
    scribbles.warm_up()
    compiled: list[str] = []

    class Compiled(event.Listener):
        def on_start(self, event: event.Event) -> None:
            compiled.append(event.data["dispatcher"].__name__)

        def on_end(self, event: event.Event) -> None:
            pass

    y, x = np.mgrid[:1300, :1300]
    image = np.repeat(((x + y) // 11 * 7 % 256)[..., None], 3, axis=2).astype(kind)
    with event.install_listener("numba:compile", Compiled()):
        session = scribbles.Session(image)
        session.prepare()
        session.preview(0, *line(5, 5, 80, 20))
        session.preview(5, *line(300, 700, 600, 1000))
        session.full()
        finish(session.propagation())
    assert [name for name in compiled if name.startswith("_")] == []
