"""Hugging Face data sets: folders and Parquet, there and back, made by hand, and as ``datasets`` reads them."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, OptionError
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.importers.signs import detect
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
Awkward = tuple[np.ndarray, dict[int, int]]


def read(folder: Path, classes: LabelSet | None = None, **options: Any) -> ImportedDataset:
    return finish(IMPORTERS["huggingface"].read(folder, classes, **options))


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def samples(make_sample: MakeSample, awkward: Awkward) -> list[StoredSample]:
    """Awkward labels, a box alone, and nothing but background."""
    untold = make_sample("box.png", np.full((12, 16), 255, np.uint16))
    untold.labels_file.unlink()
    boxed = replace(untold, annotation=Annotation((Box(2, 1, 2, 5, 9),)))
    return [make_sample("一 二.jpg", *awkward), boxed, make_sample("empty.png", np.zeros((9, 9), np.uint16))]


def exported(samples: list[StoredSample], classes: LabelSet, folder: Path, **options: Any) -> Path:
    finish(EXPORTERS["huggingface"](samples, classes, folder, **options))
    return folder


@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_both_forms_come_back_to_the_pixel(
    form: str, samples: list[StoredSample], awkward: Awkward, classes: LabelSet, tmp_path: Path
) -> None:
    folder = exported(samples, classes, tmp_path / "out", form=form)
    assert detect(folder) == "huggingface"
    data = read(folder, extract=tmp_path / "images")
    assert data.problems == ()
    assert data.classes == classes
    found = {sample.path.stem: sample for sample in data.samples}
    assert set(found) == {"一 二", "box", "empty"}
    assert (found["box"].load().ids == 255).all()  # type: ignore[misc]
    assert found["box"].annotation.boxes == (Box(2, 1, 2, 5, 9),)
    labels = found["一 二"].load()  # type: ignore[misc]
    np.testing.assert_array_equal(labels.ids, awkward[0])
    assert labels.segments == awkward[1]
    assert found["一 二"].annotation.boxes == ()
    assert (found["empty"].load().ids == 0).all()  # type: ignore[misc]
    if form == "parquet":
        assert {p.name for p in (tmp_path / "images").iterdir()} == {"一 二.jpg", "box.png", "empty.png"}
        assert (tmp_path / "images" / "一 二.jpg").read_bytes() == samples[0].path.read_bytes()
        assert {p.name for p in folder.iterdir()} == {
            "data",
            "README.md",
            "classes.json",
            "id2label.json",
            "segstudio.json",
        }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_datasets_shows_images_masks_and_objects(
    form: str,
    samples: list[StoredSample],
    awkward: Awkward,
    classes: LabelSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    folder = exported(samples, classes, tmp_path / "out", form=form, val=0.34)
    data = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert set(data) == {"train", "validation"}
    for rows in data.values():
        assert all(isinstance(rows.features[name], datasets.Image) for name in ("image", "label", "instances"))
    seen = 0
    for row in (row for rows in data.values() for row in rows):
        if row["image"].size == (56, 40):
            ids, table = awkward
            np.testing.assert_array_equal(np.asarray(row["label"]), samples[0].labels())
            np.testing.assert_array_equal(np.asarray(row["instances"]), ids)
            objects = json.loads(row["objects"]) if form == "folder" else row["objects"]
            assert dict(zip(objects["id"], objects["category"], strict=True)) == table
            assert objects["bbox"][objects["id"].index(300)] == [4, 22, 10, 8]
        elif row["image"].size == (16, 12):
            assert (np.asarray(row["label"]) == 255).all()
            objects = json.loads(row["objects"]) if form == "folder" else row["objects"]
            assert objects == {"id": [0], "bbox": [[1, 2, 4, 7]], "category": [2]}
        seen += 1
    assert seen == 3


def test_shards_are_parted_by_size_and_numbered(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    ids = np.ones((700, 800), np.uint16)
    samples = [make_sample(f"{i}.png", ids) for i in range(5)]  # noise: half a megabyte each
    folder = exported(samples, classes, tmp_path / "out", form="parquet", shard=1, val=0.0)
    names = sorted(p.name for p in (folder / "data").iterdir())
    assert names == [f"train-{i:05d}-of-00003.parquet" for i in range(3)]
    counts = [pq.ParquetFile(folder / "data" / name).metadata.num_rows for name in names]
    assert counts == [2, 2, 1]
    data = read(folder, classes, extract=tmp_path / "images")
    assert data.problems == ()
    assert len(data.samples) == 5
    assert all((s.load().ids == 1).all() for s in data.samples if s.load)


def test_reading_holds_a_group_of_rows_at_a_time(tmp_path: Path) -> None:
    """100 images of 1 MB, in groups of five, take far less than their 100 MB."""
    data = np.random.default_rng(0).integers(0, 256, (100, 1 << 20), dtype=np.uint8)
    rows = [{"image": {"bytes": png(PIXELS) + each.tobytes(), "path": f"{n}.png"}} for n, each in enumerate(data)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "train.parquet", row_group_size=5, compression="none")
    del rows, data
    before, peak = pa.total_allocated_bytes(), 0
    tracemalloc.start()
    for _ in IMPORTERS["huggingface"].read(tmp_path / "train.parquet", extract=tmp_path / "images"):
        peak = max(peak, pa.total_allocated_bytes() - before + tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert 1 << 20 < peak < 50 << 20


def rows_of(folder: Path, *rows: dict[str, Any], name: str = "train-00000-of-00001.parquet", **features: Any) -> Path:
    path = folder / "data" / name
    path.parent.mkdir(exist_ok=True)
    table = pa.Table.from_pylist(list(rows))
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path)
    return path


PIXELS = np.zeros((4, 6), np.uint8)
MASK = np.array([[0, 0, 1, 1, 7, 255]] * 4, np.uint8)


def test_columns_of_other_names_plain_bytes_and_id2label(tmp_path: Path) -> None:
    rows_of(tmp_path, {"pixel_values": png(PIXELS), "note": "x", "annotation": png(MASK)})
    (tmp_path / "id2label.json").write_text('{"0": "road", "1": "car", "7": "sky", "9": "unused"}')
    data = read(tmp_path, extract=tmp_path / "images")
    assert data.problems == ()
    assert {c.id: c.name for c in data.classes.values()} == {0: "road", 1: "car", 7: "sky", 9: "unused"}
    np.testing.assert_array_equal(data.samples[0].load().ids, MASK)  # type: ignore[misc]
    assert data.samples[0].path.name == "train-00000-of-00001-000001.png"


def test_columns_and_the_value_that_means_unlabelled_can_be_said(tmp_path: Path) -> None:
    rows_of(tmp_path, {"one": {"bytes": png(PIXELS), "path": "a.png"}, "two": {"bytes": png(MASK), "path": None}})
    data = read(tmp_path, extract=tmp_path / "images", image="one", label="two", unlabelled=7)
    assert data.problems == ()
    assert {c.id: c.name for c in data.classes.values()} == {0: "class 0", 1: "class 1"}
    assert data.samples[0].load().ids[0].tolist() == [0, 0, 1, 1, 255, 255]  # type: ignore[misc]


def test_boxes_of_detection_with_classes_in_the_features(tmp_path: Path) -> None:
    category = {"feature": {"names": ["person", "car"], "_type": "ClassLabel"}, "_type": "Sequence"}
    objects = {"bbox": [[1.0, 1.0, 2.0, 3.0], [9.0, 9.0, 2.0, 2.0]], "category": [1, 0]}
    row = {"image": {"bytes": png(PIXELS), "path": "a.png"}, "objects": objects}
    rows_of(tmp_path, row, objects={"feature": {"category": category}})
    data = read(tmp_path, extract=tmp_path / "images")
    assert [p.reason for p in data.problems] == ["an object has neither pixels nor a box inside the image"]
    assert {c.id: c.name for c in data.classes.values()} == {0: "person", 1: "car"}
    assert data.samples[0].annotation.boxes == (Box(1, 1, 1, 3, 4),)


def test_images_that_are_inside_need_a_folder_to_go_to_or_one_where_they_are(tmp_path: Path) -> None:
    row = {"image": {"bytes": png(PIXELS), "path": "a.png"}, "label": {"bytes": png(MASK), "path": None}}
    rows_of(tmp_path, row, {**row, "image": {"bytes": png(PIXELS), "path": "b.png"}})
    data = read(tmp_path)
    assert [p.reason for p in data.problems] == [
        "its images are inside; say with the option extract where to write them"
    ]
    known = tmp_path / "known"
    known.mkdir()
    for name in "ab":
        (known / f"{name}.png").write_bytes(png(PIXELS))
    data = read(tmp_path, images=known)
    assert data.problems == ()
    assert [s.path.parent for s in data.samples] == [known, known]


def test_images_of_one_name_get_files_of_their_own_and_none_leads_out(tmp_path: Path) -> None:
    rows = [
        {"image": {"bytes": png(PIXELS + n), "path": path}}
        for n, path in enumerate(["a.png", "x/a.png", "../../a.png", ".."])
    ]
    rows_of(tmp_path, *rows)
    data = read(tmp_path, extract=tmp_path / "images")
    assert data.problems == ()
    found = [sample.path for sample in data.samples]
    assert len(set(found)) == 4
    assert {path.parent for path in found} == {tmp_path / "images"}
    assert [int(np.asarray(Image.open(path))[0, 0]) for path in found] == [0, 1, 2, 3]
    assert [s.path for s in read(tmp_path, extract=tmp_path / "images").samples] == found  # and the same the next time


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., Path]:
    """A folder with ``a.png`` and its mask, and the lines of its list."""

    def make(*lines: Any) -> Path:
        (tmp_path / "set" / "masks").mkdir(parents=True)
        (tmp_path / "set" / "a.png").write_bytes(png(PIXELS))
        (tmp_path / "set" / "masks" / "a.png").write_bytes(png(MASK))
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        (tmp_path / "set" / "metadata.jsonl").write_text(text, "utf-8")
        return tmp_path / "set"

    return make


def test_faults_of_a_list_are_told_with_their_lines(listed: Callable[..., Path], tmp_path: Path) -> None:
    good = {"file_name": "a.png", "mask_file_name": "masks/a.png", "text": "more"}
    (tmp_path / "secret.png").write_bytes(png(PIXELS))
    folder = listed(
        {"file_name": "gone.png"},
        "",
        '{"file_name": "a.p',
        ["a.png"],
        {"name": "a.png"},
        {"file_name": "../secret.png"},
        {"file_name": "a.png", "mask_file_name": "masks/b.png"},
        good,
        good,
    )
    data = read(folder)
    assert [(p.line, p.reason) for p in data.problems] == [
        (1, "the image 'gone.png' is missing"),
        (3, "this is not JSON, or it is cut short"),
        (4, "the row has no file_name"),
        (5, "the row has no file_name"),
        (6, "the image '../secret.png' leads out of the data set"),
        (7, "the mask 'masks/b.png' is missing"),
        (None, "the image 'a.png' is described twice"),
    ]
    assert [s.path.name for s in data.samples] == ["a.png"]
    np.testing.assert_array_equal(data.samples[0].load().ids, MASK)  # type: ignore[misc]


def test_masks_of_another_size_or_with_values_that_are_no_class(listed: Callable[..., Path], classes: LabelSet) -> None:
    folder = listed({"file_name": "a.png", "mask_file_name": "masks/a.png"})
    data = read(folder, classes)
    assert [(p.line, p.reason) for p in data.problems] == [(1, "it holds values that are no class: 7")]
    (folder / "masks" / "a.png").write_bytes(png(MASK[:2]))
    assert "6x2 pixels but its image is 6x4" in read(folder, classes).problems[0].reason


@pytest.mark.parametrize("cut", [0, 3, 40, -9])
def test_parquet_that_is_damaged_is_told(cut: int, tmp_path: Path) -> None:
    path = rows_of(tmp_path, {"image": {"bytes": png(PIXELS), "path": "a.png"}})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FormatError, match="this is no Parquet file, or it is damaged"):
        read(path, extract=tmp_path / "images")


def test_pages_that_are_damaged_and_masks_that_are_none(tmp_path: Path) -> None:
    rows_of(tmp_path, {"image": {"bytes": png(PIXELS), "path": "a.png"}, "label": {"bytes": b"nothing", "path": None}})
    data = read(tmp_path, extract=tmp_path / "images")
    assert data.problems[0].reason.startswith("row 1: this is not an image")
    path = rows_of(tmp_path, {"image": {"bytes": png(PIXELS), "path": "a.png"}})
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(60) + whole[64:])
    data = read(tmp_path, extract=tmp_path / "images")
    assert [p.path for p in data.problems] == [path]
    path = rows_of(tmp_path, {"text": "no images here"})
    with pytest.raises(FormatError, match="it has no column of images; its columns are text"):
        read(path)


def test_images_cannot_stay_where_they_are(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="holds its images"):
        exported(samples, classes, tmp_path / "out", images="none")
    assert not (tmp_path / "out").exists()


def test_stopping_between_shards_leaves_nothing(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    work = EXPORTERS["huggingface"](samples, classes, tmp_path / "out", form="parquet")
    for _ in range(5):
        next(work)
    work.close()
    assert not (tmp_path / "out").exists()


def test_of_a_group_with_all_rows_a_few_pages_are_held(tmp_path: Path, classes: LabelSet) -> None:
    """One group of rows, as many programs write it; a page is the least of it that can be read."""
    noise = np.random.default_rng(0).integers(0, 4, (30, 40), np.uint8)
    image, behind = png(np.zeros((30, 40), np.uint8)), bytes(200_000)  # what stands behind a PNG is passed over
    columns = {
        "image": [{"bytes": image + bytes([n]), "path": f"{n}.png"} for n in range(60)],
        "label": [{"bytes": png(np.roll(noise, shift)) + behind, "path": None} for shift in range(60)],
    }
    path = tmp_path / "all.parquet"
    pages = {"write_batch_size": 4, "data_page_size": 1000, "use_dictionary": False, "compression": "none"}
    pq.write_table(pa.table(columns), path, row_group_size=1000, **pages)
    del columns
    data = read(path, classes, extract=tmp_path / "images")
    assert len(data.samples) == 60
    held = pa.default_memory_pool().bytes_allocated()
    most, size = 0, pq.read_metadata(path).row_group(0).total_byte_size
    for number in (*range(0, 60, 6), 3, 59):  # in their order, and out of it
        labels = data.samples[number].load()  # type: ignore[misc]
        np.testing.assert_array_equal(labels.ids, np.roll(noise, number))
        most = max(most, pa.default_memory_pool().bytes_allocated() - held)
    assert most < size / 2
