"""The rooms of a training run. The way in is :func:`segstudio.learning.trainer.train`."""
