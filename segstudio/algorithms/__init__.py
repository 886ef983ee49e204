"""Array in, array out: superpixels, graph cuts, CRFs, weak supervision, morphology and metrics, without torch or Qt."""

from pathlib import Path

from segstudio import __version__
from segstudio.algorithms import compiled

compiled.keep(Path(__file__).resolve().parent.parent, __version__)
