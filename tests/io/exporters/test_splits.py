"""Sets of training, validation and test samples."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from segstudio.core.errors import OptionError
from segstudio.io.exporters.splits import SplitOptions, folds, split


class At:
    def __init__(self, path: str) -> None:
        self.path = Path(path)


def options(**values: object) -> SplitOptions:
    return SplitOptions(**values)  # type: ignore[arg-type]


@given(
    n=st.integers(1, 60),
    val=st.sampled_from([0, 0.2, 0.5]),
    test=st.sampled_from([0, 0.1, 0.3]),
    seed=st.integers(0, 5),
    contents=st.lists(st.sets(st.integers(0, 4)), min_size=60, max_size=60),
)
@settings(max_examples=80, deadline=None)
def test_sets_have_their_shares_and_are_the_same_every_time(
    n: int, val: float, test: float, seed: int, contents: list[set[int]]
) -> None:
    samples = [At(f"{i}.png") for i in range(n)]
    chosen = options(val=val, test=test, seed=seed)
    for given_contents in (None, contents[:n]):
        sets = split(samples, chosen, given_contents)
        assert sets == split(samples, chosen, given_contents)
        counts = Counter(sets)
        assert sum(counts.values()) == n
        if given_contents is None:
            for name, share in (("val", val), ("test", test)):
                assert abs(counts[name] - share * n) <= 1


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(0, 9))
def test_a_patient_is_never_in_two_sets(patients: list[int], seed: int) -> None:
    samples = [At(f"d/patient{p}_{i}.png") for i, p in enumerate(patients)]
    sets = split(samples, options(val=0.3, test=0.2, seed=seed, group=r"patient(\d+)"))
    for patient in set(patients):
        assert len({s for s, p in zip(sets, patients, strict=True) if p == patient}) == 1


def test_frames_of_a_file_and_files_of_a_folder_stay_together() -> None:
    frames = [At("a.nii.gz")] * 10 + [At("b.nii.gz")] * 10
    assert len(set(split(frames, options(val=0.5))[:10])) == 1
    files = [At(f"{folder}/{i}.png") for folder in "ab" for i in range(10)]
    sets = split(files, options(val=0.5, group="folder"))
    assert sorted((sets[0], sets[10])) == ["train", "val"]
    assert len(set(sets[:10])) == 1


def test_a_rare_class_is_in_both_sets() -> None:
    contents = [{1}] * 96 + [{1, 2}] * 4
    samples = [At(f"{i}.png") for i in range(100)]
    for seed in range(20):
        sets = split(samples, options(val=0.25, seed=seed), contents)
        assert Counter(sets[96:]) == {"train": 3, "val": 1}
        assert Counter(sets)["val"] == 25


def test_other_seeds_part_otherwise() -> None:
    samples = [At(f"{i}.png") for i in range(30)]
    assert split(samples, options(seed=1)) != split(samples, options(seed=2))


def test_shares_and_patterns_that_make_no_sense_are_refused() -> None:
    with pytest.raises(OptionError, match="nothing to train on"):
        split([At("a")], options(val=0.6, test=0.4))
    for wrong in ("patient(", "patient", "(a)(b)"):
        with pytest.raises(ValidationError):
            options(group=wrong)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_folds_validate_every_case_once_and_keep_groups_together(count: int) -> None:
    cases = {f"p{patient}_{n}": f"p{patient}" for patient in range(7) for n in range(1 + patient % 3)}
    made = folds(cases, count, seed=4)
    assert len(made) == count
    assert sorted(case for fold in made for case in fold["val"]) == sorted(cases)
    for fold in made:
        assert sorted([*fold["train"], *fold["val"]]) == sorted(cases)
        assert not {cases[c] for c in fold["train"]} & {cases[c] for c in fold["val"]}
    sizes = [len(fold["val"]) for fold in made]
    assert max(sizes) - min(sizes) <= 3  # of the largest group
    assert folds(cases, count, seed=4) == made
    assert any(folds(cases, count, seed=seed) != made for seed in range(5, 10))


def test_there_are_no_more_folds_than_groups() -> None:
    assert len(folds({"a": "1", "b": "2", "c": "2"}, 5, seed=0)) == 2
    assert folds({"a": "1", "b": "1"}, 5, seed=0) == []
