"""Look-up tables, windows and sigmoids of DICOM files, beside what pydicom makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut, apply_windowing
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRBigEndian

from segstudio.io.images import Window, display_range, display_window, probe, read, windowed
from tests.io.images.test_dicom import dataset, save

STORED = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def table(
    entries: NDArray[Any], first: int, bits: int, name: str = "", *, words: bool = False, vr: str = "US"
) -> Dataset:
    """An item of a Modality or VOI LUT Sequence."""
    item = Dataset()
    item.add_new("LUTDescriptor", vr, [entries.size % 65536, first, bits])
    if name:
        item.LUTExplanation = name
    if words:
        item.add_new("LUTData", "OW", entries.astype("<u2").tobytes())
    else:
        item.add_new("LUTData", "US", entries.astype(int).tolist())
    return item


S_SHAPE = np.rint(1023 / (1 + np.exp(-(np.arange(3000) - 1500) / 300))).astype(np.uint16)


@pytest.mark.parametrize("words", [False, True])
def test_a_look_up_table_shows_what_pydicom_makes_of_it(tmp_path: Path, words: bool) -> None:
    ds = dataset(STORED, Modality="CR", VOILUTSequence=Sequence([table(S_SHAPE, 500, 10, "NORMAL", words=words)]))
    ds.WindowCenter, ds.WindowWidth = 2000, 400
    image = read(save(tmp_path / "cr.dcm", ds))
    np.testing.assert_array_equal(image.array, STORED, strict=True)
    first, second = image.windows
    assert (first.name, first.low, first.high) == ("NORMAL", 500, 3499)
    assert (second.low, second.high, second.curve) == (1800, 2199, b"")
    assert display_window(image) == first
    expected = np.rint(apply_voi_lut(STORED, ds, prefer_lut=True) * (255 / 1023))
    np.testing.assert_array_equal(windowed(image.array, first), expected)


def test_tables_of_bytes_and_of_the_other_byte_order_are_read(tmp_path: Path) -> None:
    ds = dataset(STORED, Modality="CR")
    item = table(S_SHAPE, 0, 10)
    item.add_new("LUTData", "OW", S_SHAPE.astype(">u2").tobytes())
    ds.VOILUTSequence = Sequence([item])
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    ds.set_original_encoding(is_implicit_vr=False, is_little_endian=False)
    ds.PixelData = STORED.astype(">u2").tobytes()
    image = read(save(tmp_path / "big.dcm", ds))
    np.testing.assert_array_equal(image.array, STORED)
    assert windowed(np.array([1500]), image.windows[0]) == round(int(S_SHAPE[1500]) * 255 / 1023)
    packed = table(S_SHAPE, 0, 8)
    packed.add_new("LUTData", "OW", (S_SHAPE // 4).astype(np.uint8).tobytes())
    small = read(save(tmp_path / "small.dcm", dataset(STORED, Modality="CR", VOILUTSequence=Sequence([packed]))))
    assert windowed(np.array([1500]), small.windows[0]) == S_SHAPE[1500] // 4


def test_several_tables_over_the_same_values_are_told_apart_by_name(tmp_path: Path) -> None:
    tables = [table(S_SHAPE, 0, 10, "HARDER"), table(S_SHAPE[::-1], 0, 10), table(S_SHAPE // 2, 0, 10)]
    image = read(save(tmp_path / "cr.dcm", dataset(STORED, Modality="DX", VOILUTSequence=Sequence(tables))))
    assert [w.name for w in image.windows] == ["HARDER", "VOI LUT 2", "VOI LUT 3"]
    assert windowed(np.array([0, 2999]), image.windows[1]).tolist() == [253, 2]  # the S upside down
    assert windowed(np.array([2999]), image.windows[2]).tolist() == [127]  # half as bright, as its ten bits say


def test_the_modality_table_comes_first_and_gives_the_values(tmp_path: Path) -> None:
    squares = (np.arange(4096) ** 2 // 512).astype(np.uint16)
    modality = table(squares, 0, 16)
    modality.ModalityLUTType = "US"
    ds = dataset(STORED, Modality="DX", ModalityLUTSequence=Sequence([modality]))
    ds.VOILUTSequence = Sequence([table(S_SHAPE, 2000, 10, "CHEST")])
    path = save(tmp_path / "dx.dcm", ds)
    image = read(path)
    np.testing.assert_array_equal(image.array, apply_modality_lut(STORED, ds))
    assert image.array.dtype == probe(path).dtype
    expected = np.rint(apply_voi_lut(apply_modality_lut(STORED, ds), ds) * (255 / 1023))
    np.testing.assert_array_equal(windowed(image.array, image.windows[0]), expected)


def test_a_modality_table_of_signed_and_of_8_bit_values_does_not_overflow(tmp_path: Path) -> None:
    stored = np.array([[-30000, -5000], [0, 30000]], np.int16)
    ramp = np.arange(6000, dtype=np.uint16)
    signed = Sequence([table(ramp, -5000, 16, words=True, vr="SS")])
    image = read(save(tmp_path / "signed.dcm", dataset(stored, Modality="MR", ModalityLUTSequence=signed)))
    assert image.array.tolist() == [[0, 0], [5000, 5999]]
    small = np.array([[0, 100], [200, 255]], np.uint8)
    tripled = Sequence([table(ramp[:1000] * 3, 0, 16)])
    wide = read(save(tmp_path / "small.dcm", dataset(small, ModalityLUTSequence=tripled)))
    assert wide.array.tolist() == [[0, 300], [600, 765]]


def test_a_table_over_hounsfield_units_begins_below_zero_whatever_its_sign_in_the_file(tmp_path: Path) -> None:
    item = table(np.arange(2048, dtype=np.uint16) * 2, 65536 - 1024, 12, "CT")
    tags = {"RescaleSlope": 1, "RescaleIntercept": -1024, "BitsStored": 12, "HighBit": 11}
    image = read(save(tmp_path / "ct.dcm", dataset(STORED, VOILUTSequence=Sequence([item]), **tags)))
    assert (image.windows[0].low, image.windows[0].high) == (-1024, 1023)
    assert "lung" in [w.name for w in image.windows]


def test_a_table_that_tells_of_more_bits_than_it_uses_is_not_shown_dark(tmp_path: Path) -> None:
    image = read(save(tmp_path / "a.dcm", dataset(STORED, VOILUTSequence=Sequence([table(S_SHAPE, 0, 16)]))))
    assert windowed(image.array, image.windows[0]).max() == 253


def test_each_frame_of_a_file_of_many_has_its_own_table(tmp_path: Path) -> None:
    def group(first: int, slope: float) -> Dataset:
        item, voi, values = Dataset(), Dataset(), Dataset()
        voi.VOILUTSequence = Sequence([table(S_SHAPE, first, 10, f"FROM {first}")])
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = slope, 0, "US"
        item.FrameVOILUTSequence, item.PixelValueTransformationSequence = Sequence([voi]), Sequence([values])
        return item

    ds = dataset(np.stack([STORED, STORED]), Modality="MR", SOPClassUID=EnhancedMRImageStorage)
    ds.PerFrameFunctionalGroupsSequence = Sequence([group(0, 1), group(700, 2)])
    path = save(tmp_path / "many.dcm", ds)
    first, second = read(path, 0), read(path, 1)
    assert (first.windows[0].name, second.windows[0].name) == ("FROM 0", "FROM 700")
    np.testing.assert_array_equal(second.array, STORED.astype(int) * 2)
    assert display_range(second) == (700, 3699)


def test_a_sigmoid_is_pydicoms(tmp_path: Path) -> None:
    ds = dataset(STORED, Modality="MG", WindowCenter=1800, WindowWidth=900, VOILUTFunction="SIGMOID", BitsStored=12)
    ds.HighBit = 11
    image = read(save(tmp_path / "mg.dcm", ds))
    expected = apply_windowing(STORED, ds)
    expected = (expected - expected.min()) / np.ptp(expected) * 255
    assert np.abs(windowed(image.array, image.windows[0]) - expected).max() <= 1.5


def test_the_window_of_8_bit_values_counts_but_hounsfield_windows_do_not(tmp_path: Path) -> None:
    small = np.arange(256, dtype=np.uint8).reshape(16, 16)
    told = read(save(tmp_path / "a.dcm", dataset(small, Modality="MR", WindowCenter=100, WindowWidth=41)))
    assert display_range(told) == (79.5, 119.5)
    assert display_range(read(save(tmp_path / "b.dcm", dataset(small)))) == (0, 255)


@pytest.mark.parametrize("broken", [{"LUTDescriptor": [3, 0]}, {"LUTDescriptor": [5000, 0, 12]}])
def test_a_table_that_is_none_leaves_the_windows(tmp_path: Path, broken: dict[str, Any]) -> None:
    item = table(S_SHAPE, 0, 10)
    item.LUTDescriptor = broken["LUTDescriptor"]
    ds = dataset(STORED, Modality="CR", VOILUTSequence=Sequence([item]), WindowCenter=1000, WindowWidth=201)
    assert display_range(read(save(tmp_path / "a.dcm", ds))) == (899.5, 1099.5)


def test_what_is_no_number_is_shown_black_and_low_values_bright_where_that_is_meant() -> None:
    values = np.array([np.nan, -np.inf, 0, 5, 10, np.inf])
    assert windowed(values, Window(0, 10)).tolist() == [0, 0, 0, 128, 255, 255]
    assert windowed(values, Window(0, 10), inverted=True).tolist() == [255, 255, 255, 127, 0, 0]
    assert windowed(values, Window(0, 10, curve=bytes([10, 200, 90]))).tolist() == [10, 10, 10, 200, 90, 90]
