"""Training on what people say of images short of a mask: strokes, boxes, tags, and any mix of them with masks.

:func:`segstudio.learning.weak.training.train_weakly` is the one call for every kind of
:data:`segstudio.learning.supervision.SUPERVISIONS`.
"""
