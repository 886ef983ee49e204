"""What the bar above the image says, and for how long."""

from __future__ import annotations

from pathlib import Path

from segstudio.core.errors import StorageError
from segstudio.gui import MainWindow
from segstudio.io.project.restore import Restored


def test_one_image_is_not_called_images(window: MainWindow) -> None:
    window.notice.show_taken_back(Restored(1, 1))
    assert window.notice.text == (
        "The import is taken back: 1 image is as before. 1 image was worked on since and stays as it is."
    )
    window.notice.show_taken_back(Restored(3, 2))
    assert window.notice.text.startswith("The import is taken back: 3 images are as before. 2 images were worked on")


def test_news_of_a_project_go_with_it_and_what_went_wrong_stays(window: MainWindow, tmp_path: Path) -> None:
    window.notice.show_message("1 image imported; the menu File takes the import back.")
    window.trigger("project.close")
    assert window.notice.text == ""
    window.notice.show_error(StorageError(tmp_path / "labels.png", "the disk is full"), "save")
    window.trigger("project.new", path=tmp_path / "other", classes="binary")
    assert window.notice.text == f"{tmp_path / 'labels.png'}: the disk is full"
