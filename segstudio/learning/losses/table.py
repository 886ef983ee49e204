"""The table of losses: names, papers, options and when to pick each, without loading torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from segstudio.core.errors import OptionError
from segstudio.core.registry import Registry


@dataclass(frozen=True)
class LossEntry:
    """One line of the table."""

    name: str
    title: str
    """As the field writes it: ``"Lovász-Softmax"``."""
    paper: str
    """First author, title, venue."""
    year: int
    pick: str
    """One sentence: when to pick it."""
    formula: str
    """What a target and its prediction cost, in one line; p, t, I, S, U, FP and FN as docs/losses.md names them."""
    module: str
    """Where its class stands; imported when the loss is built."""
    factory: str
    """The class's name in that module."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Keyword options, each with what it means and its default, for people."""

    def check_options(self, options: Iterable[str]) -> None:
        """Raise :class:`OptionError` for the first option that this loss does not have."""
        for option in options:
            if option not in self.options:
                has = "its options are " + ", ".join(self.options) if self.options else "it has none"
                raise OptionError(f"the loss {self.name} has no option {option!r}; {has}")


ALIASES: Mapping[str, str] = {"ce": "cross_entropy", "wce": "weighted_cross_entropy"}
"""Short names that a spec may use."""

_BATCH = "sum over the whole batch before the ratio is taken, not per image (default False)"

LOSSES: Registry[LossEntry] = Registry(
    "loss",
    [
        LossEntry(
            name="bce",
            title="Binary cross entropy (log loss)",
            paper="Good: Rational Decisions, Journal of the Royal Statistical Society B",
            year=1952,
            pick="One foreground class, about as common as the background.",
            formula=(
                "mean of -[v t log p + (1 - t) log(1 - p)], v = pos_weight; "
                "p the sigmoid of one logit, else every class against the rest"
            ),
            module="segstudio.learning.losses.cross_entropy",
            factory="BinaryCrossEntropy",
            options={"pos_weight": "weight of the foreground term (default none)"},
        ),
        LossEntry(
            name="cross_entropy",
            title="Cross entropy",
            paper="Good: Rational Decisions, Journal of the Royal Statistical Society B",
            year=1952,
            pick="The plain choice for several classes; joined with dice it is the default.",
            formula="sum of w_y (-log p_y) / sum of w_y, y the true class, w = weight or 1",
            module="segstudio.learning.losses.cross_entropy",
            factory="CrossEntropy",
            options={
                "weight": "one weight a class (default none)",
                "label_smoothing": "share of the target spread over all classes, 0..1 (default 0)",
            },
        ),
        LossEntry(
            name="weighted_cross_entropy",
            title="Weighted cross entropy",
            paper="Sudre et al.: Generalised Dice overlap as a deep learning loss function, DLMIA",
            year=2017,
            pick="Classes of very unequal area, where plain cross entropy forgets the rare ones.",
            formula=(
                "mean of -[w t log p + (1 - t) log(1 - p)], w = (N - sum p) / sum p (sudre); "
                "else cross_entropy with w = N / (K n), median frequency / own, "
                "1 / ln(1.02 + n / N) or (1 - beta) / (1 - beta^n)"
            ),
            module="segstudio.learning.losses.cross_entropy",
            factory="WeightedCrossEntropy",
            options={
                "scheme": "sudre, balanced, median, enet or effective (default sudre)",
                "beta": "of the effective number of samples, 0..1 (default 0.999)",
            },
        ),
        LossEntry(
            name="partial_ce",
            title="Partial cross entropy",
            paper="Tang et al.: On Regularized Losses for Weakly-supervised CNN Segmentation, ECCV",
            year=2018,
            pick="Strokes instead of masks: only the pixels that were drawn count; join it with crf.",
            formula="mean of -log p_y over the drawn pixels; balance: the mean of the means of the drawn classes",
            module="segstudio.learning.losses.partial",
            factory="PartialCrossEntropy",
            options={"balance": "count each drawn class alike, however long its strokes (default False)"},
        ),
        LossEntry(
            name="focal",
            title="Focal loss",
            paper="Lin et al.: Focal Loss for Dense Object Detection, ICCV",
            year=2017,
            pick="Small objects in much easy background.",
            formula="mean of -(1 - p_y)^gamma log p_y, times alpha on the foreground and 1 - alpha on the background",
            module="segstudio.learning.losses.focal",
            factory="Focal",
            options={
                "gamma": "how much easy pixels are discounted (default 2)",
                "alpha": "weight of the foreground, 1 - alpha that of the background (default none)",
            },
        ),
        LossEntry(
            name="dice",
            title="Dice",
            paper="Milletari, Navab, Ahmadi: V-Net, 3DV",
            year=2016,
            pick="Rare foreground and overlap as the measure, as in medicine; best joined with cross entropy.",
            formula="1 - (2 I + s) / (S + s), s = smooth",
            module="segstudio.learning.losses.overlap",
            factory="Dice",
            options={
                "smooth": "added to both sides of the ratio (default 1e-5)",
                "batch": _BATCH,
                "squared": "square the masks in the denominator (default False)",
                "include_background": "count class 0 too (default True)",
            },
        ),
        LossEntry(
            name="iou",
            title="IoU (Jaccard)",
            paper="Rahman, Wang: Optimizing Intersection-Over-Union in Deep Neural Networks, ISVC",
            year=2016,
            pick="As dice, where IoU is the measure.",
            formula="1 - (I + s) / (U + s), s = smooth; 0 / 0 costs nothing",
            module="segstudio.learning.losses.overlap",
            factory="IoU",
            options={"smooth": "added to both sides of the ratio (default 0)", "batch": _BATCH},
        ),
        LossEntry(
            name="tversky",
            title="Tversky (focal Tversky with gamma)",
            paper="Salehi, Erdogmus, Gholipour: Tversky loss function for image segmentation, MLMI",
            year=2017,
            pick="Missing an object is worse than finding one too many, or the other way round.",
            formula="[mean of 1 - (I + s) / (I + alpha FP + beta FN + s)]^gamma, s = smooth",
            module="segstudio.learning.losses.overlap",
            factory="Tversky",
            options={
                "alpha": "weight of false positives (default 0.3)",
                "beta": "weight of false negatives (default 0.7)",
                "gamma": "exponent of the mean loss (default 1)",
                "smooth": "added to both sides of the ratio (default 1e-5)",
                "batch": _BATCH,
            },
        ),
        LossEntry(
            name="soft_dice",
            title="Soft Dice on [-1, 1]",
            paper="Milletari, Navab, Ahmadi: V-Net, 3DV; with labels and predictions mapped to [-1, 1]",
            year=2016,
            pick="Images that are often empty: background counts too, so that nothing found where nothing is scores.",
            formula=(
                "1 - 2 <q, u> / (|q|² + |u|²), q = w (2 p - 1), u = w (2 t - 1), "
                "w = positive_weight where t = 1, else negative_weight"
            ),
            module="segstudio.learning.losses.overlap",
            factory="SoftDice",
            options={
                "positive_weight": "weight of foreground pixels (default 0.8)",
                "negative_weight": "weight of background pixels (default 0.2)",
            },
        ),
        LossEntry(
            name="lovasz",
            title="Lovász hinge and Lovász-Softmax",
            paper="Berman, Triki, Blaschko: The Lovász-Softmax loss, CVPR",
            year=2018,
            pick="The last per cent of IoU: fine-tune with it after cross entropy.",
            formula=(
                "the Lovász extension of 1 - I / U at the errors |t - p|; "
                "of a single logit z at max(0, 1 - z (2 t - 1))"
            ),
            module="segstudio.learning.losses.lovasz",
            factory="Lovasz",
            options={
                "classes": "present or all: average over the classes in the target or over all (default present)",
                "per_image": "sort each image by itself and average (default False)",
            },
        ),
        LossEntry(
            name="ms_ssim",
            title="MS-SSIM",
            paper="Wang, Simoncelli, Bovik: Multi-scale structural similarity for image quality assessment, Asilomar",
            year=2003,
            pick="Crisp boundaries; with iou and focal it is the hybrid loss of U-Net 3+.",
            formula="1 - product over five scales of contrast-structure^weight, times luminance at the coarsest",
            module="segstudio.learning.losses.ms_ssim",
            factory="MSSSIM",
            options={
                "window": "side of the Gaussian window in pixels, odd (default 11)",
                "sigma": "of the Gaussian window in pixels (default 1.5)",
            },
        ),
    ],
    group="segstudio.losses",
)

REGULARISERS: Registry[LossEntry] = Registry(
    "regulariser",
    [
        LossEntry(
            name="crf",
            title="Dense CRF",
            paper="Tang et al.: On Regularized Losses for Weakly-supervised CNN Segmentation, ECCV",
            year=2018,
            pick="Beside partial_ce, so that what was not drawn follows the edges of the picture.",
            formula="sum over classes of p^T W (1 - p) / 1^T W 1, W a Gaussian of place and colour",
            module="segstudio.learning.losses.crf",
            factory="CRFRegulariser",
            options={
                "reach": "standard deviation of the distance, as a share of the crop's side (default 0.2)",
                "contrast": "standard deviation of the colour, in deviations of the picture (default 0.25)",
                "scale": "size at which pixels are compared, 0..1 (default 0.5)",
            },
        ),
    ],
    group="segstudio.regularisers",
)
"""Terms that look at the picture and no label: they stand in a sum beside a loss."""
