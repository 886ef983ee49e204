"""The table of acts: everything a person can do in the window, once, for menus, toolbar, keys, palette and scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

from segstudio.core.annotation import SampleState
from segstudio.gui import image_acts
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, plain
from segstudio.gui.tools import TOOLS

if TYPE_CHECKING:
    from segstudio.gui.main_window import MainWindow

Call = Callable[..., object]
"""Called with the window, and with what a script gives instead of what a person would be asked."""
Test = Callable[["MainWindow"], bool]


def keys_of(act_id: str, usual: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> list[str]:
    """The keys that do an act: those that the person has *chosen* for it, or its *usual* ones that they gave to no other.

    A key that somebody gave to an act stays there when a later version gives it to another one.
    """
    if act_id in chosen:
        return list(chosen[act_id])
    given = {QKeySequence(key).toString() for keys in chosen.values() for key in keys}
    return [key for key in usual if QKeySequence(key).toString() not in given]


def first_key(act_id: str, chosen: Mapping[str, Sequence[str]]) -> str:
    """The key that does an act, as the system writes it, with what the person *chosen* instead of the table's."""
    usual = next((act.keys for act in (*ACTS, *tool_acts(), *class_acts()) if act.id == act_id), ())
    keys = keys_of(act_id, usual, chosen)
    return QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""


def _always(_: MainWindow) -> bool:
    return True


def _project(window: MainWindow) -> bool:
    return window.workbench.document is not None


def _images(window: MainWindow) -> bool:
    document = window.workbench.document
    return document is not None and document.sample is not None


def _image(window: MainWindow) -> bool:
    document = window.workbench.document
    return document is not None and document.image is not None


def _stack(window: MainWindow) -> bool:
    return _image(window) and window.document.image is not None and window.document.image.frames > 1


def _slices(window: MainWindow) -> bool:
    stack = window.workbench.stacks.current if _stack(window) else None
    return stack is not None and len(stack.samples) > 1


def _stack_in_part(window: MainWindow) -> bool:
    stack = window.workbench.stacks.current if _stack(window) else None
    return stack is not None and not stack.complete


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person can do. *text* is the English source of what menus show."""

    id: str
    text: str
    icon: str
    keys: tuple[str, ...]
    call: Call
    enabled: Test = _image
    menu: str = ""
    """Where it stands; none: only keys, palette and scripts have it."""
    toolbar: bool = False
    checkable: bool = False
    separator: bool = False
    """Whether a line stands above it in its menu."""
    repeats: bool = False
    """Whether holding the key repeats it."""
    brief: str = ""
    """The text below the toolbar's icon, where the menu's is too long for it."""

    def label(self) -> str:
        """The text in the language of the window, with its mnemonic."""
        return QCoreApplication.translate("Acts", self.text)

    def plain(self) -> str:
        """The text in the language of the window without mnemonic and dots."""
        return plain(self.label())

    def caption(self) -> str:
        """The text below the toolbar's icon."""
        return QCoreApplication.translate("Acts", self.brief) if self.brief else self.plain()


MENUS: tuple[tuple[str, str], ...] = (
    ("file", QT_TRANSLATE_NOOP("Acts", "&File")),
    ("edit", QT_TRANSLATE_NOOP("Acts", "&Edit")),
    ("view", QT_TRANSLATE_NOOP("Acts", "&View")),
    ("tool", QT_TRANSLATE_NOOP("Acts", "&Tools")),
    ("image", QT_TRANSLATE_NOOP("Acts", "&Image")),
    ("label", QT_TRANSLATE_NOOP("Acts", "&Label")),
    ("model", QT_TRANSLATE_NOOP("Acts", "&Model")),
    ("help", QT_TRANSLATE_NOOP("Acts", "&Help")),
)


def _state(name: str) -> Call:
    def call(window: MainWindow) -> None:
        document = window.workbench.document
        if document is not None:
            with window.workbench.reporting("set the state"):
                document.set_state(SampleState(name))

    return call


ACTS: tuple[Act, ...] = (
    Act("project.new", QT_TRANSLATE_NOOP("Acts", "&New project…"), "new", ("Ctrl+N",), lambda w, **o: w.new_project(**o), _always, "file"),
    Act("project.open", QT_TRANSLATE_NOOP("Acts", "&Open project…"), "open", ("Ctrl+O",), lambda w, **o: w.open_project(**o), _always, "file", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Open")),
    Act("project.add", QT_TRANSLATE_NOOP("Acts", "&Add images…"), "image", ("Ctrl+Shift+O",), lambda w, **o: w.add_images(**o), _project, "file"),
    Act("project.find_moved", QT_TRANSLATE_NOOP("Acts", "&Find moved images…"), "folder", (), lambda w, **o: w.find_moved(**o), _images, "file"),
    Act("project.save", QT_TRANSLATE_NOOP("Acts", "&Save now"), "save", ("Ctrl+S",), lambda w: w.workbench.save(), _project, "file"),
    Act("import.labels", QT_TRANSLATE_NOOP("Acts", "&Import data set…"), "open", ("Ctrl+I",), lambda w, **o: w.import_labels(**o), _project, "file", separator=True),
    Act("import.take_back", QT_TRANSLATE_NOOP("Acts", "&Take the last import back"), "undo", (), lambda w: w.workbench.importing.take_back(), lambda w: w.workbench.importing.can_take_back, "file"),
    Act("export.dataset", QT_TRANSLATE_NOOP("Acts", "&Export data set…"), "export", ("Ctrl+E",), lambda w, **o: w.export(**o), _images, "file", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Export")),
    Act("project.close", QT_TRANSLATE_NOOP("Acts", "&Close project"), "close", ("Ctrl+W",), lambda w: w.workbench.close_project(), _project, "file", separator=True),
    Act("app.preferences", QT_TRANSLATE_NOOP("Acts", "&Preferences…"), "settings", ("Ctrl+,",), lambda w: w.ask_preferences(), _always, "file"),
    Act("app.quit", QT_TRANSLATE_NOOP("Acts", "&Quit"), "close", ("Ctrl+Q",), lambda w: w.close(), _always, "file", separator=True),
    Act("edit.undo", QT_TRANSLATE_NOOP("Acts", "&Undo"), "undo", ("Ctrl+Z",), lambda w: w.canvas.take_back() if w.canvas.working else image_acts.walk_history(w, w.workbench.undo), lambda w: _project(w) and (w.canvas.working or w.document.history.can_undo), "edit", toolbar=True, repeats=True),
    Act("edit.redo", QT_TRANSLATE_NOOP("Acts", "&Redo"), "redo", ("Ctrl+Y", "Ctrl+Shift+Z"), lambda w: image_acts.walk_history(w, w.workbench.redo), lambda w: _project(w) and not w.canvas.working and w.document.history.can_redo, "edit", toolbar=True, repeats=True),
    Act("edit.cut", QT_TRANSLATE_NOOP("Acts", "Cu&t shapes"), "cut", ("Ctrl+X",), lambda w: w.canvas.objects.cut(), _image, "edit", separator=True),
    Act("edit.copy", QT_TRANSLATE_NOOP("Acts", "Cop&y shapes or instance"), "copy", ("Ctrl+C",), lambda w: w.canvas.objects.copy(), _image, "edit"),
    Act("edit.paste", QT_TRANSLATE_NOOP("Acts", "&Paste"), "paste", ("Ctrl+V",), lambda w: w.take_arrow(w.canvas.objects.paste()), _image, "edit", repeats=True),
    Act("edit.duplicate", QT_TRANSLATE_NOOP("Acts", "Dupl&icate"), "copy", ("Ctrl+D",), lambda w: w.take_arrow(w.canvas.objects.duplicate()), _image, "edit"),
    Act("edit.delete", QT_TRANSLATE_NOOP("Acts", "&Delete selected"), "delete", ("Del",), lambda w: w.canvas.objects.delete(), _image, "edit"),
    Act("edit.clear", QT_TRANSLATE_NOOP("Acts", "&Clear labels of this image"), "reset", ("Ctrl+Shift+Del",), lambda w: image_acts.clear_labels(w), _image, "edit"),
    Act("class.find", QT_TRANSLATE_NOOP("Acts", "C&hoose a class by name…"), "classes", ("Y",), lambda w: w.choose_class_by_name(), _project, "edit", separator=True),
    Act("class.lock", QT_TRANSLATE_NOOP("Acts", "L&ock the class, or unlock it"), "lock", ("Ctrl+L",), lambda w: w.canvas.marks.toggle_locked(w.document.active_class), _project, "edit"),
    Act("class.lock_all", QT_TRANSLATE_NOOP("Acts", "Paint only where &nothing is (lock all classes)"), "lock", ("Ctrl+Shift+L",), lambda w: w.canvas.marks.toggle_all_locked(), _project, "edit"),
    Act("edit.next_object", QT_TRANSLATE_NOOP("Acts", "Select the ne&xt object"), "right", (".",), lambda w: w.select_object(1), _image, "edit", separator=True, repeats=True),
    Act("edit.previous_object", QT_TRANSLATE_NOOP("Acts", "Select the pre&vious object"), "left", (",",), lambda w: w.select_object(-1), _image, "edit", repeats=True),
    Act("edit.select_all", QT_TRANSLATE_NOOP("Acts", "Select &all shapes"), "select", ("Ctrl+A",), lambda w: image_acts.select_all(w), _image, "edit"),
    Act("edit.add_next", QT_TRANSLATE_NOOP("Acts", "&Keep the selection and add the next shape"), "plus", ("Alt+.",), lambda w: w.take_arrow(w.canvas.objects.step_adding(1)), _image, "edit", repeats=True),
    Act("edit.add_previous", QT_TRANSLATE_NOOP("Acts", "Keep the selection and add the shape &before"), "plus", ("Alt+,",), lambda w: w.take_arrow(w.canvas.objects.step_adding(-1)), _image, "edit", repeats=True),
    Act("edit.merge", QT_TRANSLATE_NOOP("Acts", "Mer&ge the selected shapes"), "merge", ("Shift+G",), lambda w: w.take_arrow(w.canvas.objects.merge()), _image, "edit"),
    Act("brush.smaller", QT_TRANSLATE_NOOP("Acts", "&Smaller brush"), "minus", ("[",), lambda w: w.canvas.resize_brush(-1), _always, "edit", separator=True, repeats=True),
    Act("brush.larger", QT_TRANSLATE_NOOP("Acts", "&Larger brush"), "plus", ("]",), lambda w: w.canvas.resize_brush(1), _always, "edit", repeats=True),
    Act("view.zoom_in", QT_TRANSLATE_NOOP("Acts", "Zoom &in"), "zoom_in", ("Ctrl++", "Ctrl+="), lambda w: w.canvas.zoom_in(), _image, "view", repeats=True),
    Act("view.zoom_out", QT_TRANSLATE_NOOP("Acts", "Zoom &out"), "zoom_out", ("Ctrl+-",), lambda w: w.canvas.zoom_out(), _image, "view", repeats=True),
    Act("view.zoom_fit", QT_TRANSLATE_NOOP("Acts", "&Fit to window"), "zoom_fit", ("Ctrl+F", "F"), lambda w: w.canvas.zoom_fit(), _image, "view", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Fit")),
    Act("view.zoom_selected", QT_TRANSLATE_NOOP("Acts", "&Zoom to the selected object"), "zoom_in", ("Z",), lambda w: w.canvas.show_selected(), _image, "view"),
    Act("view.zoom_actual", QT_TRANSLATE_NOOP("Acts", "&Actual pixels"), "zoom_actual", ("Ctrl+0",), lambda w: w.canvas.zoom_actual(), _image, "view"),
    Act("view.outline", QT_TRANSLATE_NOOP("Acts", "O&utlines only"), "outline", ("O",), lambda w: w.toggle_outline(), _project, "view", checkable=True, separator=True),
    Act("view.labels", QT_TRANSLATE_NOOP("Acts", "&Hide labels"), "eye_off", ("Ctrl+H",), lambda w: w.toggle_labels(), _project, "view", checkable=True),
    Act("view.names", QT_TRANSLATE_NOOP("Acts", "Class &names beside shapes"), "tag", ("Shift+L",), lambda w: w.toggle_names(), _project, "view", checkable=True),
    Act("view.crosshair", QT_TRANSLATE_NOOP("Acts", "Cro&sshair"), "plus", ("Shift+X",), lambda w: w.toggle_crosshair(), _project, "view", checkable=True),
    Act("view.square_pixels", QT_TRANSLATE_NOOP("Acts", "S&quare pixels"), "zoom_actual", (), lambda w: image_acts.toggle_square_pixels(w), _project, "view", checkable=True),
    Act("class.hide", QT_TRANSLATE_NOOP("Acts", "Hide the &class, or show it"), "eye_off", ("Shift+H",), lambda w: w.canvas.marks.toggle_hidden(w.document.active_class), _project, "view", separator=True),
    Act("class.show_all", QT_TRANSLATE_NOOP("Acts", "Show a&ll classes"), "eye", ("Ctrl+Shift+H",), lambda w: w.canvas.marks.show_all(), _project, "view"),
    Act("view.review", QT_TRANSLATE_NOOP("Acts", "&Review mode"), "review", ("Ctrl+R",), lambda w: w.toggle_review(), _project, "view", checkable=True, separator=True),
    Act("view.orthogonal", QT_TRANSLATE_NOOP("Acts", "Orthogonal &planes"), "orthogonal", ("Shift+O",), lambda w: w.toggle_orthogonal(), _project, "view", checkable=True),
    Act("view.reset_layout", QT_TRANSLATE_NOOP("Acts", "Put all panels &back in their places"), "reset", (), lambda w: w.reset_layout(), _always, "view", separator=True),
    Act("sample.previous", QT_TRANSLATE_NOOP("Acts", "&Previous image"), "previous", ("A", "Left"), lambda w: w.workbench.previous(), _images, "image", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Previous"), repeats=True),
    Act("sample.next", QT_TRANSLATE_NOOP("Acts", "&Next image"), "next", ("D", "Right"), lambda w: w.workbench.next(), _images, "image", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Next"), repeats=True),
    Act("sample.next_todo", QT_TRANSLATE_NOOP("Acts", "Next &unlabelled image"), "next_todo", ("Ctrl+Shift+D",), lambda w: w.workbench.next_unlabelled(), _images, "image"),
    Act("sample.first", QT_TRANSLATE_NOOP("Acts", "First imag&e"), "slice_up", ("Ctrl+Home",), lambda w: image_acts.go_to_end(w, last=False), _images, "image"),
    Act("sample.last", QT_TRANSLATE_NOOP("Acts", "Las&t image"), "slice_down", ("Ctrl+End",), lambda w: image_acts.go_to_end(w, last=True), _images, "image"),
    Act("sample.number", QT_TRANSLATE_NOOP("Acts", "Go to image num&ber…"), "right", ("Ctrl+G",), lambda w, **o: w.go_to_number(**o), _images, "image"),
    Act("sample.done", QT_TRANSLATE_NOOP("Acts", "Mark as &done"), "state_done", ("Ctrl+Return",), _state("done"), _image, "image", separator=True),
    Act("sample.done_next", QT_TRANSLATE_NOOP("Acts", "Done, and &on to the next"), "accept", ("Shift+D",), lambda w: image_acts.finish_and_go_on(w, SampleState.DONE), _image, "image"),
    Act("sample.accept", QT_TRANSLATE_NOOP("Acts", "&Accept (reviewed)"), "accept", ("Ctrl+Shift+Return",), lambda w: image_acts.judge(w, SampleState.REVIEWED), _image, "image"),
    Act("sample.reject", QT_TRANSLATE_NOOP("Acts", "&Reject (to be redone)"), "reject", ("Ctrl+Shift+Backspace",), lambda w: image_acts.judge(w, SampleState.IN_PROGRESS), _image, "image"),
    Act("sample.skip", QT_TRANSLATE_NOOP("Acts", "&Skip"), "skip", ("Ctrl+Shift+S",), lambda w: image_acts.finish_and_go_on(w, SampleState.SKIPPED), _images, "image"),
    Act("sample.take_previous", QT_TRANSLATE_NOOP("Acts", "Take the labels of the previous i&mage"), "copy_down", ("Ctrl+Shift+V",), lambda w: image_acts.take_from_previous(w), _image, "image", separator=True),
    Act("sample.remove", QT_TRANSLATE_NOOP("Acts", "Remove images from the pro&ject…"), "delete", (), lambda w, **o: w.remove_images(**o), _images, "image"),
    Act("slice.previous", QT_TRANSLATE_NOOP("Acts", "Previous s&lice"), "slice_up", ("PgUp",), lambda w: w.workbench.stacks.step(-1), _stack, "image", separator=True, repeats=True),
    Act("slice.next", QT_TRANSLATE_NOOP("Acts", "Ne&xt slice"), "slice_down", ("PgDown",), lambda w: w.workbench.stacks.step(1), _stack, "image", repeats=True),
    Act("slice.copy_to_next", QT_TRANSLATE_NOOP("Acts", "&Copy labels to the next slice"), "copy_down", ("Ctrl+PgDown",), lambda w: w.workbench.stacks.copy_to_next(), _stack, "image"),
    Act("slice.propagate_to_next", QT_TRANSLATE_NOOP("Acts", "Propa&gate labels to the next slice"), "propagate_down", ("Shift+PgDown",), lambda w: w.workbench.stacks.propagate_to_next(), _stack, "image"),
    Act("slice.interpolate", QT_TRANSLATE_NOOP("Acts", "&Interpolate between labelled slices"), "interpolate", ("Alt+Shift+I",), lambda w: w.workbench.stacks.interpolate(), _slices, "image"),
    Act("slice.add_all", QT_TRANSLATE_NOOP("Acts", "Add all slices of this &file"), "plus", (), lambda w: w.workbench.stacks.add_missing(), _stack_in_part, "image"),
    Act("propagate.scribbles", QT_TRANSLATE_NOOP("Acts", "&Propagate scribbles"), "propagate", ("P",), lambda w: w.workbench.propagation.scribbles(), _image, "label", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Propagate")),
    Act("propagate.boxes", QT_TRANSLATE_NOOP("Acts", "Propagate &boxes"), "boxes", ("Shift+P",), lambda w: w.workbench.propagation.boxes(), _image, "label", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Boxes")),
    Act("propagate.volume", QT_TRANSLATE_NOOP("Acts", "Propagate through the &volume"), "propagate_volume", ("Alt+Shift+P",), lambda w: w.workbench.stacks.propagate_through(), _slices, "label"),
    Act("cleanup.open", QT_TRANSLATE_NOOP("Acts", "&Clean up…"), "clean", ("C",), lambda w: w.ask_cleanup(), _image, "label", toolbar=True, separator=True),
    Act("cleanup.apply", QT_TRANSLATE_NOOP("Acts", "Clean up with the &last settings"), "clean", ("Shift+C",), lambda w, **o: w.workbench.cleanup.apply(**o), _image, "label"),
    Act("class.sizes", QT_TRANSLATE_NOOP("Acts", "Si&zes and values of the classes…"), "chart", ("Alt+Shift+S",), lambda w: w.show_sizes(), _image, "label", separator=True),
    Act("instance.new", QT_TRANSLATE_NOOP("Acts", "&New instance"), "new_instance", ("Shift+N",), lambda w: w.instances.new(), _image, "label", separator=True),
    Act("instance.merge", QT_TRANSLATE_NOOP("Acts", "&Merge instances"), "merge", (), lambda w: w.instances.merge(), _image, "label"),
    Act("instance.split", QT_TRANSLATE_NOOP("Acts", "Spl&it instance"), "split", (), lambda w: w.instances.split(), _image, "label"),
    Act("instance.components", QT_TRANSLATE_NOOP("Acts", "&Regions to instances"), "instances", (), lambda w: w.instances.components(), _image, "label"),
    Act("instance.delete", QT_TRANSLATE_NOOP("Acts", "&Delete instances"), "delete", (), lambda w: w.instances.delete(), _image, "label"),
    Act("instance.of_shapes", QT_TRANSLATE_NOOP("Acts", "Make &one instance of the selected shapes"), "merge", ("Shift+I",), lambda w: w.take_arrow(w.canvas.objects.give_to_one()), _image, "label"),
    Act("instance.each_shape", QT_TRANSLATE_NOOP("Acts", "Make &each selected shape an instance"), "instances", ("Ctrl+Shift+I",), lambda w: w.take_arrow(w.canvas.objects.give_each()), _image, "label"),
    Act("instance.boxes", QT_TRANSLATE_NOOP("Acts", "Every bo&x that is drawn is an instance"), "new_instance", ("Shift+R",), lambda w: image_acts.toggle_box_instances(w), _project, "label", checkable=True),
    Act("model.train", QT_TRANSLATE_NOOP("Acts", "&Train"), "train", ("T",), lambda w, **o: w.train(**o), lambda w: _images(w) and not w.workbench.training.running, "model", toolbar=True),
    Act("model.train_options", QT_TRANSLATE_NOOP("Acts", "Train &with…"), "train", ("Ctrl+T",), lambda w: w.ask_train(), lambda w: _images(w) and not w.workbench.training.running, "model"),
    Act("model.pause", QT_TRANSLATE_NOOP("Acts", "Pa&use training"), "pause", (), lambda w: w.workbench.training.pause(), lambda w: w.workbench.training.running and not w.workbench.training.pausing, "model"),
    Act("model.resume", QT_TRANSLATE_NOOP("Acts", "&Resume training"), "play", (), lambda w: w.resume_training(), lambda w: _project(w) and w.workbench.training.unfinished() is not None, "model"),
    Act("model.stop", QT_TRANSLATE_NOOP("Acts", "&Stop training"), "stop", ("Shift+T",), lambda w: w.workbench.training.stop(), lambda w: w.workbench.training.running, "model", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Stop")),
    Act("model.predict", QT_TRANSLATE_NOOP("Acts", "&Predict this image"), "predict", ("M",), lambda w: w.workbench.prediction.predict(), _image, "model", toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Predict"), separator=True),
    Act("model.predict_selected", QT_TRANSLATE_NOOP("Acts", "Pre&dict selected images"), "predict_all", ("Ctrl+Shift+M",), lambda w, **o: w.predict_selected(**o), _images, "model"),
    Act("model.predict_all", QT_TRANSLATE_NOOP("Acts", "Predict &all unlabelled images"), "predict_all", ("Shift+M",), lambda w: w.workbench.prediction.predict_unlabelled(), _images, "model"),
    Act("model.predict_with", QT_TRANSLATE_NOOP("Acts", "Predict w&ith…"), "predict", ("Ctrl+M",), lambda w: w.ask_prediction(), _images, "model"),
    Act("model.compare", QT_TRANSLATE_NOOP("Acts", "&Compare labels with the prediction"), "eye", (), lambda w: w.compare_prediction(), _image, "model"),
    Act("model.load", QT_TRANSLATE_NOOP("Acts", "&Load a model…"), "open", (), lambda w, **o: w.load_model(**o), _project, "model", separator=True),
    Act("model.pretrained", QT_TRANSLATE_NOOP("Acts", "Pretrained &models…"), "import", (), lambda w: w.ask_pretrained(), _project, "model"),
    Act("model.classes", QT_TRANSLATE_NOOP("Acts", "Classes &of the model…"), "classes", (), lambda w: w.ask_model_classes(), lambda w: _project(w) and w.workbench.prediction.models.current() is not None, "model"),
    Act("teach.toggle", QT_TRANSLATE_NOOP("Acts", "T&each mode"), "teach", ("Ctrl+Shift+T",), lambda w, **o: w.toggle_teach(**o), _images, "model", checkable=True, toolbar=True, brief=QT_TRANSLATE_NOOP("Acts", "Teach"), separator=True),
    Act("teach.accept", QT_TRANSLATE_NOOP("Acts", "Accept and &go on"), "accept", ("Shift+Return",), lambda w: image_acts.finish_and_go_on(w, SampleState.REVIEWED), _image, "model"),
    Act("jobs.stop", QT_TRANSLATE_NOOP("Acts", "Stop all &background work"), "stop", ("Ctrl+.",), lambda w: w.jobs.stop_all(), lambda w: w.jobs.busy, "model", separator=True),
    Act("help.palette", QT_TRANSLATE_NOOP("Acts", "&Find an act…"), "command", ("Ctrl+K", "Ctrl+Shift+P"), lambda w: w.show_palette(), _always, "help"),
    Act("help.keys", QT_TRANSLATE_NOOP("Acts", "&Keyboard…"), "keyboard", ("F1", "?"), lambda w: w.show_keys(), _always, "help"),
    Act("help.about", QT_TRANSLATE_NOOP("Acts", "&About segstudio"), "info", (), lambda w: w.show_about(), _always, "help", separator=True),
)  # fmt: skip
"""All acts but the tools' (made from the table of tools) and the classes' (keys 1 to 9 and 0)."""


def class_acts() -> tuple[Act, ...]:
    """Keys 1 to 9 and 0: the first ten classes."""

    def pick(place: int) -> Call:
        return lambda window: window.pick_class(place)

    def is_there(place: int) -> Test:
        return lambda window: _project(window) and place < len(window.document.classes)

    text = QT_TRANSLATE_NOOP("Acts", "Class {0}")
    return tuple(
        Act(f"class.{i}", text.format(i), "classes", (str(i % 10),), pick(i - 1), is_there(i - 1)) for i in range(1, 11)
    )


def tool_acts() -> tuple[Act, ...]:
    """One act per tool, to take it in hand."""

    def take(name: str) -> Call:
        return lambda window: window.take_tool(name)

    return tuple(
        Act(f"tool.{tool.name}", tool.title, tool.icon, tool.keys, take(tool.name), _always, "tool", checkable=True)
        for tool in TOOLS.values()
    )
