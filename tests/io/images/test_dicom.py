"""DICOM: real units, true places, every compression, series in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    RTStructureSetStorage,
    generate_uid,
)

from segstudio.core.errors import ImageError
from segstudio.io.images import display_range, probe, read, series_in
from segstudio.io.images.dicom import slices_of

rng = np.random.default_rng(4)
SERIES = generate_uid()


def dataset(pixels: np.ndarray | None = None, **tags: Any) -> FileDataset:
    """A CT slice (or *pixels* with *tags*) with everything that a reader needs."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = tags.get("SOPClassUID", CTImageStorage)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.SeriesInstanceUID, ds.Modality = SERIES, "CT"
    if pixels is not None:
        bits = 8 * pixels.dtype.itemsize
        colour = pixels.ndim == 3 and pixels.shape[-1] == 3
        ds.Rows, ds.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
        ds.SamplesPerPixel = 3 if colour else 1
        ds.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
        if colour:
            ds.PlanarConfiguration = 0
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = bits, bits, bits - 1
        ds.PixelRepresentation = int(pixels.dtype.kind == "i")
        if pixels.ndim == 3 and not colour:
            ds.NumberOfFrames = pixels.shape[0]
        ds.PixelData = pixels.tobytes()
    for name, value in tags.items():
        setattr(ds, name, value)
    return ds


def save(path: Path, ds: FileDataset) -> Path:
    ds.save_as(path, enforce_file_format=True)
    return path


def test_a_ct_slice_is_in_hounsfield_units(tmp_path: Path) -> None:
    stored = rng.integers(0, 4096, (12, 16), dtype=np.uint16)
    path = save(
        tmp_path / "ct.dcm",
        dataset(stored, BitsStored=12, HighBit=11, RescaleSlope=1, RescaleIntercept=-1024, PixelSpacing=[0.5, 0.75]),
    )
    image = read(path)
    np.testing.assert_array_equal(image.array, stored.astype(np.int16) - 1024, strict=True)
    assert image.spacing == (0.5, 0.75)
    info = probe(path)
    assert (info.kind, info.shape, info.dtype, info.spacing) == ("dicom", (12, 16), np.dtype(np.int16), (0.5, 0.75))
    assert "lung" in [w.name for w in image.windows]


def test_slopes_that_are_fractions_give_floating_point(tmp_path: Path) -> None:
    stored = rng.integers(0, 30000, (5, 6), dtype=np.int16)
    path = save(tmp_path / "pet.dcm", dataset(stored, Modality="PT", RescaleSlope=0.25, RescaleIntercept=0))
    np.testing.assert_array_equal(read(path).array, (stored * 0.25).astype(np.float32), strict=True)
    assert read(path).windows == ()


def test_values_that_leave_16_bits_by_rescaling_do_not_wrap(tmp_path: Path) -> None:
    stored = np.array([[0, 65535]], np.uint16)
    path = save(tmp_path / "x.dcm", dataset(stored, RescaleSlope=1, RescaleIntercept=-1000))
    assert read(path).array.tolist() == [[-1000, 64535]]
    assert probe(path).dtype == read(path).array.dtype


def test_the_files_own_window_comes_first_and_is_shown(tmp_path: Path) -> None:
    """PS3.3 C.11.2.1.2: a linear window of centre c and width w spans c - 0.5 -/+ (w - 1) / 2."""
    path = save(
        tmp_path / "w.dcm",
        dataset(
            np.zeros((2, 2), np.int16),
            WindowCenter=[40, 300],
            WindowWidth=[401, 1501],
            WindowCenterWidthExplanation=["ABDOMEN", "BONE"],
        ),
    )
    image = read(path)
    assert [(w.low, w.high, w.name) for w in image.windows[:2]] == [
        (-160.5, 239.5, "ABDOMEN"),
        (-450.5, 1049.5, "BONE"),
    ]
    assert display_range(image) == (-160.5, 239.5)


def test_monochrome1_is_told_and_the_values_stay(tmp_path: Path) -> None:
    stored = rng.integers(0, 4096, (4, 4), dtype=np.uint16)
    path = save(tmp_path / "m1.dcm", dataset(stored, PhotometricInterpretation="MONOCHROME1", Modality="DX"))
    assert read(path).inverted
    np.testing.assert_array_equal(read(path).array, stored)


def test_colour_and_palette_images_are_rgb(tmp_path: Path) -> None:
    pixels = rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)
    path = save(tmp_path / "us.dcm", dataset(pixels, Modality="US"))
    np.testing.assert_array_equal(read(path).array, pixels, strict=True)
    assert read(path).photometric == "rgb"
    table = np.arange(256, dtype=np.uint8)
    lut = {
        f"{colour}PaletteColorLookupTable{part}": value
        for colour, shift in (("Red", 0), ("Green", 50), ("Blue", 100))
        for part, value in (("Descriptor", [256, 0, 8]), ("Data", np.roll(table, shift).tobytes()))
    }
    path = save(tmp_path / "p.dcm", dataset(pixels[..., 0], PhotometricInterpretation="PALETTE COLOR", **lut))
    expected = np.stack([np.roll(table, s)[pixels[..., 0]] for s in (0, 50, 100)], axis=-1)
    np.testing.assert_array_equal(read(path).array, expected)
    assert (probe(path).channels, probe(path).dtype) == (3, np.uint8)


def test_a_series_is_sorted_by_position_and_not_by_name(tmp_path: Path) -> None:
    order = [3, 0, 4, 1, 2]
    for name, z in enumerate(order):
        save(
            tmp_path / f"IM{name:04}",
            dataset(
                np.full((4, 5), z, np.int16),
                ImagePositionPatient=[-10.0, -20.0, 100 + 2.5 * z],
                ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                PixelSpacing=[0.5, 0.75],
                InstanceNumber=name,
            ),
        )
    save(tmp_path / "report.dcm", dataset(SOPClassUID=RTStructureSetStorage, SeriesInstanceUID=generate_uid()))
    (tmp_path / "notes.txt").write_text("no image")
    images = [read(tmp_path, z) for z in range(5)]
    assert [int(i.array[0, 0]) for i in images] == list(range(5))
    assert images[2].spacing == pytest.approx((0.5, 0.75, 2.5))
    assert images[2].orientation == "PLS"
    assert images[2].origin == pytest.approx((10, 20, 105))  # RAS+ from LPS: right and anterior change sign
    assert [s.path.name for s in slices_of(tmp_path)] == [f"IM{order.index(z):04}" for z in range(5)]
    assert probe(tmp_path).frames == 5


def test_a_tilted_series_has_its_affine_from_the_positions(tmp_path: Path) -> None:
    row, column = np.array([1.0, 0, 0]), np.array([0, 0.8, 0.6])
    step = np.cross(row, column) * 3
    for number in range(3):
        save(
            tmp_path / f"{number}.dcm",
            dataset(
                np.zeros((3, 3), np.int16),
                ImagePositionPatient=[float(v) for v in number * step],
                ImageOrientationPatient=[*row, *column],
                PixelSpacing=[1, 2],
            ),
        )
    affine = read(tmp_path, 1).affine
    assert affine is not None
    lps = affine @ (1, 1, 2, 1) * (-1, -1, 1, 1)
    np.testing.assert_allclose(lps[:3], column * 1 + row * 2 + 2 * step)


def slice_at(path: Path, z: float, value: int = 0, **tags: Any) -> Path:
    told = {"ImagePositionPatient": [0.0, 0.0, z], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    shape = tags.pop("shape", (4, 5))
    return save(path, dataset(np.full(shape, value, np.int16), PixelSpacing=[1.0, 1.0], **told | tags))


def test_in_an_uneven_stack_every_slice_tells_its_own_place(tmp_path: Path) -> None:
    for name, z in enumerate((0.0, 1.0, 2.0, 5.0)):  # two slices are missing
        slice_at(tmp_path / f"{name}.dcm", z)
    images = [read(tmp_path, frame) for frame in range(4)]
    assert [image.origin for image in images] == [(0, 0, z) for z in (0, 1, 2, 5)]
    assert [image.position for image in images] == [0, 1, 2, 5]
    assert {image.spacing for image in images} == {(1.0, 1.0)}  # no one number is true from slice to slice
    assert images[0].orientation == "PLS"
    affine = probe(tmp_path, 3).affine
    assert affine is not None
    np.testing.assert_allclose(affine[:3, 2], (0, 0, 1))  # the usual step


def test_copies_of_a_file_are_no_slices(tmp_path: Path) -> None:
    files = [slice_at(tmp_path / f"{z}.dcm", 2.0 * z, z) for z in range(3)]
    (tmp_path / "1 (copy).dcm").write_bytes(files[1].read_bytes())
    assert [int(read(tmp_path, frame).array[0, 0]) for frame in range(probe(tmp_path).frames)] == [0, 1, 2]
    assert read(tmp_path).spacing == (1.0, 1.0, 2.0)
    (stack,) = series_in(tmp_path).values()
    assert set(stack) == {*tmp_path.iterdir()}  # none is left over as an image of its own


@pytest.mark.parametrize("told", ["number", "acquisition", "time"])
def test_phases_of_one_series_are_volumes_one_after_the_other(tmp_path: Path, told: str) -> None:
    """The same three places twice; numbers restart with each acquisition where that is told."""
    for phase in range(2):
        for z in range(3):
            tags: dict[str, Any] = {"InstanceNumber": 3 * phase + z + 1}
            if told == "acquisition":
                tags = {"InstanceNumber": z + 1, "AcquisitionNumber": phase + 4}
            if told == "time":
                tags = {"InstanceNumber": 2 * z + phase, "TemporalPositionIdentifier": phase + 1}
            slice_at(tmp_path / f"{2 - z}{phase}.dcm", 2.5 * z, 10 * phase + z, **tags)
    images = [read(tmp_path, frame) for frame in range(6)]
    assert [int(image.array[0, 0]) for image in images] == [0, 1, 2, 10, 11, 12]
    assert [image.volume for image in images] == [range(3)] * 3 + [range(3, 6)] * 3
    assert [image.position for image in images] == [0, 2.5, 5, 0, 2.5, 5]
    assert {image.spacing for image in images} == {(1.0, 1.0, 2.5)}


def test_a_scout_view_does_not_take_a_series_apart(tmp_path: Path) -> None:
    for z in range(4):
        slice_at(tmp_path / f"{z}.dcm", 2.0 * z, z, InstanceNumber=z + 2)
    scout = slice_at(
        tmp_path / "scout.dcm", 0.0, 99, shape=(8, 9), ImageOrientationPatient=[1, 0, 0, 0, 0, -1], InstanceNumber=1
    )
    ((path, files),) = series_in(tmp_path).items()
    assert scout not in files
    assert [int(read(path, frame).array[0, 0]) for frame in range(4)] == [0, 1, 2, 3]
    assert read(path).spacing == (1.0, 1.0, 2.0)
    with pytest.raises(ImageError, match="2 directions or sizes"):
        read(tmp_path)


def test_stacks_of_two_directions_in_one_series_are_two(tmp_path: Path) -> None:
    for z in range(3):
        slice_at(tmp_path / f"a{z}.dcm", 2.0 * z, z)
    for x in range(2):
        sideways = {"ImagePositionPatient": [3.0 * x, 0, 0], "ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}
        slice_at(tmp_path / f"s{x}.dcm", 0.0, 10 + x, **sideways)
    first, second = series_in(tmp_path)
    assert [int(read(first, frame).array[0, 0]) for frame in range(3)] == [0, 1, 2]
    assert {int(read(second, frame).array[0, 0]) for frame in range(2)} == {10, 11}
    assert (read(first).orientation, read(second).orientation[:2]) == ("PLS", "IP")


def test_two_series_in_a_folder_are_not_mixed(tmp_path: Path) -> None:
    for name in "ab":
        uid = generate_uid()
        save(tmp_path / name, dataset(np.zeros((2, 2), np.int16), SeriesInstanceUID=uid, SeriesDescription=f"T{name}"))
    with pytest.raises(ImageError, match=r"holds 2 series \(Ta \(1 files\), Tb \(1 files\)\)"):
        read(tmp_path)


def write_series(folder: Path, uid: str, slices: int, value: int = 0, ending: str = ".dcm") -> list[Path]:
    """A stack of *slices* images 2 mm apart, in files whose names are in the opposite order."""
    folder.mkdir(exist_ok=True)
    return [
        save(
            folder / f"{value}-{slices - z:03}{ending}",
            dataset(
                np.full((4, 5), value + z, np.int16),
                SeriesInstanceUID=uid,
                ImagePositionPatient=[0.0, 0.0, 2.0 * z],
                ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                PixelSpacing=[1.0, 1.0],
            ),
        )
        for z in range(slices)
    ]


def test_each_of_two_series_in_a_folder_is_a_stack_of_its_own(tmp_path: Path) -> None:
    first, second = generate_uid(), generate_uid()
    files = {first: write_series(tmp_path, first, 3, 100), second: write_series(tmp_path, second, 4, 200)}
    stacks = series_in(tmp_path)
    assert [path.parent for path in stacks] == [tmp_path, tmp_path]
    for path, inside in stacks.items():
        uid = first if len(inside) == 3 else second
        assert list(inside) == files[uid]
        image = read(path, 2)
        assert int(image.array[0, 0]) == (102 if uid == first else 202)
        assert (image.frames, image.spacing) == (len(inside), (1.0, 1.0, 2.0))
        assert image.position == pytest.approx(4.0)
        assert probe(path, 1).frames == len(inside)
        assert tuple(s.path for s in slices_of(path)) == inside


def test_one_of_several_series_is_called_by_its_number_and_description(tmp_path: Path) -> None:
    for number, (uid, title) in enumerate(((generate_uid(), "T2: ax/FS"), (generate_uid(), "")), start=3):
        for file in write_series(tmp_path, uid, 2, 10 * number):
            ds = pydicom.dcmread(file)
            ds.SeriesNumber, ds.SeriesDescription = number, title
            save(file, ds)
    first, second = sorted(series_in(tmp_path), key=lambda path: path.name)
    assert first.name.startswith("3 T2  ax FS series-1.2.")
    assert second.name.startswith("4 series-1.2.")
    assert int(read(first, 1).array[0, 0]) == 31


def test_one_series_is_read_by_its_folder_and_single_images_by_their_files(tmp_path: Path) -> None:
    files = write_series(tmp_path / "one", generate_uid(), 3)
    assert series_in(tmp_path / "one") == {tmp_path / "one": tuple(files)}
    for name in "ab":  # two radiographs of one series that lie nowhere in the patient
        save(tmp_path / f"{name}.dcm", dataset(np.zeros((2, 2), np.int16)))
    assert series_in(tmp_path) == {}


def test_a_missing_file_is_no_series(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        read(tmp_path / "my series-one.png")


def test_a_series_that_is_gone_says_so(tmp_path: Path) -> None:
    uid = generate_uid()
    write_series(tmp_path, uid, 2)
    write_series(tmp_path, generate_uid(), 2, 50)
    path = next(p for p in series_in(tmp_path) if uid in p.name)
    for file in tmp_path.glob("0-*"):
        file.unlink()
    with pytest.raises(ImageError, match="no longer holds"):
        read(path)


def test_frames_of_a_file_have_their_own_places(tmp_path: Path) -> None:
    """An enhanced image tells position, spacing and window in groups, shared or frame by frame."""
    pixels = rng.integers(0, 4000, (3, 4, 5), dtype=np.uint16)

    def item(name: str, **tags: Any) -> pydicom.Dataset:
        inner = pydicom.Dataset()
        for tag, value in tags.items():
            setattr(inner, tag, value)
        outer = pydicom.Dataset()
        setattr(outer, name, Sequence([inner]))
        return outer

    shared = item("PixelMeasuresSequence", PixelSpacing=[0.5, 0.25], SliceThickness=4)
    shared.update(item("PlaneOrientationSequence", ImageOrientationPatient=[1, 0, 0, 0, 1, 0]))
    shared.update(item("PixelValueTransformationSequence", RescaleSlope=2, RescaleIntercept=1))
    frames = [item("PlanePositionSequence", ImagePositionPatient=[0, 0, 5.0 * n]) for n in range(3)]
    path = save(
        tmp_path / "e.dcm",
        dataset(
            pixels,
            SOPClassUID=EnhancedMRImageStorage,
            Modality="MR",
            BitsStored=12,
            HighBit=11,
            SharedFunctionalGroupsSequence=Sequence([shared]),
            PerFrameFunctionalGroupsSequence=Sequence(frames),
        ),
    )
    image = read(path, 2)
    np.testing.assert_array_equal(image.array, pixels[2] * 2 + 1)
    assert image.spacing == pytest.approx((0.5, 0.25, 5.0))
    assert image.origin == pytest.approx((0, 0, 10))
    assert (probe(path).frames, probe(path).dtype) == (3, image.array.dtype)


def test_frames_of_a_file_are_ordered_by_their_place_and_time(tmp_path: Path) -> None:
    """Stored with time running fastest and from the head down, as some scanners do."""
    shared, frames, order = pydicom.Dataset(), [], [(z, t) for z in (2, 1, 0) for t in (0, 1)]
    measures, plane = pydicom.Dataset(), pydicom.Dataset()
    measures.PixelSpacing, measures.SliceThickness = [1, 1], 4
    plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([plane])
    for z, t in order:
        frame, place, content = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
        place.ImagePositionPatient, content.TemporalPositionIndex = [0, 0, 4 * z], t + 1
        frame.PlanePositionSequence, frame.FrameContentSequence = Sequence([place]), Sequence([content])
        frames.append(frame)
    pixels = np.stack([np.full((4, 5), 10 * t + z, np.uint16) for z, t in order])
    tags = {"SharedFunctionalGroupsSequence": Sequence([shared]), "PerFrameFunctionalGroupsSequence": Sequence(frames)}
    path = save(tmp_path / "e.dcm", dataset(pixels, SOPClassUID=EnhancedMRImageStorage, Modality="MR", **tags))
    assert [int(read(path, frame).array[0, 0]) for frame in range(6)] == [0, 1, 2, 10, 11, 12]
    assert [s.index for s in slices_of(path)] == [4, 2, 0, 5, 3, 1]
    assert (read(path, 4).spacing, read(path, 4).volume) == ((1.0, 1.0, 4.0), range(3, 6))


COMPRESSIONS = {
    "jpeg lossless": (JPEGLosslessSV1, lambda p: imagecodecs.ljpeg_encode(p, bitspersample=12)),
    "jpeg ls": (JPEGLSLossless, imagecodecs.jpegls_encode),
    "jpeg 2000": (
        JPEG2000Lossless,
        lambda p: imagecodecs.jpeg2k_encode(p, level=0, codecformat="j2k", reversible=True),
    ),
    "jpeg 12 bit": (JPEGExtended12Bit, lambda p: imagecodecs.jpeg8_encode(p, 98, bitspersample=12)),
}


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_compressed_pixels_come_out_as_they_went_in(tmp_path: Path, name: str) -> None:
    syntax, encode = COMPRESSIONS[name]
    y, x = np.mgrid[:24, :32]
    frames = [(y * 40 + x * (30 + n)).astype(np.uint16) for n in range(2)]
    ds = dataset(np.stack(frames), BitsStored=12, HighBit=11)
    ds.file_meta.TransferSyntaxUID = syntax
    ds.PixelData = encapsulate([encode(frame) for frame in frames])
    ds["PixelData"].is_undefined_length = True
    path = save(tmp_path / "c.dcm", ds)
    for number, frame in enumerate(frames):
        difference = np.abs(read(path, number).array.astype(int) - frame)
        assert difference.max() <= (0 if syntax != JPEGExtended12Bit else 40)


def test_lossless_jpeg_keeps_colours_as_they_are_stored(tmp_path: Path) -> None:
    pixels = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    ds = dataset(pixels)
    ds.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    ds.PixelData = encapsulate([imagecodecs.jpeg8_encode(pixels, lossless=True, colorspace="RGB", outcolorspace="RGB")])
    ds["PixelData"].is_undefined_length = True
    np.testing.assert_array_equal(read(save(tmp_path / "c.dcm", ds)).array, pixels)


def test_run_length_encoding(tmp_path: Path) -> None:
    pixels = rng.integers(0, 9, (24, 32), dtype=np.uint16)
    ds = dataset(pixels)
    ds.compress(RLELossless)
    np.testing.assert_array_equal(read(save(tmp_path / "r.dcm", ds)).array, pixels)


def test_a_deflated_file(tmp_path: Path) -> None:
    pixels = rng.integers(0, 9, (24, 32), dtype=np.uint16)
    ds = dataset(pixels)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    np.testing.assert_array_equal(read(save(tmp_path / "z.dcm", ds)).array, pixels)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_never_opened_silently(tmp_path: Path, kept: float) -> None:
    path = save(tmp_path / "t.dcm", dataset(rng.integers(0, 99, (64, 64), dtype=np.int16)))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ImageError) as caught:
        read(path)
    assert caught.value.path == path


def test_truncated_compressed_pixels_are_noticed(tmp_path: Path) -> None:
    ds = dataset(rng.integers(0, 99, (64, 64), dtype=np.uint16))
    ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
    ds.PixelData = (
        encapsulate([imagecodecs.jpeg2k_encode(ds.pixel_array, level=0, codecformat="j2k")]) if False else b""
    )
    whole = imagecodecs.jpeg2k_encode(rng.integers(0, 99, (64, 64), dtype=np.uint16), level=0, codecformat="j2k")
    ds.PixelData = encapsulate([whole])
    ds["PixelData"].is_undefined_length = True
    path = save(tmp_path / "t.dcm", ds)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - len(whole) // 2])
    with pytest.raises(ImageError):
        read(path)


def test_what_holds_no_image_says_what_it_is(tmp_path: Path) -> None:
    path = save(tmp_path / "rt.dcm", dataset(SOPClassUID=RTStructureSetStorage))
    with pytest.raises(ImageError, match=r"holds no image \(RT Structure Set Storage\)"):
        read(path)
    (tmp_path / "n.dcm").write_bytes(b"not DICOM" * 40)
    with pytest.raises(ImageError, match=r"not a DICOM file|corrupt"):
        read(tmp_path / "n.dcm")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="folder without DICOM"):
        probe(tmp_path / "empty")


def test_ultrasound_tells_its_spacing_by_its_region_of_tissue(tmp_path: Path) -> None:
    def region(units: int, down: float, across: float) -> pydicom.Dataset:
        item = pydicom.Dataset()
        item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = units
        item.PhysicalDeltaY, item.PhysicalDeltaX = down, across
        return item

    pixels = np.zeros((6, 7, 3), np.uint8)
    tissue, curve = region(3, 0.02, 0.01), region(4, 1.0, 1.0)  # centimetres; seconds
    path = save(tmp_path / "us.dcm", dataset(pixels, Modality="US", SequenceOfUltrasoundRegions=[tissue, curve]))
    assert read(path).spacing == pytest.approx((0.2, 0.1))
    two = [tissue, region(3, 0.03, 0.03)]
    path = save(tmp_path / "two.dcm", dataset(pixels, Modality="US", SequenceOfUltrasoundRegions=two))
    assert read(path).spacing is None  # no one number is true everywhere


def test_a_spacing_of_nothing_is_none(tmp_path: Path) -> None:
    path = save(tmp_path / "z.dcm", dataset(np.zeros((4, 5), np.int16), PixelSpacing=[0, 0]))
    assert read(path).spacing is None
