"""A project on disk: a folder ``NAME.segstudio`` with a database and one folder of PNGs per sample."""

from segstudio.io.project.project import Project, Run, SampleQuery
from segstudio.io.project.stored import StoredSample

__all__ = ["Project", "Run", "SampleQuery", "StoredSample"]
