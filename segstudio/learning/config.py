"""How a network is trained, as a value that the window, the command line and a run's record share. Loads no torch."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segstudio.core.errors import OptionError


class Augmentation(BaseModel):
    """How a training crop differs from its image. Zero (or False) switches a part off; geometry is one resampling."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    flip: bool = True
    """Mirror left to right with probability 1/2."""
    flip_vertical: bool = False
    """Mirror top to bottom with probability 1/2: right where up means nothing, as under the microscope."""
    scale: float = Field(default=1.4, ge=1, le=4)
    """Enlarge or shrink by up to this factor."""
    rotate: float = Field(default=15.0, ge=0, le=180)
    """Turn by up to this many degrees either way."""
    elastic: float = Field(default=0.0, ge=0, le=64)
    """Standard deviation in pixels of a smooth random displacement."""
    brightness: float = Field(default=0.2, ge=0, le=2)
    """Shift by up to this many standard deviations of the intensity."""
    contrast: float = Field(default=0.2, ge=0, lt=1)
    """Stretch about the mean by up to this share."""
    gamma: float = Field(default=0.2, ge=0, le=2)
    """Bend the intensity curve: exponents between exp(-gamma) and exp(gamma)."""
    saturation: float = Field(default=0.2, ge=0, lt=1)
    """Move the channels of a colour image towards or away from their mean by up to this share."""
    noise: float = Field(default=0.0, ge=0, le=2)
    """Standard deviation of Gaussian noise, at most, in standard deviations of the intensity."""

    @classmethod
    def none(cls) -> Augmentation:
        """Crops as they are."""
        return cls(flip=False, scale=1, rotate=0, brightness=0, contrast=0, gamma=0, saturation=0)


class TrainConfig(BaseModel):
    """Everything that decides a training run but the samples; frozen, and written into the run's record."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    network: str = "unet"
    """A name of ``segstudio.learning.networks.NETWORKS``, which ``segstudio networks`` lists."""
    backbone: str | None = None
    """``None``: the network's first."""
    pretrained: bool = False
    """Start the backbone from its published weights (downloads them)."""
    network_options: dict[str, Any] | None = None
    """``None``: those recommended for training on few images (:func:`recommended_options`)."""

    supervision: Literal["full", "partial", "pseudo", "scribblesup", "em_fixed", "em_adapt", "ccnn"] = "full"
    """What labels say: a name of ``segstudio.learning.supervision.SUPERVISIONS``."""
    rounds: int = Field(default=3, ge=1, le=10)
    """How often labels are filled and learned with ``scribblesup``; the epochs or minutes are shared among them."""
    propagator: str = "auto"
    """How strokes are filled: a name of ``segstudio.algorithms.scribbles.PROPAGATORS``."""
    box_method: str = "auto"
    """How boxes are filled: a name of ``segstudio.algorithms.boxes.BOX_METHODS``."""
    full_share: float | None = Field(default=None, ge=0, le=1)
    """Share of the crops that come from whole masks where there are weaker labels too; ``None``: as it comes."""

    loss: str = "ce+dice"
    """A name of ``segstudio losses``, or a sum of some: ``0.5*bce+dice``."""
    loss_options: dict[str, Any] = Field(default_factory=dict)
    """Of every summand of *loss* that has them; of one alone they stand in its brackets: ``focal(gamma=3)+dice``."""
    class_weights: Literal["none", "balanced", "median", "enet", "effective"] = "none"
    """Weights for the cross entropy in *loss*, from the labels of all training samples."""
    aux_weights: tuple[float, ...] | None = None
    """Of the auxiliary outputs; ``None``: the paper's."""

    optimiser: Literal["adamw", "adam", "sgd"] = "adamw"
    """How gradients move the weights."""
    lr: float | None = Field(default=None, gt=0)
    """Learning rate of the head at its peak; ``None``: 1e-3, or 1e-2 for SGD, where the network stands it."""
    backbone_lr: float | None = Field(default=None, ge=0)
    """Of the backbone; ``None``: a tenth of *lr* where it is pretrained, else *lr*; 0 freezes it."""
    frozen_stages: int = Field(default=0, ge=0, le=100)
    """So many of the backbone's first stages stay as they are, their batch normalisation too."""
    weight_decay: float = Field(default=1e-2, ge=0)
    """Of weights; norms and biases are not decayed."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Of SGD."""
    schedule: Literal["poly", "cosine", "one_cycle", "constant"] = "poly"
    """poly: (1 - t)^0.9 as in DeepLab; t runs from 0 to 1 over the run."""
    warmup: float = Field(default=0.02, ge=0, le=0.5)
    """Share of the run during which the rate rises from 0."""
    epochs: int | None = Field(default=None, ge=1)
    """``None``: 60, unless *minutes* is given."""
    minutes: float | None = Field(default=None, gt=0)
    """Train for this long; with *epochs* too, whichever ends first. Time during which the run is paused is free."""
    batch: int = Field(default=4, ge=1)
    """Crops of a forward pass, over all devices."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are added before a step."""
    crop: int | None = Field(default=None, ge=32)
    """Side of the square training crop in pixels, no larger than the largest image; ``None``: by the images' sizes
    (:func:`recommended_crop`)."""
    fit_memory: bool = True
    """Measure before the first step what it takes, and halve the batch (its gradients are added up instead), then
    shrink the crop, where that is more than there is."""
    balanced_crops: float = Field(default=0.5, ge=0, le=1)
    """Share of the crops that are centred on a pixel of a class drawn evenly from the image's classes."""
    augment: Augmentation = Field(default_factory=Augmentation)
    normalisation: Literal["dataset", "image"] = "image"
    """Intensities by the percentiles, mean and deviation of all training images, or of each image by itself."""
    ema: float = Field(default=0.0, ge=0, lt=1)
    """Decay of a running mean of the weights, which is then validated and kept; 0: none."""
    clip: float | None = Field(default=None, gt=0)
    """The gradient's largest norm."""

    amp: Literal["auto", "off", "bf16", "fp16"] = "auto"
    """Mixed precision; auto: where the device computes it faster."""
    channels_last: bool = True
    """Keep the channels of a pixel together in memory, which most devices compute faster."""
    compile: bool = False
    """Compile the forward pass where a trial shows that it works and is faster; takes minutes before the first step."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    threads: int | None = Field(default=None, ge=1)
    """Threads of the CPU for torch; ``None``: as torch has it."""
    workers: int | None = Field(default=None, ge=0)
    """Threads that prepare crops; ``None``: by the device. 0 prepares them in between."""
    cache_mb: int = Field(default=2048, ge=0)
    """Decoded samples kept in memory, in megabytes; the rest is read again for each crop."""
    seed: int = 0
    """Of all that is drawn by lot: first weights, order, crops, samples kept aside."""
    deterministic: bool = False
    """Only algorithms that give the same result on every run; slower."""

    validation_fraction: float = Field(default=0.2, ge=0, lt=1)
    """Share of the samples kept aside to measure on; with fewer than three labelled samples, or 0, none is."""
    patience: int | None = Field(default=None, ge=1)
    """Stop after this many validations without a better mIoU; ``None``: never."""

    @classmethod
    def parse(cls, values: dict[str, Any]) -> TrainConfig:
        """*values* as a config; raises :class:`OptionError` in one sentence for the first that does not fit."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise OptionError(f"training option {where}: {first['msg'][:1].lower()}{first['msg'][1:]}") from error

    @property
    def peak_lr(self) -> float:
        if self.lr is not None:
            return self.lr
        return (1e-2 if self.optimiser == "sgd" else 1e-3) * _GENTLER.get(self.network, 1.0)

    @property
    def peak_backbone_lr(self) -> float:
        if self.backbone_lr is not None:
            return self.backbone_lr
        return self.peak_lr / 10 if self.pretrained else self.peak_lr


def recommended_options(network: str) -> dict[str, Any]:
    """Options of *network* for training from scratch on few images; the paper's own where nothing stands here."""
    return dict(_RECOMMENDED.get(network, {}))


def parse_options(text: str) -> dict[str, Any]:
    """``"width=32, batch_norm=true, rates=(6, 12)"`` as values by name; words but true, false and none are text.

    Raises :class:`OptionError` for anything else.
    """
    problem = OptionError(f"{text!r} are no options; write name=value with commas between them: width=32, valid=true")
    try:
        call = ast.parse(f"f({text})", mode="eval").body
    except SyntaxError:
        raise problem from None
    if not isinstance(call, ast.Call) or call.args or any(keyword.arg is None for keyword in call.keywords):
        raise problem
    try:
        return {str(keyword.arg): _literal(keyword.value) for keyword in call.keywords}
    except ValueError:
        raise problem from None


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return {"true": True, "false": False, "none": None}.get(node.id.lower(), node.id)
    return ast.literal_eval(node)


def recommended_crop(shapes: Sequence[tuple[int, int]]) -> int:
    """The side of a crop for images of these *shapes* ``(H, W)``: about 0.7 of the usual shorter side, 96 to 256.

    Smaller crops than whole images are worth their while: on 256 x 216 slices a step costs a third, twice as many rare
    pixels are met with crops centred on them, and twice the overlap was reached after the same time.
    """
    side = 0.7 * sorted(min(shape) for shape in shapes)[len(shapes) // 2]
    return min(256, max(96, round(side / 32) * 32))


_GENTLER = {"refinenet": 0.1}
"""Share of the usual learning rate that a network stands: RefineNet's deep decoder has no normalisation, and Adam's
first steps at 1e-3 throw it off for good."""

_RECOMMENDED: dict[str, dict[str, Any]] = {
    "unet": {"width": 24, "batch_norm": True},
}
