"""What holds for every export: the whole folder or none, names that work everywhere, images in the labelled frame."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from segstudio.core.classes import LabelSet
from segstudio.core.errors import MaskError, OptionError, StorageError
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.exporters.naming import safe_name, stems
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
ONE = np.ones((12, 16), np.uint16)


def ending(name: str) -> str:
    """Of images that the format *name* takes."""
    return "dcm" if name == "dicom_seg" else "png"


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_exports_awkward_labels_and_says_what_it_wrote(
    name: str, make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    entry = EXPORTERS[name]
    samples = [
        make_sample(f"一.{ending(name)}", *awkward),
        make_sample(f"empty.{ending(name)}", np.zeros((12, 16), np.uint16)),
        make_sample(f"untold.{ending(name)}", np.full((12, 16), 255, np.uint16)),
    ]
    seen = []
    report = finish(entry(samples, classes, tmp_path / "out"), seen.append)
    assert (report.samples, report.problems, report.target) == (3, (), tmp_path / "out")
    assert str(report).startswith("3 images")
    assert [p.fraction for p in seen] == sorted(p.fraction for p in seen)
    card = json.loads((tmp_path / "out" / "segstudio.json").read_text("utf-8"))
    assert card["classes"] == classes.to_json()["classes"]
    left = {p.name for p in (tmp_path / "out").iterdir()}
    assert left == {*card["contents"], "segstudio.json"}
    assert entry.title
    assert entry.summary.endswith(".")
    assert all(field.description for field in entry.options.model_fields.values())


@pytest.mark.parametrize("name", EXPORTERS)
def test_stopping_an_export_leaves_nothing(
    name: str, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    samples = [make_sample(f"{i}.{ending(name)}", ONE) for i in range(3)]
    work = EXPORTERS[name](samples, classes, tmp_path / "out")
    for _ in range(3):
        next(work)
    work.close()
    assert not (tmp_path / "out").exists()


def export(*args: Any, format_name: str = "masks", **options: Any) -> Any:
    return finish(EXPORTERS[format_name](*args, **options))


def test_a_folder_with_other_files_is_refused_and_left_alone(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OptionError, match="not empty"):
        export([make_sample("a.png", ONE)], classes, tmp_path)
    with pytest.raises(OptionError, match="not empty"):
        export([make_sample("a.png", ONE)], classes, tmp_path, overwrite=True)
    with pytest.raises(OptionError, match="is a file"):
        export([make_sample("a.png", ONE)], classes, tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_earlier_export_is_replaced_only_when_asked_and_what_lies_beside_it_stays(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export([make_sample("old.png", ONE)], classes, out)
    (out / "runs").mkdir()
    with pytest.raises(OptionError, match="earlier export"):
        export([make_sample("new.png", ONE)], classes, out)
    export([make_sample("new.png", ONE)], classes, out, overwrite=True)
    assert [p.name for p in (out / "masks").iterdir()] == ["new.png"]
    assert (out / "runs").is_dir()
    assert {p.name for p in out.iterdir()} == {"images", "masks", "classes.json", "segstudio.json", "runs"}


def test_a_card_that_points_out_of_the_folder_is_not_followed(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export([make_sample("a.png", ONE)], classes, out)
    (out / "segstudio.json").write_text('{"contents": ["../thesis.txt"]}')
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OptionError, match="damaged"):
        export([make_sample("a.png", ONE)], classes, out, overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


def test_samples_that_cannot_be_read_are_left_out_and_named(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    gone, cut, wrong, good = (make_sample(f"{n}.png", ONE) for n in ("gone", "cut", "wrong", "good"))
    gone.path.unlink()
    cut.labels_file.write_bytes(cut.labels_file.read_bytes()[:40])
    Image.new("L", (5, 5)).save(wrong.path)
    report = export([gone, cut, wrong, good], classes, tmp_path / "out")
    assert report.samples == 1
    assert [p.path for p in report.problems] == [gone.path, cut.labels_file, wrong.path]
    assert "3 images left out" in str(report)
    assert "16x12 pixels but the image is 5x5" in report.problems[2].reason
    assert [p.name for p in (tmp_path / "out" / "images").iterdir()] == ["good.png"]
    with pytest.raises(MaskError, match="5x5"):
        export([wrong], classes, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_full_disk_ends_the_export_at_once(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    samples = [make_sample("a.png", ONE)]
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(StorageError, match="the disk is full"):
        export(samples, classes, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_options_that_do_not_exist_or_fit_are_told(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"masks has no option 'colour'; its options are images, "):
        export([make_sample("a.png", ONE)], classes, tmp_path / "out", colour=True)
    with pytest.raises(OptionError, match="masks: style: "):
        export([make_sample("a.png", ONE)], classes, tmp_path / "out", style="loud")
    with pytest.raises(OptionError, match="did you mean 'coco'"):
        EXPORTERS["cocoo"]


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_turned_photograph_is_exported_in_the_frame_that_was_labelled(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8))
    photo.save(tmp_path / "p.jpg", exif=exif)
    with Image.open(tmp_path / "p.jpg") as opened:
        seen = np.asarray(ImageOps.exif_transpose(opened))
    sample = make_sample("p.jpg", np.ones(seen.shape[:2], np.uint16), image=tmp_path / "p.jpg")
    export([sample], classes, tmp_path / "out")
    with Image.open(tmp_path / "out" / "images" / "p.png") as exported:
        np.testing.assert_array_equal(np.asarray(exported), seen)
        assert 0x0112 not in exported.getexif()


def test_plain_images_are_copied_byte_by_byte_or_linked(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    sample = make_sample("a.jpg", ONE)
    export([sample], classes, tmp_path / "copied")
    export([sample], classes, tmp_path / "linked", images="link")
    copied, linked = (tmp_path / kind / "images" / "a.jpg" for kind in ("copied", "linked"))
    assert copied.read_bytes() == sample.path.read_bytes()
    assert os.path.samefile(linked, sample.path)
    export([sample], classes, tmp_path / "none", images="none")
    assert not (tmp_path / "none" / "images").exists()


def test_pages_in_16_bits_become_what_is_shown_or_stay_deep(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    pages = np.linspace(0, 4095, 2 * 12 * 16).astype(np.uint16).reshape(2, 12, 16)
    tifffile.imwrite(tmp_path / "s.tif", pages, photometric="minisblack")
    samples = [make_sample("s.tif", ONE, image=tmp_path / "s.tif", frame=i) for i in range(2)]
    report = export(samples, classes, tmp_path / "shown")
    assert "2 images of more than 8 bits" in str(report)
    assert sorted(p.name for p in (tmp_path / "shown" / "images").iterdir()) == ["s_0000.png", "s_0001.png"]
    with Image.open(tmp_path / "shown" / "images" / "s_0001.png") as image:
        shown = np.asarray(image)
        assert shown.dtype == np.uint8
        assert (shown.min(), shown.max()) == (0, 255)
    report = export(samples, classes, tmp_path / "deep", deep=True)
    assert report.notes == ()
    with Image.open(tmp_path / "deep" / "images" / "s_0001.png") as image:
        np.testing.assert_array_equal(np.asarray(image), pages[1])


class Named:
    def __init__(self, path: str, frame: int = 0) -> None:
        self.path, self.frame = Path(path), frame


def test_names_tell_folders_and_frames_apart() -> None:
    samples = [
        Named("a/x.png"),
        Named("b/X.jpg"),
        Named("b/X.bmp"),
        Named("c.nii.gz", 0),
        Named("c.nii.gz", 7),
        Named("d.tif"),
    ]
    assert stems(samples) == ["a_x", "b_X", "b_X_2", "c_0000", "c_0007", "d"]


@given(st.lists(st.text(max_size=300), max_size=12))
def test_names_work_on_every_system_and_are_unique(texts: list[str]) -> None:
    class Odd:
        frame = 0

        def __init__(self, text: str) -> None:
            self.path = Path("folder") / (text.replace("/", "|").replace("\0", "|") or "_")

    names = stems([Odd(t) for t in texts])
    assert len({n.casefold() for n in names}) == len(texts)
    for name in names:
        assert 0 < len((name + ".instances.png").encode()) <= 255
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
        assert not name.endswith((" ", "."))
        assert name.upper() not in {"CON", "NUL", "COM1"}


def test_devices_of_windows_are_no_file_names() -> None:
    assert [safe_name(n) for n in ("NUL", "con.txt", "console", "a/b", "")] == [
        "_NUL",
        "_con.txt",
        "console",
        "a_b",
        "_",
    ]
