"""Data sets in the formats of the field: ``EXPORTERS["coco"](samples, classes, target)``.

Reading the table loads no format's library.
"""

from segstudio.io.exporters.table import EXPORTERS, Exporter

__all__ = ["EXPORTERS", "Exporter"]
