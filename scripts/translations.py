"""Bring the translation files up to date: collect the texts of the window and its tables, compile what is translated.

python scripts/translations.py           # after texts changed; fill in resources/translations/*.ts, run again
python scripts/translations.py --check   # exit 1 where a text lacks its translation or a compiled file is old
"""

from __future__ import annotations

import argparse
import ast
import filecmp
import json
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path

import PySide6

from segstudio.app.propagation_choices import BOX_CHOICES, SCRIBBLE_CHOICES
from segstudio.core import errors
from segstudio.gui.actions import class_acts
from segstudio.gui.forms import options_of
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.learning.active import STRATEGIES
from segstudio.learning.losses.table import LOSSES
from segstudio.learning.networks.table import NETWORKS
from segstudio.learning.predict_config import MAPS
from segstudio.learning.supervision import SUPERVISIONS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = ("zh_CN",)
EDITS = frozenset({"edit", "write_result", "_change", "_write"})
"""Functions whose first argument names an edit, which the menu shows behind Undo."""
SENTENCES = FOLDER / "sentences.json"
MESSAGES = frozenset({"message.emit"})
"""Functions whose first argument is shown in the status bar."""


def table_texts() -> Iterator[tuple[str, str]]:
    """Context and text of everything below the window that the window shows."""
    for network in NETWORKS.values():
        yield "Tables", network.pick
    for loss in LOSSES.values():
        yield "Tables", loss.title
        yield "Tables", loss.pick
    for entry in MAPS.values():
        yield "Tables", entry.title
        yield "Tables", entry.tip
    for strategy in STRATEGIES.values():
        yield "Tables", strategy.title
        yield "Tables", strategy.pick
    for kind in SUPERVISIONS.values():
        yield "Tables", kind.title
        yield "Tables", kind.pick
    for exporter in EXPORTERS.values():
        yield "Tables", exporter.title
        yield "Tables", exporter.summary
        for option in options_of(exporter.options, exporter.options.model_fields):
            yield from (("Tables", text) for text in (option.title, option.tip) if text)
    for importer in IMPORTERS.values():
        yield "Tables", importer.title
        yield "Tables", importer.source
        for option in options_of(importer.options, importer.options.model_fields):
            yield from (("Tables", text) for text in (option.title, option.tip) if text)
    for choice in (*SCRIBBLE_CHOICES.values(), *BOX_CHOICES.values()):
        yield "Tables", choice.title
        yield "Tables", choice.pick
        yield from (("Tables", text) for knob in choice.knobs for text in (knob.title, knob.tip))
    yield from (("Acts", act.text) for act in class_acts())
    sources = sorted((ROOT / "segstudio").rglob("*.py"))
    yield from (("Edits", name) for name in sorted(set(first_arguments(sources, EDITS))))
    yield from (("Messages", text) for text in sorted(set(first_arguments(sources, MESSAGES))))
    yield from (("Sentences", template) for template in sentences())


def sentences() -> list[str]:
    """The templates of all errors that people can meet: ``"there is no class {0}; there are {1}"``."""
    known = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    found = set()
    for file in sorted((ROOT / "segstudio").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in known:
                found.add(_template(node.args[-1]))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("_REASONS"):
                found.update(_template(part) for part in ast.walk(node.value) if isinstance(part, ast.Constant))
    return sorted(template for template in found if any(sign.islower() for sign in template))


def _template(argument: ast.expr) -> str:
    """The text of a literal; an f-string with numbered places."""
    if isinstance(argument, ast.Constant):
        return argument.value if isinstance(argument.value, str) else ""
    if not isinstance(argument, ast.JoinedStr):
        return ""
    places = iter(range(len(argument.values)))
    return "".join(str(v.value) if isinstance(v, ast.Constant) else f"{{{next(places)}}}" for v in argument.values)


def first_arguments(files: Iterable[Path], functions: frozenset[str]) -> Iterator[str]:
    """The texts that any of *functions* is called with, anywhere in *files*."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in functions and node.args:
                first = node.args[0]
                either = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
                yield from (part.value for part in either if isinstance(part, ast.Constant) and type(part.value) is str)


def _called(node: ast.Call) -> str:
    """``"emit"`` of ``a.message.emit(...)`` as ``"message.emit"``, other methods by their name."""
    if not isinstance(node.func, ast.Attribute):
        return ""
    owner = node.func.value
    signal = f"{owner.attr}." if node.func.attr == "emit" and isinstance(owner, ast.Attribute) else ""
    return signal + node.func.attr


def update(target: Path) -> None:
    """Add new texts to the file *target*, take away those that are gone; translations stay."""
    with tempfile.TemporaryDirectory() as folder:
        marks = Path(folder) / "tables.py"
        marks.write_text(_marks(), "utf-8")
        sources = sorted(str(file) for file in (ROOT / "segstudio" / "gui").rglob("*.py"))
        _tool("lupdate", *sources, str(marks), "-no-obsolete", "-locations", "none", "-ts", str(target))


def _marks() -> str:
    """The tables' texts as a program that marks them, in the double quotes that the tool reads."""

    def literal(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    texts = dict.fromkeys(table_texts())
    return "\n".join(f"QT_TRANSLATE_NOOP({literal(context)}, {literal(text)})" for context, text in texts)


def compile_file(source: Path, target: Path) -> None:
    """Compile the translations *source* to *target*."""
    _tool("lrelease", "-nounfinished", str(source), "-qm", str(target))


def missing(file: Path) -> list[str]:
    """The texts in *file* that have no translation. Sentences of errors may stay in English: most are seldom met."""
    found = []
    for context in ET.parse(file).getroot().iter("context"):
        if context.findtext("name") == "Sentences":
            continue
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is None or translation.get("type") == "unfinished" or not translation.text:
                found.append(f"{context.findtext('name')}: {message.findtext('source')}")
    return found


def _tool(name: str, *arguments: str) -> None:
    program = shutil.which(name, path=str(Path(PySide6.__file__).parent))
    if program is None:
        sys.exit(f"PySide6 has no {name}")
    subprocess.run([program, "-silent", *arguments], check=True)


def check(language: str) -> list[str]:
    """What is wrong with the files of *language*."""
    source = FOLDER / f"segstudio_{language}.ts"
    with tempfile.TemporaryDirectory() as folder:
        fresh, compiled = Path(folder) / source.name, Path(folder) / "compiled.qm"
        shutil.copy(source, fresh)
        update(fresh)
        compile_file(source, compiled)
        problems = [f"{language} lacks {text!r}" for text in missing(fresh)]
        if not filecmp.cmp(compiled, source.with_suffix(".qm"), shallow=False):
            problems.append(f"{source.with_suffix('.qm').name} is older than {source.name}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        problems = [problem for language in LANGUAGES for problem in check(language)]
        print("\n".join(problems) or "every text is translated")  # noqa: T201  # this is the script's output
        return int(bool(problems))
    SENTENCES.write_text(json.dumps(sentences(), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    for language in LANGUAGES:
        source = FOLDER / f"segstudio_{language}.ts"
        update(source)
        compile_file(source, source.with_suffix(".qm"))
        print(f"{source.name}: {len(missing(source))} texts to translate")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
