"""A file is replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from segstudio.core.errors import StorageError
from segstudio.io.atomic import remove_leftovers, replacing, write_bytes, write_text

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and links")


def test_a_new_file_holds_what_was_written(tmp_path: Path) -> None:
    write_text(tmp_path / "标签.txt", "naïve 标签")
    assert (tmp_path / "标签.txt").read_bytes() == "naïve 标签".encode()


def test_a_failure_half_way_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "labels.png"
    target.write_bytes(b"the good file")
    with pytest.raises(TypeError), replacing(target) as file:
        file.writelines([b"half of the new", None])  # type: ignore[list-item]
    assert target.read_bytes() == b"the good file"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_names_the_file_and_the_reason(tmp_path: Path) -> None:
    target = tmp_path / "labels.png"
    target.write_bytes(b"the good file")
    with pytest.raises(StorageError) as caught, replacing(target):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == f"{target}: the disk is full"
    assert target.read_bytes() == b"the good file"
    assert list(tmp_path.iterdir()) == [target]


def test_until_the_block_ends_readers_see_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "classes.json"
    target.write_bytes(b"old")
    with replacing(target) as file:
        file.write(b"new")
        file.flush()
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"


def test_a_missing_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file or folder"):
        write_bytes(tmp_path / "nowhere" / "file", b"")


@posix
def test_permissions_and_links_survive(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@posix
def test_a_new_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_bytes(tmp_path / "atomic", b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_longest_file_name_still_works(tmp_path: Path) -> None:
    name = "n" * (os.pathconf(tmp_path, "PC_NAME_MAX") if hasattr(os, "pathconf") else 200)
    write_bytes(tmp_path / name, b"x")
    assert (tmp_path / name).read_bytes() == b"x"


def test_leftovers_of_a_killed_process_are_removed_and_nothing_else(tmp_path: Path) -> None:
    with replacing(tmp_path / "kept") as file:
        file.write(b"kept")
        (leftover,) = [p for p in tmp_path.iterdir() if p.name != "kept"]
        copy = leftover.with_name(leftover.name.replace(leftover.name[11:14], "abc"))
        copy.write_bytes(b"from a crash")
    remove_leftovers(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
