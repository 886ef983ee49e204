"""A library that is loaded a step at a time is the same as one that is imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

from segstudio.gui.stepwise import Library, look_up

NAME = "library_of_a_test"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / NAME
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


def write(package: Path, **files: str) -> None:
    for name, text in files.items():
        (package / f"{name}.py").write_text(dedent(text))


PARTS = {
    "__init__": """
        '''A text.'''
        first = 1
        from .inner import second
        def third():
            return first + second
        """,
    "inner": """
        from . import first
        second = first + 1
        """,
}


def test_every_step_runs_one_statement_and_in_the_end_it_is_imported(package: Path) -> None:
    write(package, **PARTS)
    names = "first", "second", "third"
    known = [[name for name in names if hasattr(sys.modules[NAME], name)] for _ in Library(NAME).steps()]
    assert known == [[], ["first"], ["first", "second"], ["first", "second", "third"]]
    module = __import__(NAME)
    assert (module.__doc__, module.third(), module.__file__) == ("A text.", 3, str(package / "__init__.py"))


@pytest.mark.parametrize("taken", [0, 2, 9])
def test_who_needs_it_in_between_gets_the_whole(package: Path, taken: int) -> None:
    write(package, **PARTS)
    library = Library(NAME)
    for _ in zip(range(taken), library.steps(), strict=False):
        pass
    assert library.whole().third() == 3
    assert list(library.steps()) == []
    assert library.whole() is sys.modules[NAME]


def test_one_that_was_imported_before_is_taken_as_it_is(package: Path) -> None:
    write(package, **PARTS)
    module = __import__(NAME)
    assert Library(NAME).whole() is module


def test_where_it_cannot_be_loaded_nothing_of_it_stays(package: Path) -> None:
    write(package, __init__="first = 1\nraise RuntimeError('no')\n")
    with pytest.raises(RuntimeError, match="no"):
        Library(NAME).whole()
    assert NAME not in sys.modules
    with pytest.raises(RuntimeError, match="no"):
        Library(NAME).whole()


def test_what_it_shall_do_without_seems_not_to_be_there_and_is_there_for_others(package: Path) -> None:
    write(
        package,
        __init__="""
        try:
            import this_is_of_no_use
        except ImportError:
            this_is_of_no_use = None
        """,
    )
    (package.parent / "this_is_of_no_use.py").write_text("")
    assert Library(NAME, without=("this_is_of_no_use",)).whole().this_is_of_no_use is None
    assert isinstance(__import__("this_is_of_no_use"), ModuleType)
    del sys.modules["this_is_of_no_use"]


def test_every_name_of_a_module_is_looked_up() -> None:
    from PySide6 import QtCore

    assert len(list(look_up("PySide6.QtCore"))) == len(dir(QtCore))
