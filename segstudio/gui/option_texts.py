"""What the options of training and export are called in the window, each with what it does."""

from __future__ import annotations

from segstudio.gui.i18n import QT_TRANSLATE_NOOP

TEXTS: dict[str, tuple[str, str]] = {
    "batch": (
        QT_TRANSLATE_NOOP("Tables", "Crops per step"),
        QT_TRANSLATE_NOOP("Tables", "More are steadier and need more memory"),
    ),
    "crop": (
        QT_TRANSLATE_NOOP("Tables", "Crop size (pixels)"),
        QT_TRANSLATE_NOOP(
            "Tables", "Side of the square that is learned from at a time; automatic: by the images' sizes"
        ),
    ),
    "optimiser": (
        QT_TRANSLATE_NOOP("Tables", "Optimiser"),
        QT_TRANSLATE_NOOP("Tables", "AdamW learns fast from few images; SGD is what many papers used"),
    ),
    "lr": (
        QT_TRANSLATE_NOOP("Tables", "Learning rate"),
        QT_TRANSLATE_NOOP("Tables", "Automatic: 0.001, or 0.01 for SGD"),
    ),
    "backbone_lr": (
        QT_TRANSLATE_NOOP("Tables", "Backbone learning rate"),
        QT_TRANSLATE_NOOP(
            "Tables", "Automatic: a tenth of it where the backbone is pretrained; 0 freezes the backbone"
        ),
    ),
    "accumulate": (
        QT_TRANSLATE_NOOP("Tables", "Batches per step"),
        QT_TRANSLATE_NOOP("Tables", "Gradients of so many batches make one step: larger batches in the same memory"),
    ),
    "frozen_stages": (
        QT_TRANSLATE_NOOP("Tables", "Frozen stages of the backbone"),
        QT_TRANSLATE_NOOP(
            "Tables", "So many of its first stages stay as they are: for few images and published weights"
        ),
    ),
    "momentum": (
        QT_TRANSLATE_NOOP("Tables", "Momentum"),
        QT_TRANSLATE_NOOP("Tables", "Of SGD; the others ignore it"),
    ),
    "warmup": (
        QT_TRANSLATE_NOOP("Tables", "Warm-up"),
        QT_TRANSLATE_NOOP("Tables", "Share of the run during which the learning rate rises from 0"),
    ),
    "clip": (
        QT_TRANSLATE_NOOP("Tables", "Largest gradient"),
        QT_TRANSLATE_NOOP("Tables", "Longer gradients are cut to this norm, against leaps; automatic: none is cut"),
    ),
    "full_share": (
        QT_TRANSLATE_NOOP("Tables", "Share of whole masks"),
        QT_TRANSLATE_NOOP("Tables", "Of the crops, where there are strokes or boxes too; automatic: as it comes"),
    ),
    "compile": (
        QT_TRANSLATE_NOOP("Tables", "Compile the network"),
        QT_TRANSLATE_NOOP("Tables", "Takes minutes before the first step and is kept where a trial was faster"),
    ),
    "threads": (
        QT_TRANSLATE_NOOP("Tables", "Threads of the processor"),
        QT_TRANSLATE_NOOP("Tables", "Fewer leave more of it to other programs"),
    ),
    "workers": (
        QT_TRANSLATE_NOOP("Tables", "Threads that prepare crops"),
        QT_TRANSLATE_NOOP("Tables", "0 prepares them in between; automatic: by the device"),
    ),
    "weight_decay": (
        QT_TRANSLATE_NOOP("Tables", "Weight decay"),
        QT_TRANSLATE_NOOP("Tables", "Pulls weights towards zero, against learning by heart"),
    ),
    "schedule": (
        QT_TRANSLATE_NOOP("Tables", "Schedule"),
        QT_TRANSLATE_NOOP("Tables", "How the learning rate falls over the run"),
    ),
    "class_weights": (
        QT_TRANSLATE_NOOP("Tables", "Class weights"),
        QT_TRANSLATE_NOOP("Tables", "Makes rare classes count more in cross entropy"),
    ),
    "balanced_crops": (
        QT_TRANSLATE_NOOP("Tables", "Balanced crops"),
        QT_TRANSLATE_NOOP("Tables", "Share of the crops that are centred on a class drawn evenly: helps rare classes"),
    ),
    "normalisation": (
        QT_TRANSLATE_NOOP("Tables", "Intensities"),
        QT_TRANSLATE_NOOP("Tables", "Scaled by all training images together, or by each image itself"),
    ),
    "ema": (
        QT_TRANSLATE_NOOP("Tables", "Averaged weights"),
        QT_TRANSLATE_NOOP("Tables", "Decay of a running mean of the weights; 0 keeps none"),
    ),
    "amp": (
        QT_TRANSLATE_NOOP("Tables", "Mixed precision"),
        QT_TRANSLATE_NOOP("Tables", "Automatic: where the device computes it faster"),
    ),
    "tile": (
        QT_TRANSLATE_NOOP("Tables", "Tile size (pixels)"),
        QT_TRANSLATE_NOOP("Tables", "Large images are predicted in tiles of this side; automatic: only where needed"),
    ),
    "overlap": (
        QT_TRANSLATE_NOOP("Tables", "Overlap of tiles"),
        QT_TRANSLATE_NOOP("Tables", "Share of a tile that its neighbour covers too: more is smoother and slower"),
    ),
    "backend": (
        QT_TRANSLATE_NOOP("Tables", "Computed by"),
        QT_TRANSLATE_NOOP("Tables", "ONNX Runtime and OpenVINO are faster on processors, where they are installed"),
    ),
    "precision": (
        QT_TRANSLATE_NOOP("Tables", "Precision"),
        QT_TRANSLATE_NOOP("Tables", "bf16 takes half the time where the processor has it; auto: where labels stay"),
    ),
    "device": (
        QT_TRANSLATE_NOOP("Tables", "Device"),
        QT_TRANSLATE_NOOP("Tables", "auto, cpu, cuda, cuda:1 or mps"),
    ),
    "rounds": (
        QT_TRANSLATE_NOOP("Tables", "Rounds of filling"),
        QT_TRANSLATE_NOOP("Tables", "How often strokes are filled and learned, where that is done in rounds"),
    ),
    "validation_fraction": (
        QT_TRANSLATE_NOOP("Tables", "Kept for measuring"),
        QT_TRANSLATE_NOOP("Tables", "Share of the labelled images that are not learned from but measured on"),
    ),
    "patience": (
        QT_TRANSLATE_NOOP("Tables", "Patience"),
        QT_TRANSLATE_NOOP("Tables", "Stop after so many measurements without a better mIoU; automatic: never"),
    ),
    "deterministic": (
        QT_TRANSLATE_NOOP("Tables", "Exactly repeatable (slower)"),
        QT_TRANSLATE_NOOP("Tables", "Only algorithms that give the same result on every run"),
    ),
    "flip": (
        QT_TRANSLATE_NOOP("Tables", "Mirror left to right"),
        QT_TRANSLATE_NOOP("Tables", "Not where left and right differ, as in text"),
    ),
    "flip_vertical": (
        QT_TRANSLATE_NOOP("Tables", "Mirror top to bottom"),
        QT_TRANSLATE_NOOP("Tables", "Where up means nothing, as under the microscope"),
    ),
    "scale": (
        QT_TRANSLATE_NOOP("Tables", "Enlarge or shrink up to (factor)"),
        QT_TRANSLATE_NOOP("Tables", "1 leaves sizes as they are"),
    ),
    "rotate": (
        QT_TRANSLATE_NOOP("Tables", "Turn up to (degrees)"),
        QT_TRANSLATE_NOOP("Tables", "0 leaves directions as they are"),
    ),
    "elastic": (
        QT_TRANSLATE_NOOP("Tables", "Elastic bending (pixels)"),
        QT_TRANSLATE_NOOP("Tables", "For soft tissue and cells"),
    ),
    "brightness": (
        QT_TRANSLATE_NOOP("Tables", "Brightness"),
        QT_TRANSLATE_NOOP("Tables", "Brighter or darker by up to so many deviations of the image"),
    ),
    "contrast": (
        QT_TRANSLATE_NOOP("Tables", "Contrast"),
        QT_TRANSLATE_NOOP("Tables", "Stretched or pressed by up to this share"),
    ),
    "gamma": (
        QT_TRANSLATE_NOOP("Tables", "Gamma"),
        QT_TRANSLATE_NOOP("Tables", "How far the curve of the intensities is bent"),
    ),
    "saturation": (
        QT_TRANSLATE_NOOP("Tables", "Saturation"),
        QT_TRANSLATE_NOOP("Tables", "More or less colourful by up to this share"),
    ),
    "noise": (
        QT_TRANSLATE_NOOP("Tables", "Noise"),
        QT_TRANSLATE_NOOP("Tables", "In deviations of the image, at most"),
    ),
    "images": (
        QT_TRANSLATE_NOOP("Tables", "Images"),
        QT_TRANSLATE_NOOP("Tables", "Copy the images, link them (no second copy on this disk) or leave them out"),
    ),
    "overwrite": (
        QT_TRANSLATE_NOOP("Tables", "Replace an earlier export"),
        QT_TRANSLATE_NOOP("Tables", "Replace an earlier export in the same folder"),
    ),
    "style": (
        QT_TRANSLATE_NOOP("Tables", "Masks"),
        QT_TRANSLATE_NOOP("Tables", "palette: ids with colours; grey: ids alone; colour: RGB in the classes' colours"),
    ),
    "instances": (
        QT_TRANSLATE_NOOP("Tables", "Instance ids too"),
        QT_TRANSLATE_NOOP("Tables", "Also write 16-bit instance ids where an image has instances"),
    ),
    "segmentation": (
        QT_TRANSLATE_NOOP("Tables", "Shapes"),
        QT_TRANSLATE_NOOP("Tables", "rle is exact to the pixel; polygon is for readers that know nothing else"),
    ),
    "tolerance": (
        QT_TRANSLATE_NOOP("Tables", "Tolerance (pixels)"),
        QT_TRANSLATE_NOOP("Tables", "By how many pixels a polygon may leave the outline to be shorter"),
    ),
    "deep": (QT_TRANSLATE_NOOP("Tables", "Keep 16 bits"), ""),
    "val": (QT_TRANSLATE_NOOP("Tables", "Validation share"), ""),
    "test": (QT_TRANSLATE_NOOP("Tables", "Test share"), ""),
    "seed": (
        QT_TRANSLATE_NOOP("Tables", "Random seed"),
        QT_TRANSLATE_NOOP("Tables", "The same number draws the same lots again"),
    ),
    "group": (QT_TRANSLATE_NOOP("Tables", "Keep together"), ""),
    "task": (QT_TRANSLATE_NOOP("Tables", "Shapes"), ""),
    "embed": (QT_TRANSLATE_NOOP("Tables", "Image inside the JSON"), ""),
    "confidence": (QT_TRANSLATE_NOOP("Tables", "Least confidence"), ""),
    "trust": (QT_TRANSLATE_NOOP("Tables", "Labels of"), ""),
    "voc": (QT_TRANSLATE_NOOP("Tables", "Pascal VOC layout"), ""),
    "coco": (QT_TRANSLATE_NOOP("Tables", "COCO layout"), ""),
    "yolo": (QT_TRANSLATE_NOOP("Tables", "YOLO layout"), ""),
    "nnunet": (QT_TRANSLATE_NOOP("Tables", "nnU-Net layout"), ""),
    "add_classes": (
        QT_TRANSLATE_NOOP("Tables", "Add missing classes"),
        QT_TRANSLATE_NOOP("Tables", "Add the classes that the project does not have"),
    ),
    "unlabelled": (QT_TRANSLATE_NOOP("Tables", "Value of unlabelled"), ""),
    "instances_of": (QT_TRANSLATE_NOOP("Tables", "All objects are of class"), ""),
    "masks": (QT_TRANSLATE_NOOP("Tables", "Folder of the masks"), ""),
    "extract": (QT_TRANSLATE_NOOP("Tables", "Write embedded images to"), ""),
    "image": (QT_TRANSLATE_NOOP("Tables", "Column of images"), ""),
    "label": (QT_TRANSLATE_NOOP("Tables", "Column of masks"), ""),
    "predictions": (QT_TRANSLATE_NOOP("Tables", "Take predictions"), ""),
    "zero_unlabelled": (QT_TRANSLATE_NOOP("Tables", "0 is unlabelled"), ""),
    "form": (QT_TRANSLATE_NOOP("Tables", "Layout"), ""),
    "shard": (QT_TRANSLATE_NOOP("Tables", "Size of a file (MB)"), ""),
    "address": (QT_TRANSLATE_NOOP("Tables", "Address of the images"), ""),
    "kind": (
        QT_TRANSLATE_NOOP("Tables", "Kind of segmentation"),
        QT_TRANSLATE_NOOP("Tables", "Every viewer reads binary ones; a label map is smaller with many classes"),
    ),
    "threshold": (
        QT_TRANSLATE_NOOP("Tables", "Threshold of fractions"),
        QT_TRANSLATE_NOOP("Tables", "From which share on a pixel belongs to a segment"),
    ),
    "empty": (
        QT_TRANSLATE_NOOP("Tables", "Empty slices are background"),
        QT_TRANSLATE_NOOP("Tables", "Slices that a segmentation refers to but shows nothing on"),
    ),
    "folds": (
        QT_TRANSLATE_NOOP("Tables", "Folds"),
        QT_TRANSLATE_NOOP("Tables", "Parts for cross-validation in splits_final.json; 0 leaves it to nnU-Net"),
    ),
    "part": (
        QT_TRANSLATE_NOOP("Tables", "Part"),
        QT_TRANSLATE_NOOP("Tables", "All cases, or those of one part of a fold of splits_final.json"),
    ),
    "fold": (
        QT_TRANSLATE_NOOP("Tables", "Fold"),
        QT_TRANSLATE_NOOP("Tables", "The fold that tells the part, counted from 0"),
    ),
}
"""Title and tip by the option's name; without a tip the option's own description is shown."""

CHOICES: tuple[str, ...] = (
    QT_TRANSLATE_NOOP("Tables", "none"),
    QT_TRANSLATE_NOOP("Tables", "balanced"),
    QT_TRANSLATE_NOOP("Tables", "median"),
    QT_TRANSLATE_NOOP("Tables", "effective"),
    QT_TRANSLATE_NOOP("Tables", "constant"),
    QT_TRANSLATE_NOOP("Tables", "one_cycle"),
    QT_TRANSLATE_NOOP("Tables", "dataset"),
    QT_TRANSLATE_NOOP("Tables", "image"),
    QT_TRANSLATE_NOOP("Tables", "auto"),
    QT_TRANSLATE_NOOP("Tables", "off"),
    QT_TRANSLATE_NOOP("Tables", "copy"),
    QT_TRANSLATE_NOOP("Tables", "link"),
    QT_TRANSLATE_NOOP("Tables", "palette"),
    QT_TRANSLATE_NOOP("Tables", "grey"),
    QT_TRANSLATE_NOOP("Tables", "colour"),
    QT_TRANSLATE_NOOP("Tables", "polygon"),
    QT_TRANSLATE_NOOP("Tables", "brush"),
    QT_TRANSLATE_NOOP("Tables", "folder"),
    QT_TRANSLATE_NOOP("Tables", "binary"),
    QT_TRANSLATE_NOOP("Tables", "labelmap"),
    QT_TRANSLATE_NOOP("Tables", "all"),
    QT_TRANSLATE_NOOP("Tables", "train"),
    QT_TRANSLATE_NOOP("Tables", "val"),
)
"""Values of options that are words; names of methods stay as they are."""
