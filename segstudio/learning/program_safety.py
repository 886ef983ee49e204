"""Reading through an exported program before torch loads it: torch would run pickles and resolve any name in it.

A ``.pt2`` file is an archive: the graph and the lists of tensors as JSON, the tensors raw, and example inputs as a
pickle. Loading it looks up the operations by their dotted names, evaluates sizes as expressions and falls back to
pickles with code. Here every pickle must hold tensors and plain values alone, every operation must be one of torch's
and every size an expression of whole numbers.
"""

from __future__ import annotations

import ast
import io
import json
import pickle
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from segstudio.core.errors import CheckpointError, storage_errors

_OPERATIONS = re.compile(
    r"torch\.ops\.(aten|prims|prim|quantized|quantized_decomposed|torchvision|higher_order)\.(?!from_file)\w+(\.\w+)?"
    r"|_operator\.(getitem|add|sub|mul|truediv|floordiv|mod|pow|neg|pos|abs|eq|ne|lt|le|gt|ge|and_|or_|not_)"
    r"|math\.[a-z]\w*"
    r"|torch\._?sym_\w+"
)
_FUNCTIONS = frozenset(
    {
        *("Mod", "PythonMod", "FloorDiv", "CeilDiv", "CleanDiv", "IntTrueDiv", "FloatTrueDiv", "ModularIndexing"),
        *("Max", "Min", "Where", "Abs", "Eq", "Ne", "Gt", "Ge", "Lt", "Le", "And", "Or", "Not", "Identity"),
        *("Pow", "PowByNatural", "FloatPow", "ToFloat", "TruncToInt", "TruncToFloat", "FloorToInt", "CeilToInt"),
        *("Mul", "Add", "Equality", "Unequality", "LessThan", "StrictLessThan", "GreaterThan", "StrictGreaterThan"),
        *("RoundToInt", "LShift", "RShift", "floor", "ceiling", "Integer", "Float", "Rational", "Symbol"),
    }
)
_HARMLESS_NODES = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.BoolOp,
    ast.keyword, ast.operator, ast.unaryop, ast.cmpop, ast.boolop,
)  # fmt: skip
_CODE = "it holds program code besides a network, which is never run"
_DAMAGED = "it is truncated or damaged"


def check_program(path: Path) -> None:
    """Raise :class:`CheckpointError` where the exported program at *path* holds anything but a network."""
    try:
        with storage_errors(path), zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if not any(name.endswith(".json") and "/models/" in name for name in names):
                raise CheckpointError(path, "this is no program of torch.export")
            for name in names:
                if "aotinductor" in name or name.endswith((".so", ".dll", ".dylib", ".pyd")):
                    raise CheckpointError(path, _CODE)
                if name.endswith(".json"):
                    _check_document(path, json.loads(archive.read(name)))
                elif name.endswith((".pt", ".pth", ".pkl")):
                    _check_pickle(path, archive.read(name))
    except (zipfile.BadZipFile, json.JSONDecodeError, UnicodeDecodeError, EOFError) as error:
        raise CheckpointError(path, _DAMAGED) from error


def _check_pickle(path: Path, content: bytes) -> None:
    if not content:
        return
    try:
        torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except pickle.UnpicklingError as error:
        raise CheckpointError(path, _CODE) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise CheckpointError(path, _DAMAGED) from error


def _check_document(path: Path, document: Any) -> None:
    for entry in _entries(document):
        if entry.get("use_pickle"):
            raise CheckpointError(path, _CODE)
        names = [entry.get("as_operator"), entry.get("target") if "metadata" in entry else None]
        for name in names:
            if name is not None and not (isinstance(name, str) and _OPERATIONS.fullmatch(name)):
                raise CheckpointError(path, f"{_CODE} ({name})")
        size = entry.get("expr_str")
        if isinstance(size, str) and not _is_arithmetic(size):
            raise CheckpointError(path, f"{_CODE} ({size[:40]})")


def _entries(document: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON document, at any depth."""
    waiting = [document]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            yield here
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)


def _is_arithmetic(text: str) -> bool:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return False
    for node in ast.walk(tree):
        if not isinstance(node, _HARMLESS_NODES):
            return False
        if isinstance(node, ast.Constant) and not _is_plain(node.value):
            return False
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS):
            return False
    return True


def _is_plain(value: object) -> bool:
    """Numbers, truth values, and the names of symbols."""
    return isinstance(value, int | float) or (isinstance(value, str) and value.isidentifier())
