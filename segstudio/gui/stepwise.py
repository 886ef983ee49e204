"""Loading a large library of Qt a step at a time: all of it in the window's own thread, which must not stand still.

Such a library looks hundreds of names of Qt up, and what PySide makes of a name at its first look-up it does not guard
against other threads. So the names are looked up one by one, and then the statements of the library's own first file
are run one by one.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType


def look_up(module: str) -> Iterator[None]:
    """Look up every name of a *module* of Qt, one a step."""
    loaded = importlib.import_module(module)
    for name in dir(loaded):
        getattr(loaded, name)
        yield


class Library:
    """The package *name*, which is loaded by steps or, where it is needed before they are all done, at once.

    *without* are packages that it makes use of where they are there, and that are of no use here. Nobody may import it
    but by :meth:`whole`: between two steps a part of it is there.
    """

    def __init__(self, name: str, *, without: Sequence[str] = ()) -> None:
        self._name = name
        self._steps = _statements(name, without)

    def steps(self) -> Iterator[None]:
        """Go on with loading, one statement a step."""
        yield from self._steps

    def whole(self) -> ModuleType:
        """The package, after what was left to load."""
        for _ in self.steps():
            pass
        return importlib.import_module(self._name)


def _statements(name: str, without: Sequence[str]) -> Iterator[None]:
    """Import the package *name*, one statement of its first file a step."""
    spec = importlib.util.find_spec(name) if name not in sys.modules else None
    source = spec.loader.get_source(name) if spec is not None and hasattr(spec.loader, "get_source") else None  # type: ignore[union-attr]
    if spec is None or source is None:
        return  # it is loaded, or has no text and is imported as a whole
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        for statement in ast.parse(source).body:
            code = compile(ast.Module([statement], []), spec.origin or name, "exec", dont_inherit=True)
            with _hidden(without):
                exec(code, vars(module))  # as an import would, but with pauses
            yield
    except BaseException:
        sys.modules.pop(name, None)
        raise


@contextmanager
def _hidden(names: Sequence[str]) -> Iterator[None]:
    """A block in which packages that are not loaded seem not to be installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # nothing there stands for nothing to import
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
