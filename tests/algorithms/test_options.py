"""Every number of every method: what makes no sense is one clear error before any work, and nothing runs for ever."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from segstudio.algorithms import boxes, scribbles, superpixels
from segstudio.algorithms.boxes import BOX_METHODS
from segstudio.algorithms.clustering import Constraints, cluster
from segstudio.algorithms.dense_crf import mean_field
from segstudio.algorithms.options import check_numbers
from segstudio.algorithms.scribbles import PROPAGATORS
from segstudio.algorithms.tags import constrained_distribution
from segstudio.core.errors import AnnotationError, OptionError

IMAGE = np.random.default_rng(0).integers(0, 255, (24, 30, 3)).astype(np.uint8)
SEEDS = np.full((24, 30), 255, np.uint8)
SEEDS[5:20, 5], SEEDS[5:20, 25] = 0, 1
EVEN = np.full((2, 24, 30), 0.5, np.float32)


def filled(method: str, **options: Any) -> None:
    told = EVEN if BOX_METHODS[method].needs_probabilities else None
    boxes.pseudo_label(IMAGE, [(1, 5, 5, 20, 20)], method=method, probabilities=told, **options)


def numbers(run: Callable[..., Any]) -> Iterator[str]:
    for parameter in inspect.signature(run).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and {"int", "float"} & set(str(parameter.annotation).split(" | ")):
            yield parameter.name


CALLS = [
    *[(scribbles.propagate, (IMAGE, SEEDS), m, o) for m in PROPAGATORS for o in numbers(PROPAGATORS[m].run)],
    *[(filled, (), m, o) for m in BOX_METHODS for o in numbers(BOX_METHODS[m].run)],
    *[
        (superpixels.segment, (IMAGE,), m, o)
        for m in superpixels.METHODS
        for o in numbers(superpixels.METHODS[m].segment)
    ],
]


@pytest.mark.parametrize(("call", "given", "method", "option"), CALLS, ids=[f"{c[2]}-{c[3]}" for c in CALLS])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, 1e-300, True, "much"])
def test_a_number_that_is_none_is_refused(
    call: Callable[..., Any], given: tuple[Any, ...], method: str, option: str, value: object
) -> None:
    with pytest.raises(OptionError, match=option):
        call(*given, method=method, **{option: value})


@pytest.mark.parametrize(
    ("method", "option"),
    [("random_walker", "steps"), ("geodesic", "rounds"), ("grabcut", "iterations")],
)
def test_rounds_without_end_are_refused(method: str, option: str) -> None:
    with pytest.raises(OptionError, match=r"1 to \d+"):
        scribbles.propagate(IMAGE, SEEDS, method=method, **{option: 1_000_000})
    with pytest.raises(OptionError, match="whole number"):
        scribbles.propagate(IMAGE, SEEDS, method=method, **{option: 1.5})


def test_whole_numbers_of_any_type_are_taken() -> None:
    scribbles.propagate(IMAGE, SEEDS, method="geodesic", rounds=np.int64(1), spatial=np.float32(0.5))
    scribbles.propagate(IMAGE, SEEDS, method="geodesic", rounds=2.0, spatial=1)
    superpixels.segment(IMAGE, n_segments=20.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [np.nan, np.inf, -1, 1e300])
def test_the_emphasis_of_cues_has_an_end(factor: float) -> None:
    with pytest.raises(OptionError, match="emphasis of 'colour' is a number from 0 to 100"):
        scribbles.propagate(IMAGE, SEEDS, emphasis={"colour": factor})


@pytest.mark.parametrize("options", [{"softness": 0}, {"softness": -1}, {"colours": -0.5}])
def test_ellipses_need_a_soft_rim(options: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=r"softness of 0\.01 or more"):
        filled("together", **options)


@pytest.mark.parametrize(
    "options",
    [
        {"gaussian": (1e300, 3)},
        {"gaussian": (3, 1e-300)},
        {"bilateral": (3, np.nan, 3)},
        {"bilateral": (3, 3, 1e300)},
        {"spacing": (1e300, 1.0)},
        {"spacing": (1e-300, 1.0)},
        {"iterations": 10**9},
        {"iterations": 2.5},
    ],
)
def test_kernels_of_the_crf_have_a_size(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        mean_field(IMAGE, EVEN, **options)


def test_tags_and_clusters_take_numbers_only() -> None:
    with pytest.raises(OptionError, match="iterations"):
        constrained_distribution(EVEN, [1], iterations=2.5)  # type: ignore[arg-type]
    with pytest.raises(AnnotationError, match="the background is class 5, but there are 2 classes"):
        constrained_distribution(EVEN, [1], background=5)
    with pytest.raises(OptionError, match="regularisation"):
        cluster(np.eye(4), Constraints(2), regularisation=np.inf)
    with pytest.raises(OptionError, match="iterations"):
        cluster(np.eye(4), Constraints(2), iterations=1e300)  # type: ignore[arg-type]


def test_other_keywords_are_not_looked_at() -> None:
    def run(*, name: str = "", size: float | None = None, pair: tuple[float, float] = (0, 0)) -> None:
        del name, size, pair

    check_numbers(run, {"name": "x", "size": None, "pair": (np.nan, 1), "unknown": "x"})
    with pytest.raises(OptionError, match="the option 'size' is a number, not 'x'"):
        check_numbers(run, {"size": "x"})
