"""Spec strings of losses: ``"0.5*bce+dice"`` and ``"focal(gamma=3)+lovasz"`` as terms."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from segstudio.core.errors import OptionError
from segstudio.learning.losses.table import ALIASES, LOSSES, REGULARISERS, LossEntry


@dataclass(frozen=True)
class Term:
    """One summand: *factor* (above 0) times the loss *entry* with *options*."""

    factor: float
    entry: LossEntry
    options: dict[str, Any] = field(default_factory=dict)


def parse_spec(spec: str) -> list[Term]:
    """The terms of *spec*, in order.

    A spec is a sum of ``name``, ``factor*name`` and ``name(option=value)``. Raises :class:`OptionError` for anything
    else, for an unknown name (suggesting the nearest), an unknown option, a factor that is not above 0, and a sum of
    regularisers alone.
    """
    try:
        tree = ast.parse(spec.strip(), mode="eval")
    except SyntaxError:
        raise _malformed(spec) from None
    terms = [_term(node, spec) for node in _summands(tree.body)]
    if all(term.entry.name in REGULARISERS for term in terms):
        raise OptionError(f"{spec!r} learns from no label; add a loss, such as 'partial_ce+{terms[0].entry.name}'")
    return terms


def _malformed(spec: str) -> OptionError:
    return OptionError(f"{spec!r} is not a loss; write a name or a sum of names, such as 'ce+dice' or '0.5*bce+dice'")


def _summands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_summands(node.left), *_summands(node.right)]
    return [node]


def _term(node: ast.expr, spec: str) -> Term:
    factor = 1.0
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        number, node = (node.left, node.right) if isinstance(node.left, ast.Constant) else (node.right, node.left)
        factor *= _number(number, spec)
    options: dict[str, Any] = {}
    if isinstance(node, ast.Call):
        options = _options(node, spec)
        node = node.func
    if not isinstance(node, ast.Name):
        raise _malformed(spec)
    name = ALIASES.get(node.id, node.id)
    entry = REGULARISERS[name] if name in REGULARISERS else LOSSES[name]
    entry.check_options(options)
    return Term(factor, entry, options)


def _number(node: ast.expr, spec: str) -> float:
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise _malformed(spec)
    if node.value <= 0:
        raise OptionError(f"{spec!r}: a factor must be above 0, not {node.value}")
    return float(node.value)


def _options(call: ast.Call, spec: str) -> dict[str, Any]:
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise _malformed(spec)
    try:
        return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except ValueError:
        raise _malformed(spec) from None
