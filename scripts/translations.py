"""Bring the translation files up to date: collect the texts of the window and its tables, compile what is translated.

python scripts/translations.py           # after texts changed; fill in resources/translations/*.ts, run again
python scripts/translations.py --check   # exit 1 where a text lacks its translation or a compiled file is old
"""

from __future__ import annotations

import argparse
import ast
import filecmp
import json
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path

import PySide6

from segstudio.app.marking import NAMES as MARKS
from segstudio.app.propagation_choices import BOX_CHOICES, SCRIBBLE_CHOICES
from segstudio.core import errors
from segstudio.gui.actions import class_acts
from segstudio.gui.forms import options_of
from segstudio.io.class_files import presets
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
EDITS = frozenset({"edit", "write_result", "_change", "_write", "write_anywhere", "change_classes", "WideEdit"})
"""Functions one of whose first two arguments names an edit, which the menu shows behind Undo."""
SENTENCES = FOLDER / "sentences.json"
NEWS = FOLDER / "news.json"
IMPORTING = ROOT / "segstudio" / "io" / "importers"
"""Where functions return the reason why something of a data set cannot be used."""
TITLED = frozenset({"submit", "_submit", "compute"})
"""Functions among whose first arguments is a job's title, which the status bar shows."""
QTS_OWN = (
    ("QDockWidget", "Float"),
    ("QDockWidget", "Close"),
    ("QTabBar", "Scroll Left"),
    ("QTabBar", "Scroll Right"),
)
"""Texts of Qt's own widgets that its translations lack."""
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
    yield from (("Tables", name.replace("_", " ")) for name in presets())
    yield from QTS_OWN
    yield from (("Acts", act.text) for act in class_acts())
    sources = sorted((ROOT / "segstudio").rglob("*.py"))
    yield from (("Edits", name) for name in sorted(set(first_arguments(sources, EDITS))))
    yield from (("Edits", name) for name in MARKS.values())
    yield from (("Messages", text) for text in sorted(set(first_arguments(sources, MESSAGES))))
    yield from (("Sentences", template) for template in sentences())
    yield from (("News", template) for template in news())


def sentences() -> list[str]:
    """The templates of all errors that people can meet, and of what can be wrong with a data set: ``"there is no class
    {0}; there are {1}"``."""
    known = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    found = set()
    for file in sorted((ROOT / "segstudio").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in known:
                found.add(_template(node.args[-1]))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem" and len(node.args) > 1:
                found.add(_template(node.args[1]))
            elif isinstance(node, ast.Return) and file.parent == IMPORTING:
                found.update(_reasons(node.value))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("_REASONS"):
                found.update(_template(part) for part in ast.walk(node.value) if isinstance(part, ast.Constant))
    return sorted(template for template in found if any(sign.islower() for sign in template))


def _reasons(said: ast.expr | None) -> Iterator[str]:
    """The sentences among what an importer's function returns: why it found nothing, alone or beside the nothing."""
    if isinstance(said, ast.IfExp):
        yield from (*_reasons(said.body), *_reasons(said.orelse))
    elif isinstance(said, ast.Tuple):
        yield from _reasons(said.elts[-1])
    elif said is not None and " " in _template(said):
        yield _template(said)


def news() -> list[str]:
    """The templates of what background work is called and of what it says it is doing: ``"Predict {0} images"``."""
    found = set()
    files = sorted((ROOT / "segstudio").rglob("*.py"))
    known = _constants(files)
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.update(_template(known.get(ast.unparse(said), said)) for said in _said(node))
    return sorted(template for template in found if any(sign.isalpha() for sign in re.sub(r"{.*?}", "", template)))


def _said(call: ast.Call) -> list[ast.expr]:
    """The arguments of *call* that tell people what goes on."""
    name = ast.unparse(call.func).rpartition(".")[2]
    if name == "Progress":
        return [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "message")]
    quiet = any(k.arg == "quiet" and isinstance(k.value, ast.Constant) and k.value.value for k in call.keywords)
    return call.args[:2] if name in TITLED and isinstance(call.func, ast.Attribute) and not quiet else []


def _constants(files: Iterable[Path]) -> dict[str, ast.expr]:
    """What the names in capitals stand for that modules give to texts."""
    found: dict[str, ast.expr] = {}
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign):
                found.update(_named_texts(node.targets[0], node.value))
    return found


def _named_texts(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for part, said in zip(target.elts, value.elts, strict=False):
            yield from _named_texts(part, said)
    elif isinstance(target, ast.Name) and target.id.isupper() and _is_text(value):
        yield target.id, value


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _template(argument: ast.expr) -> str:
    """The text of a literal; an f-string with numbered places."""
    if isinstance(argument, ast.Constant):
        return argument.value if isinstance(argument.value, str) else ""
    if not isinstance(argument, ast.JoinedStr):
        return ""
    places = iter(range(len(argument.values)))
    return "".join(str(v.value) if isinstance(v, ast.Constant) else f"{{{next(places)}}}" for v in argument.values)


def first_arguments(files: Iterable[Path], functions: frozenset[str]) -> Iterator[str]:
    """The texts that any of *functions* is called with, as its first or second argument, anywhere in *files*."""
    files = list(files)
    known = _constants(files)
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in functions and node.args:
                for argument in node.args[:2]:
                    said = known.get(ast.unparse(argument), argument)
                    either = (said.body, said.orelse) if isinstance(said, ast.IfExp) else (said,)
                    yield from (str(part.value) for part in either if isinstance(part, ast.Constant) and _is_text(part))


def _called(node: ast.Call) -> str:
    """``"emit"`` of ``a.message.emit(...)`` as ``"message.emit"``, other methods by their name."""
    if isinstance(node.func, ast.Name):
        return node.func.id
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
        for file, templates in ((SENTENCES, sentences()), (NEWS, news())):
            if json.loads(file.read_text("utf-8")) != templates:
                problems.append(f"{file.name} is older than the program")
        print("\n".join(problems) or "every text is translated")  # noqa: T201  # this is the script's output
        return int(bool(problems))
    SENTENCES.write_text(json.dumps(sentences(), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    NEWS.write_text(json.dumps(news(), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    for language in LANGUAGES:
        source = FOLDER / f"segstudio_{language}.ts"
        update(source)
        compile_file(source, source.with_suffix(".qm"))
        print(f"{source.name}: {len(missing(source))} texts to translate")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
