"""A project on disk: a folder ``NAME.segstudio`` with a database and one folder of PNGs per sample."""

from segstudio.io.project.project import ClassUse, Project, Run
from segstudio.io.project.query import SampleOrder, SampleQuery
from segstudio.io.project.stored import StoredSample

__all__ = ["ClassUse", "Project", "Run", "SampleOrder", "SampleQuery", "StoredSample"]
