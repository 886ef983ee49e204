"""What a sample is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from segstudio.core.annotation import Sample


@pytest.mark.parametrize(
    ("path", "frame", "name"),
    [
        ("a/scan.nii.gz", 0, "scan.nii.gz"),
        ("a/scan.nii.gz", 4, "scan.nii.gz [5]"),
        ("a/3 Abdomen LUNG series-1.2.840.7", 1, "3 Abdomen LUNG [2]"),
        ("a/3 Abdomen series-1.2.840.7-2", 0, "3 Abdomen"),
        ("a/series-1.2.840.7", 0, "series-1.2.840.7"),
    ],
)
def test_a_sample_is_called_as_a_person_knows_it(path: str, frame: int, name: str) -> None:
    assert Sample(1, Path(path), frame).name == name
