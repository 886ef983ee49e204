"""What TIFF files of microscopes and slide scanners tell of the distance of pixels."""

from __future__ import annotations

import re
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

_MILLIMETRES = {
    "mm": 1.0,
    "millimeter": 1.0,
    "cm": 10.0,
    "centimeter": 10.0,
    "m": 1000.0,
    "inch": 25.4,
    "um": 1e-3,
    "µm": 1e-3,  # the micro sign
    "μm": 1e-3,  # and the Greek letter
    "micron": 1e-3,
    "microns": 1e-3,
    "micrometer": 1e-3,
    "nm": 1e-6,
}
# inches (2) are left out: what cameras and scanners write there is a guess at the size of a print
_RESOLUTION_UNITS = {3: 10.0, 4: 1.0, 5: 1e-3}


def spacing_of(tiff: Any, page: Any, image: int) -> tuple[float, ...] | None:
    """Millimetres along (y, x) or (y, x, z) by OME (of its *image*-th), ImageJ, slide-scanner or metric resolution
    tags."""
    if tiff.is_ome:
        return _ome_spacing(tiff.ome_metadata, image)
    density = page.resolution if 282 in page.tags and 283 in page.tags else None
    if tiff.is_imagej and density and all(density):
        notes = tiff.imagej_metadata or {}
        unit = _MILLIMETRES.get(str(notes.get("unit", "")).replace("\\u00B5", "µ"))
        if unit is None:
            return None
        plane = (unit / density[1], unit / density[0])
        return (*plane, unit * float(notes["spacing"])) if "spacing" in notes else plane
    microns = re.search(r"MPP\s*=\s*([\d.]+)", page.description) if tiff.is_svs else None
    if microns:
        return float(microns[1]) / 1000, float(microns[1]) / 1000
    unit = _RESOLUTION_UNITS.get(int(page.resolutionunit))
    return (unit / density[1], unit / density[0]) if unit and density and all(density) else None


def aspect_of(page: Any) -> float | None:
    """The height of a pixel by its width where the page's resolution differs along x and y: whatever its unit, a
    facsimile or a scanner of lines wrote it so that others keep the proportions."""
    density = page.resolution if 282 in page.tags and 283 in page.tags else None
    return density[0] / density[1] if density and all(density) and density[0] != density[1] else None


def _ome_spacing(xml: str, image: int) -> tuple[float, ...] | None:
    try:
        pixels = ElementTree.fromstring(xml).findall(".//{*}Pixels")
        attributes = pixels[image].attrib if image < len(pixels) else {}
        sizes = [
            float(attributes[f"PhysicalSize{axis}"]) * _MILLIMETRES[attributes.get(f"PhysicalSize{axis}Unit", "µm")]
            for axis in "YXZ"
            if f"PhysicalSize{axis}" in attributes
        ]
    except (ElementTree.ParseError, DefusedXmlException, KeyError, ValueError):
        return None  # notes that cannot be read are no damage to the image
    return tuple(sizes) if len(sizes) >= 2 and "PhysicalSizeX" in attributes else None
