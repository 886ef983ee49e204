"""Commands that learn: train, networks, losses. torch loads here, and only when one of them runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from segstudio.app import workflows
from segstudio.app.network_costs import network_table
from segstudio.app.predict_files import find_model
from segstudio.app.training_set import LeftOut
from segstudio.cli.output import answer, as_json, run, speaks, warn
from segstudio.cli.recipe import loss_lines, network_lines, settings
from segstudio.cli.selecting import using
from segstudio.core.errors import OptionError
from segstudio.core.progress import Work
from segstudio.io.class_files import load_classes
from segstudio.learning.config import recommended_options
from segstudio.learning.losses.table import LOSSES
from segstudio.learning.records import TrainingMetrics
from segstudio.learning.supervision import SUPERVISIONS

R = TypeVar("R")


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
        str | None,
        typer.Option(
            help="What labels say: full (masks; the default), partial, pseudo, scribblesup, em_fixed, em_adapt, ccnn."
        ),
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of filling and learning (scribblesup).")] = None,
    full_share: Annotated[float | None, typer.Option(help="Share of the crops from whole masks.")] = None,
    start: Annotated[Path | None, typer.Option(help="A checkpoint, or a run, to begin from.")] = None,
    network: Annotated[str | None, typer.Option(help="One of `segstudio networks`; left out: unet.")] = None,
    backbone: Annotated[str | None, typer.Option(help="One of the network's backbones.")] = None,
    pretrained: Annotated[
        bool | None, typer.Option(help="Start from published weights (downloads them).", show_default=False)
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help="One of `segstudio losses`, or a sum: 0.5*bce+dice, partial_ce+crf.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Times through the images; left out: 60.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Train this long.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Crops per step.")] = None,
    crop: Annotated[int | None, typer.Option(min=32, help="Side of a crop; left out: by the images.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate at its peak.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-O", help="name=value; any setting of `segstudio recipe`, repeatable."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of all that is drawn by lot; left out: 0.")] = None,
    resume: Annotated[
        bool, typer.Option(help="Go on with the run in the folder, as it was told; what is said here goes before.")
    ] = False,
    devices: Annotated[int, typer.Option(min=1, help="Devices of this machine that train together.")] = 1,
    num_nodes: Annotated[int, typer.Option(min=1, help="Machines that train together, each by this command.")] = 1,
) -> None:
    """Train a network on a project, or on a folder of images with masks, strokes, boxes or tags."""
    said: dict[str, Any] = {
        "network": network, "backbone": backbone, "pretrained": pretrained, "epochs": epochs, "minutes": minutes,
        "loss": loss, "supervision": supervision, "rounds": rounds, "full_share": full_share, "batch": batch,
        "crop": crop, "lr": lr, "device": device, "seed": seed,
    }  # fmt: skip
    config = {name: value for name, value in said.items() if value is not None} | settings(option or [])
    if "network_options" in config:  # one option more, not all others less
        config["network_options"] = recommended_options(config.get("network", "unet")) | config["network_options"]
    if "supervision" in config:
        config.setdefault("loss", SUPERVISIONS[config["supervision"]].loss)
    if (project is None) == (images is None):
        raise OptionError("give a project, or --images with --masks")
    known = load_classes(classes) if classes else None
    how: dict[str, Any] = {
        "begin_from": find_model(start) if start is not None else None,
        "resume": resume,
        "devices": devices,
        "num_nodes": num_nodes,
    }
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
    result = run(_saying_news(work), f"training {config.get('network', 'a network')}")
    answer(result, lambda: [f"{result['checkpoint']}: mIoU {_percent(result['miou'])}, {result['epochs']} epochs"])


def _saying_news(work: Work[R]) -> Work[R]:
    """*work*, with a line for each image that it goes without, and for what the trainer did by itself."""
    said = ""
    try:
        while True:
            progress = next(work)
            if isinstance(progress.detail, LeftOut) and speaks():
                for path in progress.detail.paths:
                    warn(f"{path}: the image is missing; it is left out")
            note = progress.detail.note if isinstance(progress.detail, TrainingMetrics) else ""
            if note and note != said and speaks():
                said = note
                warn(note)
            yield progress
    except StopIteration as stop:
        result: R = stop.value
        return result
    finally:
        work.close()


def networks(
    name: Annotated[str | None, typer.Argument(help="One of them: tell its backbones and options.")] = None,
    profile: Annotated[bool, typer.Option(help="Count parameters and operations (loads torch).")] = True,
    time: Annotated[
        bool | None, typer.Option(help="Measure a forward pass of each too: a minute or two, once; with --json always.")
    ] = None,
) -> None:
    """List the networks, and what each costs on this machine."""
    if name is not None:
        value, lines = network_lines(name)
        answer(value, lambda: lines)
        return
    measured = profile and as_json.get() if time is None else time
    rows = run(network_table(profile=profile, time=measured), "networks")
    answer(rows, lambda: [f"{r['name']:16} {r.get('parameters', ''):>12} {r['year']}  {r['title']}" for r in rows])


def losses(
    name: Annotated[str | None, typer.Argument(help="One of them: tell its options.")] = None,
) -> None:
    """List the losses, or the options of one."""
    if name is not None:
        value, lines = loss_lines(name)
        answer(value, lambda: lines)
        return
    rows = [{"name": name, "title": LOSSES[name].title, "pick": LOSSES[name].pick} for name in LOSSES]
    answer(rows, lambda: [f"{r['name']:24} {r['title']}" for r in rows])


def _percent(value: float | None) -> str:
    return "not measured" if value is None else f"{100 * value:.1f} %"
