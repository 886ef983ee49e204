"""Compressions of DICOM pixel data that pydicom needs a plug-in for, decoded by imagecodecs.

Lossless JPEG is what most scanners and archives send; pydicom itself decodes none of it.
"""

from __future__ import annotations

import imagecodecs
import numpy as np
from pydicom import uid
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder

_SYNTAXES = (
    *(uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1),
    *(uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K),
)
DECODER_DEPENDENCIES = dict.fromkeys(_SYNTAXES, ("imagecodecs",))
"""Part of pydicom's protocol for plug-ins, as :func:`is_available` is."""

_NAME = "imagecodecs"
_HERE = (__name__, "decode_frame")


def is_available(syntax: str) -> bool:
    return syntax in _SYNTAXES


def register() -> None:
    """Make pydicom use the decoders of this module. Doing it again changes nothing."""
    for syntax in _SYNTAXES:
        decoder = get_decoder(syntax)
        if _NAME not in decoder.available_plugins:
            decoder.add_plugin(_NAME, _HERE)


def decode_frame(data: bytes, runner: DecodeRunner) -> bytes:
    """One compressed frame as the little-endian bytes that pydicom expects, sample by sample."""
    if runner.transfer_syntax in (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K):
        pixels = imagecodecs.jpeg2k_decode(data)
    else:
        # from RGB to RGB: colours stay as stored, for pydicom converts them by what the DICOM header says
        colours = "RGB" if runner.samples_per_pixel == 3 else None
        pixels = imagecodecs.jpeg8_decode(data, colorspace=colours, outcolorspace=colours)
    runner.set_option("planar_configuration", 0)
    runner.set_option("bits_allocated", 8 * pixels.dtype.itemsize)
    return np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)).tobytes()
