"""Data sets of others: ``IMPORTERS["coco"].read(source)``.

Reading the table loads no format's library.
"""

from segstudio.io.importers.table import IMPORTERS, Importer

__all__ = ["IMPORTERS", "Importer"]
