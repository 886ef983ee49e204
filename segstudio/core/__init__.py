"""The nouns of segstudio: values and the one label map, on NumPy and psygnal alone."""
