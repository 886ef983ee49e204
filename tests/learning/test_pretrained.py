"""Published networks: the table tells what torchvision tells, files come whole or not at all, weights land in place."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from segstudio.core.errors import CheckpointError, StorageError
from segstudio.core.progress import finish
from segstudio.learning.inference import labels_of, predict, predictor
from segstudio.learning.pretrained import PRETRAINED, Pretrained, fetch, find_pretrained

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SUM = hashlib.sha256(CONTENT).hexdigest()[:8]


class _Server(BaseHTTPRequestHandler):
    """Serves one file, parts of it too; counts what it sends and breaks off where it is told to."""

    sent = 0
    asked: list[str | None]
    stop_after: int | None = None

    def __init__(self, log: dict[str, object], *args: object) -> None:
        self.log = log
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.log["asked"] = wanted
        if self.log.get("whole"):
            wanted = None
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if start > len(CONTENT):
            self.send_error(416, "Range Not Satisfiable")
            return
        if self.path.endswith("missing.pth"):
            self.send_error(404, "Not Found")
            return
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        body = CONTENT[start:]
        self.wfile.write(body[: self.log.get("break") or len(body)])  # type: ignore[misc]

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, object]]]:
    log: dict[str, object] = {}
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Server, log))
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/", log
    http.shutdown()
    http.server_close()
    thread.join()


def entry(base: str, file: str = f"net-{SUM}.pth") -> Pretrained:
    return replace(PRETRAINED["lraspp_mobilenet_v3_large"], file=file, base=base)


@pytest.mark.parametrize("name", PRETRAINED)
def test_the_table_tells_what_torchvision_tells(name: str) -> None:
    (weights,) = list(torchvision.models.get_model_weights(name))
    line = PRETRAINED[name]
    assert line.url == weights.url
    assert line.megabytes == pytest.approx(weights.meta["_file_size"], abs=0.1)
    names = [n.replace("__background__", "background") for n in weights.meta["categories"]]
    assert [n if not n.startswith("unused") else "N/A" for n in line.names] == names
    assert len(line.labels) == len(names)
    assert line.checksum in weights.url
    measured = [v for scores in weights.meta["_metrics"].values() for v in scores.values()]
    assert float(line.score.split()[0]) in measured
    assert line.licence


def test_a_file_comes_with_progress_and_is_not_fetched_twice(tmp_path: Path, server: tuple[str, dict]) -> None:
    base, log = server
    fractions: list[float | None] = []
    path = finish(fetch(entry(base), tmp_path / "weights"), lambda p: fractions.append(p.fraction))
    assert path.read_bytes() == CONTENT
    told = [f for f in fractions if f is not None]
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) > 5
    log.clear()
    assert finish(fetch(entry(base), tmp_path / "weights")) == path
    assert not log


def test_a_stopped_download_goes_on_where_it_was(tmp_path: Path, server: tuple[str, dict]) -> None:
    base, log = server
    work = fetch(entry(base), tmp_path)
    for _ in range(4):
        next(work)
    work.close()
    (part,) = tmp_path.iterdir()
    have = part.stat().st_size
    assert 0 < have < len(CONTENT)
    assert finish(fetch(entry(base), tmp_path)).read_bytes() == CONTENT
    assert log["asked"] == f"bytes={have}-"
    assert [p.name for p in tmp_path.iterdir()] == [f"net-{SUM}.pth"]


def test_a_broken_connection_keeps_what_came(tmp_path: Path, server: tuple[str, dict]) -> None:
    base, log = server
    log["break"] = 1_000_000
    with pytest.raises(CheckpointError, match="broke off"):
        finish(fetch(entry(base), tmp_path))
    log["break"] = None
    assert finish(fetch(entry(base), tmp_path)).read_bytes() == CONTENT
    assert log["asked"] == "bytes=1000000-"


def test_a_server_that_knows_no_parts_sends_it_all_again(tmp_path: Path, server: tuple[str, dict]) -> None:
    base, log = server
    log["whole"] = True
    (tmp_path / f"net-{SUM}.pth.part").write_bytes(CONTENT[:1000])
    assert finish(fetch(entry(base), tmp_path)).read_bytes() == CONTENT
    assert log["asked"] == "bytes=1000-"


def test_a_part_that_is_longer_than_the_file_is_thrown_away(tmp_path: Path, server: tuple[str, dict]) -> None:
    base, _ = server
    (tmp_path / f"net-{SUM}.pth.part").write_bytes(CONTENT + b"more")
    with pytest.raises(CheckpointError, match="try again"):
        finish(fetch(entry(base), tmp_path))
    assert finish(fetch(entry(base), tmp_path)).read_bytes() == CONTENT


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path, server: tuple[str, dict]) -> None:
    base, _ = server
    (tmp_path / f"net-{SUM}.pth.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="the disk is full"):
        finish(fetch(entry(base), tmp_path))


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path, server: tuple[str, dict]) -> None:
    base, _ = server
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError):
        finish(fetch(entry(base), tmp_path / "file"))


def test_another_file_than_the_published_one_is_thrown_away(tmp_path: Path, server: tuple[str, dict]) -> None:
    with pytest.raises(CheckpointError, match=r"not the published file \(its checksum differs\)"):
        finish(fetch(entry(server[0], "net-00000000.pth"), tmp_path))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CheckpointError, match="answers 404"):
        finish(fetch(entry(server[0], "net-missing.pth"), tmp_path))


def test_without_a_connection_the_message_says_where_the_file_may_be_put(tmp_path: Path) -> None:
    nowhere = entry("http://127.0.0.1:9/models/")
    with pytest.raises(CheckpointError) as caught:
        finish(fetch(nowhere, tmp_path))
    said = str(caught.value)
    assert said.startswith(str(tmp_path / nowhere.file))
    assert "no connection to 127.0.0.1:9" in said
    assert nowhere.url in said


def state(name: str) -> dict[str, torch.Tensor]:
    """Tensors as torchvision publishes them: its own names, the auxiliary head among them."""
    torch.manual_seed(0)
    semantic = PRETRAINED[name].task == "semantic"
    factory = getattr(torchvision.models.segmentation if semantic else torchvision.models.detection, name)
    auxiliary = {"aux_loss": True} if semantic and not name.startswith("lraspp") else {}
    made: dict[str, torch.Tensor] = factory(weights=None, weights_backbone=None, **auxiliary).state_dict()
    return made


def check_like_torchvision(name: str, folder: Path) -> None:
    line = PRETRAINED[name]
    weights = state(name)
    torch.save(weights, line.path(folder))
    assert find_pretrained(line.path(folder)) is line
    factory = getattr(torchvision.models.segmentation, name)
    auxiliary = {} if name.startswith("lraspp") else {"aux_loss": True}
    theirs = factory(weights=None, weights_backbone=None, **auxiliary).eval()
    theirs.load_state_dict(weights)
    image = np.random.default_rng(0).integers(0, 256, (97, 130, 3), dtype=np.uint8)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((torch.from_numpy(image) / 255 - mean) / std).permute(2, 0, 1)[None]
    with torch.no_grad():
        wanted = theirs(x)["out"].softmax(1)[0].numpy()
    ready = predictor(line.path(folder))
    assert ready.classes == line.labels
    found = finish(predict(ready, image))
    # random weights of a hundred layers enlarge the last bit of a float
    np.testing.assert_allclose(found, wanted, atol=2e-2)
    assert np.abs(found - wanted).mean() < 1e-5
    assert labels_of(found, ready.classes).max() < 21


def test_published_weights_predict_as_torchvision_does(tmp_path: Path) -> None:
    check_like_torchvision("lraspp_mobilenet_v3_large", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, line in PRETRAINED.items() if line.task == "semantic"])
def test_every_published_semantic_network_predicts_as_torchvision_does(name: str, tmp_path: Path) -> None:
    check_like_torchvision(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, line in PRETRAINED.items() if line.task == "instance"])
def test_published_mask_rcnn_loads_whole(name: str, tmp_path: Path) -> None:
    weights = state(name)
    if not name.endswith("_v2"):  # published with frozen statistics, which are not counted
        weights = {key: value for key, value in weights.items() if not key.endswith("num_batches_tracked")}
    torch.save(weights, PRETRAINED[name].path(tmp_path))
    ready = predictor(PRETRAINED[name].path(tmp_path))
    assert ready.num_classes == 91
    out = finish(predict(ready, np.zeros((64, 80, 3), np.uint8)))
    assert out.shape == (91, 64, 80)
    assert np.isfinite(out).all()


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    line = PRETRAINED["lraspp_mobilenet_v3_large"]
    tensors = state(line.name)
    tensors.pop("classifier.high_classifier.weight")
    torch.save(tensors, line.path(tmp_path))
    with pytest.raises(CheckpointError, match=r"tensor classifier\.high_classifier\.weight is missing"):
        predictor(line.path(tmp_path))
