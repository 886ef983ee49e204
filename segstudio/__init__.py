"""segstudio: a desktop tool in which people make segmentation data sets."""

__version__ = "0.1.0"
