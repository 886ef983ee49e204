"""From a model's classes to a project's: guessed by name, changed by a person, applied to labels. Loads no torch."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.labels import UNLABELLED

_SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split(","))
    for group in (
        "background,bg,other,void background",
        "person,pedestrian,people,human",
        "car,vehicle,automobile,auto",
        "bicycle,bike,cycle",
        "motorbike,motorcycle",
        "bicyclist,cyclist,rider",
        "aeroplane,airplane,plane,aircraft",
        "sofa,couch",
        "tvmonitor,tv,television,monitor,screen",
        "diningtable,table",
        "pottedplant,plant",
        "road,street,roadway",
        "sidewalk,pavement,footpath",
        "building,house",
        "tree,vegetation",
        "traffic sign,sign symbol,sign",
        "pole,column pole",
        "nucleus,cell nucleus",
        "foreground,object",
    )
)
"""Names for one thing, as the common data sets have them; singular, in lower case."""


@dataclass(frozen=True)
class ClassMapping:
    """What becomes of each class of a model: by its id a class of the project; what is not named becomes *rest*."""

    targets: Mapping[int, int]
    rest: int = UNLABELLED
    """255 leaves those pixels unlabelled; else a class of the project, such as its background."""

    @classmethod
    def same(cls, classes: LabelSet) -> ClassMapping:
        """Every class keeps its id."""
        return cls({class_id: class_id for class_id in classes})

    def table(self) -> NDArray[np.uint16]:
        """``(65536,)``: the new id of every id; unlabelled stays unlabelled."""
        table = np.full(65536, self.rest, np.uint16)
        table[UNLABELLED] = UNLABELLED
        for source, target in self.targets.items():
            table[source] = target
        return table

    def apply(self, labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """*labels* ``(H, W)`` of the model as the project's."""
        return np.asarray(self.table()[labels])

    def to_json(self, model: LabelSet, project: LabelSet) -> dict[str, Any]:
        """By names, which outlive a model that is trained again."""
        targets = {
            model[source].name: project[target].name
            for source, target in self.targets.items()
            if source in model and target in project
        }
        return {"targets": targets, "rest": project[self.rest].name if self.rest in project else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], model: LabelSet, project: LabelSet) -> ClassMapping:
        """What :meth:`to_json` wrote; classes that are gone by now are left out."""
        ours, theirs = ({c.name: c.id for c in classes.values()} for classes in (project, model))
        targets = {theirs[m]: ours[p] for m, p in dict(data.get("targets", {})).items() if m in theirs and p in ours}
        return cls(targets, ours.get(data.get("rest") or "", UNLABELLED))


def suggest(model: LabelSet, project: LabelSet) -> ClassMapping:
    """Each class of *model* goes to the class of *project* of the same name: as written, then whatever the case, spaces
    and plural, then by a small table of synonyms (``person`` is ``pedestrian``). The rest stays unlabelled."""
    targets = {}
    for theirs in model.values():
        found = _match(theirs.name, project)
        if found is not None:
            targets[theirs.id] = found.id
    return ClassMapping(targets)


def _match(name: str, project: LabelSet) -> LabelClass | None:
    for same in (lambda a, b: a == b, lambda a, b: _plain(a) == _plain(b), _are_synonyms):
        for ours in project.values():
            if same(name, ours.name):
                return ours
    return None


def _plain(name: str) -> str:
    """Lower case, without spaces, dashes and the plural's s."""
    bare = re.sub(r"[\s_\-/]+", "", name.casefold())
    return bare[:-1] if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss") else bare


def _are_synonyms(first: str, second: str) -> bool:
    names = {_plain(first), _plain(second)}
    return any(names <= {_plain(name) for name in group} for group in _SYNONYMS)


def parse_mapping(text: str, model: LabelSet, project: LabelSet, rest: str | None = None) -> ClassMapping:
    """``"person=pedestrian,car=car"`` as a mapping; *rest* names the class for everything else (none: unlabelled).

    Classes are called by name or by number. Raises :class:`OptionError` for one that is not there.
    """
    targets = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        source, equals, target = (part.strip() for part in pair.partition("="))
        if not equals or not source or not target:
            raise OptionError(f"{pair!r} is not of the form MODEL_CLASS=CLASS")
        targets[_find(source, model, "the model").id] = _find(target, project, "the project").id
    return ClassMapping(targets, UNLABELLED if rest is None else _find(rest, project, "the project").id)


def _find(name: str, classes: LabelSet, whose: str) -> LabelClass:
    for label in classes.values():
        if name in (label.name, str(label.id)):
            return label
    near = difflib.get_close_matches(name, [label.name for label in classes.values()], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {classes.describe()}"
    raise OptionError(f"{whose} has no class {name!r}; {hint}")
