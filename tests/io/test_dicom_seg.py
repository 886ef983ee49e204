"""DICOM segmentations: as highdicom and pydicom read what is exported, and as what others write comes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from segstudio.app.importing import import_into
from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import ImageError, OptionError
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.io import images
from segstudio.io.exporters import EXPORTERS
from segstudio.io.images.dicom import header_of
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.importers.signs import detect
from segstudio.io.masks import write_mask
from segstudio.io.project import Project
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
MakeSlice = Callable[..., FileDataset]
SHAPE = (32, 28)
UPRIGHT = ([1, 0, 0], [0, 1, 0])
OBLIQUE = ([0.8, 0.6, 0], [0, 0, -1])


@pytest.fixture(params=[UPRIGHT, OBLIQUE], ids=["upright", "oblique"])
def series(request: pytest.FixtureRequest, tmp_path: Path, make_slice: MakeSlice) -> Path:
    """A folder with three slices, 2.5 mm apart; the names are not in their order."""
    along_x, along_y = request.param
    return write_series(tmp_path / "scan", make_slice, along_x, along_y)


def write_series(
    folder: Path, make_slice: MakeSlice, along_x: list[float], along_y: list[float], count: int = 3
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    study, uid, frame = generate_uid(), generate_uid(), generate_uid()
    normal = np.cross(along_x, along_y)
    for number in range(count):
        made = make_slice(
            np.full(SHAPE, 100 + number, np.uint16),
            StudyInstanceUID=study,
            SeriesInstanceUID=uid,
            FrameOfReferenceUID=frame,
            SeriesNumber=4,
            InstanceNumber=number + 1,
            ImagePositionPatient=[round(float(v), 6) for v in np.array([5, -7, 11]) + 2.5 * number * normal],
            ImageOrientationPatient=[*along_x, *along_y],
        )
        made.save_as(folder / f"IM{(number * 7 + 5) % 10}", enforce_file_format=True)
    return folder


def labels(number: int) -> np.ndarray:
    """A ring of class 1 with class 2 in it, one pixel of class 3, all at other places on each slice."""
    ids = np.zeros(SHAPE, np.uint16)
    ids[2 + number : 14 + number, 3:20] = 1
    ids[5 + number : 9 + number, 6:12] = 0 if number == 1 else 2
    ids[30, 4 * number] = 3
    return ids


@pytest.fixture
def samples(series: Path, make_sample: MakeSample) -> list[StoredSample]:
    return [make_sample("scan", labels(n), image=series, frame=n) for n in range(3)]


def exported(samples: Sequence[StoredSample], classes: LabelSet, folder: Path, **options: Any) -> Any:
    """The one segmentation that is made of *samples*, as highdicom reads it."""
    report = finish(EXPORTERS["dicom_seg"](samples, classes, folder, **options))
    assert report.problems == ()
    (file,) = (folder / "segmentations").iterdir()
    return highdicom.seg.segread(file)


def imported(source: Path, classes: LabelSet | None, **options: Any) -> ImportedDataset:
    return finish(IMPORTERS["dicom_seg"].read(source, classes, **options))


def check(data: ImportedDataset, samples: Sequence[StoredSample]) -> None:
    assert data.problems == ()
    assert {(s.path, s.frame) for s in data.samples} == {(s.path, s.frame) for s in samples}
    for found in data.samples:
        (sample,) = [s for s in samples if (s.path, s.frame) == (found.path, found.frame)]
        assert found.load is not None
        np.testing.assert_array_equal(found.load().ids, np.where(sample.labels() == 255, 0, sample.labels()))


# --- out ---


def test_highdicom_finds_every_pixel_on_its_slice(
    samples: list[StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    made = exported(samples, classes, tmp_path / "out")
    files = {pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID: file for file in samples[0].path.iterdir()}
    by_value = {int(pydicom.dcmread(file).pixel_array[0, 0]) - 100: uid for uid, file in files.items()}
    values = made.get_pixels_by_source_instance([by_value[n] for n in range(3)], combine_segments=True)
    np.testing.assert_array_equal(values, np.stack([labels(n) for n in range(3)]))
    first = pydicom.dcmread(next(iter(files.values())))
    assert (made.PatientID, str(made.PatientName), made.StudyInstanceUID) == ("7", "王^小", first.StudyInstanceUID)
    assert made.FrameOfReferenceUID == first.FrameOfReferenceUID
    assert made.SeriesInstanceUID != first.SeriesInstanceUID
    assert made.ReferencedSeriesSequence[0].SeriesInstanceUID == first.SeriesInstanceUID


def test_pydicom_finds_frames_at_the_place_of_their_slices(
    samples: list[StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    """Without a word of highdicom: bits of each frame, its segment and its position."""
    exported(samples, classes, tmp_path / "out")
    (file,) = (tmp_path / "out" / "segmentations").iterdir()
    made = pydicom.dcmread(file)
    places = {}
    for source in samples[0].path.iterdir():
        header = pydicom.dcmread(source)
        places[tuple(header.ImagePositionPatient)] = int(header.pixel_array[0, 0]) - 100
    seen = set()
    for group, bits in zip(made.PerFrameFunctionalGroupsSequence, made.pixel_array, strict=True):
        number = places[tuple(group.PlanePositionSequence[0].ImagePositionPatient)]
        segment = int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        np.testing.assert_array_equal(bits, labels(number) == segment)
        seen.add((number, segment))
    assert seen == {(n, s) for n in range(3) for s in (1, 2, 3)} - {(1, 2)}


def test_segments_have_the_names_colours_and_makers_of_the_classes(
    samples: list[StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    marks = np.full(SHAPE, Provenance.HUMAN, np.uint8)
    ids = labels(0)
    marks[ids == 2] = Provenance.MODEL
    marks[ids == 3] = Provenance.PROPAGATED
    write_mask(samples[0].labels_file.with_name("provenance.png"), marks, durable=False)
    made = exported(samples[:1], classes, tmp_path / "out")
    told = [made.get_segment_description(n) for n in (1, 2, 3)]
    assert [t.segment_label for t in told] == ["cell", "树", "road"]
    assert [t.algorithm_type.value for t in told] == ["MANUAL", "AUTOMATIC", "SEMIAUTOMATIC"]
    assert told[1].algorithm_identification.name == "segstudio"
    lab = [highdicom.color.CIELabColor.from_dicom_value(t.RecommendedDisplayCIELabValue) for t in told]
    assert [tuple(each.to_rgb()) for each in lab] == [classes[n].color for n in (1, 2, 3)]
    assert told[0].segmented_property_category == codes.SCT.Tissue


@pytest.mark.parametrize("kind", ["binary", "labelmap"])
@pytest.mark.parametrize("brought", ["copy", "link", "none"])
def test_what_was_exported_comes_back_to_the_pixel(
    samples: list[StoredSample], classes: LabelSet, tmp_path: Path, kind: str, brought: str
) -> None:
    exported(samples, classes, tmp_path / "out", kind=kind, images=brought)
    assert detect(tmp_path / "out") == "dicom_seg"
    check(imported(tmp_path / "out", classes, known=(samples[0].path,)), samples)
    assert (tmp_path / "out" / "images").is_dir() == (brought != "none")
    if brought != "none":
        data = imported(tmp_path / "out", None)
        assert data.problems == ()
        assert data.classes == classes
        assert [images.read(s.path, s.frame).array[0, 0] for s in data.samples] == [100, 101, 102]
        for number, found in enumerate(data.samples):
            np.testing.assert_array_equal(found.load().ids, labels(number))  # type: ignore[misc]


def test_slices_of_one_series_that_are_images_of_their_own_share_a_segmentation(
    series: Path, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    files = sorted(series.iterdir())
    samples = [make_sample(f.name, labels(n), image=f) for n, f in enumerate(files[:2])]
    made = exported(samples, classes, tmp_path / "out")
    assert len(made.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 2
    check(imported(tmp_path / "out", classes, known=tuple(files)), samples)


def test_two_series_and_a_photograph(
    samples: list[StoredSample], make_sample: MakeSample, make_slice: MakeSlice, classes: LabelSet, tmp_path: Path
) -> None:
    other = write_series(tmp_path / "other", make_slice, *UPRIGHT, count=2)
    more = make_sample("other", labels(1), image=other, frame=1)
    photograph = make_sample("a.png", np.ones((4, 4), np.uint16))
    report = finish(EXPORTERS["dicom_seg"]([*samples, photograph, more], classes, tmp_path / "out"))
    assert report.samples == 4
    assert [str(p) for p in report.problems] == [
        f"{photograph.path}: this image is no DICOM file, so a DICOM segmentation cannot refer to it"
    ]
    assert sorted(f.name for f in (tmp_path / "out" / "segmentations").iterdir()) == ["other_0001.dcm", "scan.dcm"]
    check(imported(tmp_path / "out", classes, known=(samples[0].path, other)), [*samples, more])
    with pytest.raises(ImageError, match="no DICOM file"):
        finish(EXPORTERS["dicom_seg"]([photograph], classes, tmp_path / "none"))
    assert not (tmp_path / "none").exists()
    with pytest.raises(OptionError, match="no class but the background"):
        finish(EXPORTERS["dicom_seg"](samples, LabelSet.named(["background"]), tmp_path / "none"))


def test_a_slice_that_cannot_be_told_is_left_out(
    samples: list[StoredSample], make_sample: MakeSample, make_slice: MakeSlice, classes: LabelSet, tmp_path: Path
) -> None:
    wrong = make_sample("scan", np.ones((5, 6), np.uint16), image=samples[0].path, frame=1)
    bare = make_slice(np.zeros(SHAPE, np.uint16))
    del bare.StudyInstanceUID
    bare.save_as(tmp_path / "bare.dcm", enforce_file_format=True)
    unknown = make_sample("bare", labels(0), image=tmp_path / "bare.dcm")
    twice = make_sample("again", labels(0), image=next(samples[0].path.iterdir()))
    given = [samples[0], wrong, samples[2], unknown, twice]
    report = finish(EXPORTERS["dicom_seg"](given, classes, tmp_path / "out"))
    assert report.samples == 2
    reasons = " ".join(p.reason for p in report.problems)
    assert len(report.problems) == 3
    for said in ("6x5 pixels but the image is 28x32", "lacks StudyInstanceUID", "in the project twice"):
        assert said in reasons


def test_headers_without_what_scanners_may_leave_out(
    make_sample: MakeSample, make_slice: MakeSlice, classes: LabelSet, tmp_path: Path
) -> None:
    sparse = make_slice(np.zeros(SHAPE, np.uint16))
    for name in ("SliceThickness", "FrameOfReferenceUID", "PatientID", "PatientName", "StudyTime"):
        delattr(sparse, name)
    sparse.save_as(tmp_path / "sparse.dcm", enforce_file_format=True)
    radiograph = make_slice(np.zeros(SHAPE, np.uint16), SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1", Modality="DX")
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "SliceThickness"):
        delattr(radiograph, name)
    radiograph.save_as(tmp_path / "radiograph.dcm", enforce_file_format=True)
    samples = [make_sample(n, labels(1), image=tmp_path / f"{n}.dcm") for n in ("sparse", "radiograph")]
    report = finish(EXPORTERS["dicom_seg"](samples, classes, tmp_path / "out"))
    assert report.problems == ()
    assert "FrameOfReferenceUID" not in header_of(tmp_path / "sparse.dcm"), "what is read of the image stays as it is"
    check(imported(tmp_path / "out", classes, known=tuple(s.path for s in samples)), samples)


def test_slices_with_nothing_but_background_come_back_as_such(
    series: Path, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    nothing = np.zeros(SHAPE, np.uint16)
    samples = [make_sample("s", labels(1) if n == 1 else nothing, image=series, frame=n) for n in range(3)]
    exported(samples, classes, tmp_path / "out")
    check(imported(tmp_path / "out", classes, known=(series,)), samples)
    data = imported(tmp_path / "out", classes, known=(series,), empty=False)
    assert [s.frame for s in data.samples] == [1]
    exported(samples[:1], classes, tmp_path / "blank")
    check(imported(tmp_path / "blank", classes, known=(series,)), samples[:1])


def test_long_names_of_classes_come_back(series: Path, make_sample: MakeSample, tmp_path: Path) -> None:
    classes = LabelSet([LabelClass(0, "background", (0, 0, 0)), LabelClass(1, "x" * 80, (1, 2, 3))])
    sample = make_sample("s", (labels(0) == 1).astype(np.uint16), image=series)
    made = exported([sample], classes, tmp_path / "out")
    assert made.get_segment_description(1).segment_label == "x" * 64
    check(imported(tmp_path / "out", classes, known=(series,)), [sample])


def test_a_project_finds_its_own_images_wherever_the_segmentation_lies(
    series: Path, samples: list[StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    exported(samples, classes, tmp_path / "out", images="none")
    (file,) = (tmp_path / "out" / "segmentations").iterdir()
    moved = file.rename(tmp_path / "from-a-colleague.dcm")
    with Project.create(tmp_path / "p", classes) as project:
        known = project.add_samples([(series, frame) for frame in range(3)])
        project.add_samples([(samples[0].labels_file, 0)])  # no DICOM at all
    result = finish(import_into(tmp_path / "p.segstudio", "dicom_seg", moved))
    assert (result.samples, result.problems) == (3, ())
    with Project.open(tmp_path / "p.segstudio") as project:
        assert project.sample_ids()[:3] == list(known)
        assert len(project.sample_ids()) == 4
        for number, stored in enumerate(project.stored(known)):
            np.testing.assert_array_equal(stored.ids(), labels(number))
            assert set(np.unique(stored.provenance())) == {Provenance.IMPORTED}


def test_a_segmentation_is_no_image_and_no_part_of_a_series(
    series: Path, samples: list[StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    exported(samples, classes, tmp_path / "out", images="none")
    (file,) = (tmp_path / "out" / "segmentations").iterdir()
    beside = file.rename(series / "segmentation.dcm")
    assert list(images.series_in(series)) == [series]
    assert images.probe(series).frames == 3
    with pytest.raises(ImageError, match=r"holds no image \(Segmentation Storage\); import it"):
        images.probe(beside)
    check(imported(series, classes), samples)


@pytest.mark.parametrize("shape", [(3, 3), (9, 7), (8, 8)])
def test_frames_of_any_size_keep_their_bits(
    shape: tuple[int, int], make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    """Bits of frames follow each other without a gap, also where a frame does not end with a byte."""
    rng = np.random.default_rng(shape[0])
    sample = make_sample("a.dcm", rng.integers(0, 4, shape).astype(np.uint16))
    exported([sample], classes, tmp_path / "out")
    content = pydicom.dcmread(tmp_path / "out" / "segmentations" / "a.dcm")
    bits = content.pixel_array.reshape(-1, *shape)
    for group, frame in zip(content.PerFrameFunctionalGroupsSequence, bits, strict=True):
        segment = int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        np.testing.assert_array_equal(frame, sample.ids() == segment)
    check(imported(tmp_path / "out", classes, known=(sample.path,)), [sample])


# --- what others write ---


def describe(number: int, label: str) -> Any:
    return highdicom.seg.SegmentDescription(number, label, codes.SCT.Organ, codes.SCT.Liver, "MANUAL")


def written(
    path: Path, sources: Sequence[Any], pixels: Any, names: Sequence[str], kind: str = "BINARY", **options: Any
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    described = [describe(number, name) for number, name in enumerate(names, start=1)]
    uids = highdicom.UID(), 1, highdicom.UID(), 1
    made = highdicom.seg.Segmentation(sources, pixels, kind, described, *uids, "m", "m", "1", "1", **options)
    made.save_as(path)
    return path


def sources_of(series: Path) -> list[FileDataset]:
    return sorted((pydicom.dcmread(file) for file in series.iterdir()), key=lambda s: int(s.InstanceNumber))


def test_segments_that_overlap_are_told_and_the_later_is_taken(series: Path, classes: LabelSet, tmp_path: Path) -> None:
    pixels = np.zeros((3, *SHAPE, 2), np.uint8)
    pixels[0, 2:6, 2:6, 0] = 1
    pixels[0, 5:9, 4:9, 1] = 1
    file = written(tmp_path / "seg.dcm", sources_of(series), pixels, ["cell", "road"])
    data = imported(file, classes, known=(series,))
    assert [str(p) for p in data.problems] == [
        f"{file}: the segments 'cell' and 'road' share 2 pixels; the latter is taken there"
    ]
    ids = data.samples[0].load().ids  # type: ignore[misc]
    assert (int((ids == 1).sum()), int((ids == 3).sum())) == (14, 20)


def test_fractions_are_taken_from_the_threshold_on(series: Path, classes: LabelSet, tmp_path: Path) -> None:
    pixels = np.zeros((3, *SHAPE, 1))
    pixels[1, 4, 4:8, 0] = (0.2, 0.49, 0.51, 1)
    file = written(tmp_path / "seg.dcm", sources_of(series), pixels, ["cell"], "FRACTIONAL", max_fractional_value=200)
    data = imported(file, classes, known=(series,), empty=False)
    assert [p.reason for p in data.problems] == ["it tells fractions; pixels of 0.5 and more are taken as a whole"]
    assert np.argwhere(data.samples[0].load().ids == 1).tolist() == [[4, 6], [4, 7]]  # type: ignore[misc]
    data = imported(file, classes, known=(series,), empty=False, threshold=0.9)
    assert np.argwhere(data.samples[0].load().ids == 1).tolist() == [[4, 7]]  # type: ignore[misc]


def test_a_volume_that_is_mirrored_and_cut_lies_on_the_right_pixels(
    series: Path, classes: LabelSet, tmp_path: Path
) -> None:
    """Frames that refer to no instance: only their place in the patient tells which slice is theirs."""
    sources = sources_of(series)
    volume = highdicom.get_volume_from_series(sources)
    values = (volume.array - 100).astype(np.uint8) * 0
    upright = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    for place, number in enumerate(int(v) - 100 for v in volume.array[:, 0, 0]):
        values[place] = labels(number)
    assert upright.shape == (2, 3)
    moved = volume.with_array(values).flip_spatial([1, 2])[:, 3:, :20]
    file = written(tmp_path / "seg.dcm", sources, moved, ["cell", "树", "road"])
    content = pydicom.dcmread(file)
    for group in content.PerFrameFunctionalGroupsSequence:
        if "DerivationImageSequence" in group:
            del group.DerivationImageSequence
    content.save_as(file)
    data = imported(file, classes, known=(series,))
    assert data.problems == ()
    assert [s.frame for s in sorted(data.samples, key=lambda s: s.frame)] == [0, 1, 2]
    for found in data.samples:
        expected = labels(found.frame)
        expected[-3:], expected[:, :8] = 0, 0
        np.testing.assert_array_equal(found.load().ids, expected)  # type: ignore[misc]


def test_a_multi_frame_image_and_its_frames(
    make_sample: MakeSample, make_slice: MakeSlice, classes: LabelSet, tmp_path: Path
) -> None:
    enhanced = make_slice(
        np.zeros((3, *SHAPE), np.uint16),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
        Rows=SHAPE[0],
        Columns=SHAPE[1],
        NumberOfFrames=3,
    )
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(enhanced, name)
    shared = pydicom.Dataset()
    shared.PlaneOrientationSequence = [pydicom.Dataset()]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence = [pydicom.Dataset()]
    shared.PixelMeasuresSequence[0].PixelSpacing = [0.5, 0.75]
    shared.PixelMeasuresSequence[0].SliceThickness = 2
    enhanced.SharedFunctionalGroupsSequence = [shared]
    enhanced.PerFrameFunctionalGroupsSequence = []
    for number in range(3):
        own = pydicom.Dataset()
        own.PlanePositionSequence = [pydicom.Dataset()]
        own.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 2 * number]
        enhanced.PerFrameFunctionalGroupsSequence.append(own)
    enhanced.save_as(tmp_path / "many.dcm", enforce_file_format=True)
    samples = [make_sample("many", labels(n), image=tmp_path / "many.dcm", frame=n) for n in (0, 2)]
    exported(samples, classes, tmp_path / "out")
    check(imported(tmp_path / "out", classes, known=(tmp_path / "many.dcm",)), samples)


def test_everything_that_is_wrong_is_told_and_the_rest_is_there(
    series: Path, make_slice: MakeSlice, classes: LabelSet, tmp_path: Path
) -> None:
    folder = tmp_path / "segs"
    sources = sources_of(series)
    pixels = np.stack([labels(n) for n in range(3)]).astype(np.uint8)
    names = ["cell", "树", "road"]
    good = written(folder / "good.dcm", sources, pixels, names)
    (folder / "cut.dcm").write_bytes(good.read_bytes()[:-40])
    (folder / "text.dcm").write_text("no image at all")
    strange = written(folder / "strange.dcm", sources, pixels, ["cell", "树", "castle"])
    elsewhere = sources_of(write_series(tmp_path / "away", make_slice, *UPRIGHT))
    lonely = written(folder / "lonely.dcm", elsewhere, pixels, names)
    larger = highdicom.get_volume_from_series(sources)
    shifted = highdicom.Volume(
        (larger.array > 0).astype(np.uint8),
        larger.affine @ np.array([[1, 0, 0, 0], [0, 1, 0, 0.5], [0, 0, 1, 0], [0, 0, 0, 1]]),
        "PATIENT",
        frame_of_reference_uid=sources[0].FrameOfReferenceUID,
    )
    askew = written(folder / "askew.dcm", sources, shifted, ["cell"])
    data = imported(folder, classes, known=(series,))
    told: dict[str, list[str]] = {}
    for problem in data.problems:
        told.setdefault(problem.path.name, []).append(problem.reason)
    assert set(told) == {"cut.dcm", strange.name, lonely.name, askew.name}
    assert told[strange.name] == ["the project has no class called 'castle'"]
    assert told[lonely.name] == ["3 of the 3 images that it refers to are missing"]
    assert told[askew.name] == ["a frame does not lie on the pixels of its image"]
    assert "truncated" in told["cut.dcm"][0]
    for file in (folder / "cut.dcm", askew):
        file.unlink()
    data = imported(folder, classes, known=(series,))
    assert len(data.samples) == 3
    for found in data.samples:
        expected = labels(found.frame)
        expected[expected == 3] = 255  # of the class that the project lacks, in the file that lies on top
        np.testing.assert_array_equal(found.load().ids, expected)  # type: ignore[misc]


def test_segments_of_one_label_are_instances_with_one_number_through_the_slices(
    series: Path, classes: LabelSet, tmp_path: Path
) -> None:
    """Two lesions of one label in one file, and a segment that stands alone."""
    sources = sources_of(series)
    pixels = np.zeros((3, *SHAPE, 3), np.uint8)
    pixels[:, 2:6, 3:8, 0], pixels[1:, 10:14, 3:8, 1] = 1, 1
    pixels[:, 20:22, 3:8, 2] = 1
    written(tmp_path / "seg" / "lesions.dcm", sources, pixels, ["cell", "cell", "road"])
    data = imported(tmp_path / "seg", classes, images=series)
    assert data.problems == ()
    found = [each.load() for each in data.samples if each.load is not None]
    assert [set(each.segments.values()) for each in found] == [{1}] * 3
    assert sorted(len(each.segments) for each in found) == [1, 2, 2]
    for each in found:
        assert len({int(i) for i in each.ids[2:6, 3:8].ravel()}) == 1
        assert (each.classes()[2:6, 3:8] == 1).all()
        assert (each.ids[20:22, 3:8] == 3).all()  # the only road is no instance
    upper = {int(each.ids[3, 4]) for each in found}
    assert len(upper) == 1
    assert upper != {int(each.ids[11, 4]) for each in found if each.ids[11, 4] != 0}
