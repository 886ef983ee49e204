"""Commands that learn: train, networks, losses. torch loads here, and only when one of them runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from segstudio.app import workflows
from segstudio.app.network_costs import network_table
from segstudio.cli.output import answer, as_json, run
from segstudio.cli.selecting import using
from segstudio.core.errors import OptionError
from segstudio.io.class_files import load_classes
from segstudio.learning.supervision import SUPERVISIONS


def register(app: typer.Typer) -> None:
    for command in (train, networks, losses):
        app.command()(command)


def train(
    out: Annotated[Path, typer.Option("-o", "--out", help="The run's folder: checkpoint, curves, record.")],
    project: Annotated[Path | None, typer.Argument(help="A project; its labelled images are learned.")] = None,
    images: Annotated[Path | None, typer.Option(help="A folder of images (with --masks).")] = None,
    masks: Annotated[Path | None, typer.Option(help="Masks with the images' names.")] = None,
    boxes: Annotated[Path | None, typer.Option(help="Boxes: a JSON file for each image (with --images).")] = None,
    tags: Annotated[Path | None, typer.Option(help='Image tags: one JSON file, {"image": [1, 2]}.')] = None,
    classes: Annotated[str | None, typer.Option(help="Classes of the masks; left out: their ids.")] = None,
    supervision: Annotated[
        str, typer.Option(help="What labels say: full (masks), partial, pseudo, scribblesup, em_fixed, em_adapt, ccnn.")
    ] = "full",
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of filling and learning (scribblesup).")] = None,
    full_share: Annotated[float | None, typer.Option(help="Share of the crops from whole masks.")] = None,
    start: Annotated[Path | None, typer.Option(help="A checkpoint to begin from.")] = None,
    network: Annotated[str, typer.Option(help="One of `segstudio networks`.")] = "unet",
    backbone: Annotated[str | None, typer.Option(help="One of the network's backbones.")] = None,
    pretrained: Annotated[bool, typer.Option(help="Start from published weights (downloads them).")] = False,
    loss: Annotated[
        str | None, typer.Option(help="One of `segstudio losses`, or a sum: 0.5*bce+dice, partial_ce+crf.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    minutes: Annotated[float | None, typer.Option(help="Train this long.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Crops per step.")] = None,
    crop: Annotated[int | None, typer.Option(min=32, help="Side of a crop; left out: by the images.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate at its peak.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    seed: Annotated[int, typer.Option()] = 0,
    resume: Annotated[bool, typer.Option(help="Go on with the run in the folder.")] = False,
    devices: Annotated[int, typer.Option(min=1, help="Devices of this machine that train together.")] = 1,
    num_nodes: Annotated[int, typer.Option(min=1, help="Machines that train together, each by this command.")] = 1,
) -> None:
    """Train a network on a project, or on a folder of images with masks, strokes, boxes or tags."""
    config: dict[str, Any] = {
        "network": network, "backbone": backbone, "pretrained": pretrained, "epochs": epochs, "minutes": minutes,
        "loss": loss or SUPERVISIONS[supervision].loss, "supervision": supervision, "rounds": rounds,
        "full_share": full_share, "batch": batch, "crop": crop, "lr": lr, "device": device, "seed": seed,
    }  # fmt: skip
    if (project is None) == (images is None):
        raise OptionError("give a project, or --images with --masks")
    known = load_classes(classes) if classes else None
    how: dict[str, Any] = {"begin_from": start, "resume": resume, "devices": devices, "num_nodes": num_nodes}
    if project is not None:
        with using(project, changing=False):  # what a killed program left is mended first
            pass
        work = workflows.train_project(project, config, out, **how)
    elif masks is None and boxes is None and tags is None:
        raise OptionError("--images needs --masks (masks or strokes), --boxes or --tags")
    else:
        work = workflows.train_folders(
            images or Path(), masks, config, out, boxes=boxes, tags=tags, classes=known, **how
        )
    result = run(work, f"training {network}")
    answer(result, lambda: [f"{result['checkpoint']}: mIoU {_percent(result['miou'])}, {result['epochs']} epochs"])


def networks(
    profile: Annotated[bool, typer.Option(help="Count parameters and operations (loads torch).")] = True,
    time: Annotated[
        bool | None, typer.Option(help="Measure a forward pass of each too: a minute or two, once; with --json always.")
    ] = None,
) -> None:
    """List the networks, and what each costs on this machine."""
    measured = profile and as_json.get() if time is None else time
    rows = run(network_table(profile=profile, time=measured), "networks")
    answer(rows, lambda: [f"{r['name']:16} {r.get('parameters', ''):>12} {r['year']}  {r['title']}" for r in rows])


def losses() -> None:
    """List the losses."""
    from segstudio.learning.losses import LOSSES

    rows = [{"name": name, "title": LOSSES[name].title} for name in LOSSES]
    answer(rows, lambda: [f"{r['name']:24} {r['title']}" for r in rows])


def _percent(value: float | None) -> str:
    return "not measured" if value is None else f"{100 * value:.1f} %"
