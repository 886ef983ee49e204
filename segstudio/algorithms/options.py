"""Numbers that people give to an algorithm, held against what its signature asks for."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

from segstudio.core.errors import OptionError

_LEAST, _MOST = 1e-6, 1e6
"""Numbers nearer to zero, or beyond, mean nothing here and would spoil the arithmetic or never end."""


def check_numbers(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Raise :class:`OptionError` where a value of *given* is not the number that *function* has as that keyword.

    A number is finite and zero or of a magnitude of 1e-6 to 1e6; a whole one has no fraction. Keywords of other types
    are not looked at.
    """
    for name, parameter in inspect.signature(function).parameters.items():
        kinds = str(parameter.annotation).split(" | ")
        if name not in given or not {"int", "float"} & set(kinds) or (given[name] is None and "None" in kinds):
            continue
        _check(name, given[name], whole="float" not in kinds)


def lies_in(value: Any, least: float, most: float) -> bool:
    """Whether *value* is a number from *least* to *most*; true, false and NaN are none."""
    return not isinstance(value, bool) and isinstance(value, Real) and least <= float(value) <= most


def _check(name: str, value: Any, *, whole: bool) -> None:
    if not lies_in(value, -math.inf, math.inf) or math.isinf(value):
        raise OptionError(f"the option {name!r} is a number, not {value!r}")
    if value != 0 and not _LEAST <= abs(value) <= _MOST:
        raise OptionError(f"the option {name!r} is zero or of a size between {_LEAST:g} and {_MOST:g}, not {value:g}")
    if whole and value != int(value):
        raise OptionError(f"the option {name!r} is a whole number, not {value:g}")
