"""The main window: it assembles canvas, panels, acts and status bar, and decides nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabWidget, QToolBar, QWidget

from segstudio.app.document import Document
from segstudio.app.jobs import JobQueue
from segstudio.app.workbench import Workbench
from segstudio.core.errors import OptionError
from segstudio.gui import asking, i18n, models_asking, sample_acts
from segstudio.gui.actions import ACTS, MENUS, Act, class_acts, first_key, keys_of, tool_acts
from segstudio.gui.canvas import Canvas
from segstudio.gui.canvas.scene import LAYERS
from segstudio.gui.dialogs.sizes import show_sizes
from segstudio.gui.dispatch import Dispatcher
from segstudio.gui.dock import Dock, step_in_sight
from segstudio.gui.i18n import Translated
from segstudio.gui.icons import icon
from segstudio.gui.next_step import Advice
from segstudio.gui.notice import NoticeBar
from segstudio.gui.panels import PANELS, PanelEntry
from segstudio.gui.rail import ToolRail
from segstudio.gui.stage import Stage
from segstudio.gui.status import StatusBar
from segstudio.gui.waiting import Waiting

if TYPE_CHECKING:
    from segstudio.gui.panels.instances import InstancesPanel

_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_TICK_MS = 500
_WIDTHS = {"left": 230, "right": 300}
"""What the panels at a side get at first; what is left is the image's."""


class MainWindow(Translated, QMainWindow):
    """One window with one project. Every act has an id; :meth:`trigger` runs it as its menu entry would."""

    workbench: Workbench
    canvas: Canvas

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("main")
        self._dispatcher = Dispatcher(self)
        self.workbench = Workbench(self._dispatcher.post)
        self.canvas = Canvas(self.workbench, self)
        self.notice = NoticeBar(self)
        self.stage = Stage(self.canvas, self.notice, self.workbench, self.trigger, self)
        self.setCentralWidget(self.stage)
        self.acts: dict[str, Act] = {act.id: act for act in (*ACTS, *tool_acts(), *class_acts())}
        self._actions: dict[str, QAction] = {act.id: self._action(act) for act in self.acts.values()}
        self._menus: dict[str, QMenu] = {}
        self._toolbars: dict[str, QToolBar] = {}
        self._docks: dict[str, QDockWidget] = {}
        self._build_menus()
        self._build_toolbars()
        self._build_docks()
        self._as_made = self.saveState()
        self.status = StatusBar(self.workbench, self)
        self.setStatusBar(self.status)
        self.advice = Advice(self.workbench, self._key, lambda: not self.stage.review.isHidden(), self)
        self.status.addWidget(self.advice, 1)
        self.status.messageChanged.connect(self.advice.give_way)
        self._refresh = QTimer(self, singleShot=True, interval=0)
        self._refresh.timeout.connect(self._refresh_actions)
        self._connect()
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self._restore_layout()
        self.retranslate()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.workbench.tick)
        self._timer.start(_TICK_MS)
        self._leaving_unsaved = False
        self.waiting = Waiting(self.stage, self.workbench.stop_change)
        self.workbench.underway.connect(self.waiting.follow)
        self.take_tool("brush")

    # ---- what others ask for

    @property
    def document(self) -> Document:
        """The open document; ``RuntimeError`` where none is open."""
        if self.workbench.document is None:
            raise RuntimeError("no project is open")
        return self.workbench.document

    @property
    def jobs(self) -> JobQueue:
        return self.workbench.jobs

    def trigger(self, act_id: str, **options: Any) -> None:
        """Do the act *act_id*. *options* answer in advance what a person would be asked (``path=``, ``target=`` ...).

        Raises :class:`OptionError` for an unknown id. An act that cannot be done now does nothing, as its grey menu
        entry would.
        """
        if act_id not in self.acts:
            raise OptionError(f"there is no act {act_id!r}; there are {', '.join(self.acts)}")
        act = self.acts[act_id]
        if act.enabled(self) and not self.workbench.busy:
            act.call(self, **options)
            self._refresh_actions()

    def action(self, act_id: str) -> QAction:
        """The Qt action of an act."""
        return self._actions[act_id]

    def set_shortcuts(self, shortcuts: dict[str, list[str]]) -> None:
        """Use other keys than the table's for the acts in *shortcuts*, and remember them."""
        self.workbench.settings.shortcuts = shortcuts
        self._apply_keys()

    def _key(self, act_id: str) -> str:
        return first_key(act_id, self.workbench.settings.shortcuts)

    def panel(self, name: str) -> QWidget:
        """The panel called *name*, built if it was not."""
        dock = self._docks[name]
        self._build_panel(PANELS[name], dock)
        return dock.widget()

    def show_panel(self, name: str) -> None:
        dock = self._docks[name]
        dock.show()
        dock.raise_()

    # ---- acts that need the window

    def take_tool(self, name: str) -> None:
        self.canvas.set_tool(name)
        for act in self.acts.values():
            if act.menu == "tool":
                self._actions[act.id].setChecked(act.id == f"tool.{name}")

    def pick_class(self, place: int) -> None:
        classes = list(self.document.classes)
        if place < len(classes):
            self.canvas.choose_class(classes[place])

    def choose_class_by_name(self) -> None:
        """Find a class by typing a part of its name: there are more classes than digits."""
        asking.class_by_name(self)

    def go_to_number(self, number: int | None = None) -> None:
        """Go to the image in that place of the list, from 1; a person is asked where none is given."""
        sample_acts.go_to_number(self, number)

    def remove_images(self, ids: Sequence[int] | None = None) -> None:
        sample_acts.remove(self, ids)

    def find_moved(self, folder: str | Path | None = None) -> None:
        sample_acts.find_moved(self, Path(folder) if folder is not None else None)

    def take_arrow(self, selected: bool) -> None:
        """Where a shape was *selected* for a person: the tool in hand that keys move it with."""
        if selected:
            self.take_tool("select")

    def select_object(self, by: int) -> None:
        self.canvas.objects.step(by)
        hand = self.canvas.hand
        self.take_arrow(hand is not None and bool(hand.picks))

    def toggle_outline(self) -> None:
        self.canvas.outline = not self.canvas.outline

    def toggle_names(self) -> None:
        self.canvas.names = not self.canvas.names

    def toggle_crosshair(self) -> None:
        self.canvas.crosshair = not self.canvas.crosshair

    def toggle_review(self) -> None:
        self.stage.review.setVisible(self.stage.review.isHidden())

    def compare_prediction(self) -> None:
        """Show in colour where the network is wrong; the labels stay as they are."""
        self.canvas.set_layer_visible("errors", True)
        self.workbench.prediction.compare()

    def toggle_orthogonal(self) -> None:
        self.stage.orthogonal.setVisible(self.stage.orthogonal.isHidden())

    def toggle_labels(self) -> None:
        self.canvas.set_layer_visible("labels", not self.canvas.layer_visible("labels"))

    def open_project(self, path: str | Path | None = None) -> None:
        asking.open_project(self, path)

    def new_project(self, **answers: Any) -> None:
        asking.new_project(self, **answers)

    def add_images(self, paths: Sequence[str | Path] | None = None) -> None:
        asking.add_images(self, paths)

    def import_labels(self, source: str | Path | None = None, **options: Any) -> None:
        asking.import_labels(self, source, **options)

    def export(self, format: str | None = None, target: str | Path | None = None, **options: Any) -> None:  # noqa: A002
        asking.export(self, format, target, **options)

    def load_model(self, path: str | Path | None = None, **told: Any) -> None:
        models_asking.load_model(self, path, **told)

    def ask_pretrained(self) -> None:
        models_asking.pretrained(self)

    def ask_model_classes(self) -> None:
        models_asking.model_classes(self)

    def ask_prediction(self) -> None:
        models_asking.predict_with(self)

    def predict_selected(self, ids: Sequence[int] | None = None) -> None:
        self.workbench.prediction.predict_many(models_asking.selected(self) if ids is None else ids)

    def train(self, **config: Any) -> None:
        """Start at once, with *config* or the choices of the last time, and show the curves."""
        if self.workbench.training.start(**config):
            self.show_panel("training")

    def resume_training(self) -> None:
        """Go on with the newest run that is not finished, and show its curves."""
        if self.workbench.training.resume():
            self.show_panel("training")

    @property
    def instances(self) -> InstancesPanel:
        """The list of instances, on which the acts of the menu work too."""
        self._build_panel(PANELS["instances"], self._docks["instances"])
        return cast("InstancesPanel", self._docks["instances"].widget())

    def toggle_teach(self, **recipe: Any) -> None:
        """Switch Teach mode on or off, and show what it does."""
        self.workbench.teach.toggle(**recipe)
        if self.workbench.teach.on:
            self.show_panel("teach")

    def ask_train(self) -> None:
        asking.train(self)

    def ask_cleanup(self) -> None:
        asking.cleanup(self)

    def show_sizes(self) -> None:
        show_sizes(self.workbench, self)

    def ask_preferences(self) -> None:
        asking.preferences(self)

    def show_palette(self) -> None:
        asking.palette(self)

    def show_keys(self) -> None:
        asking.keys(self)

    def show_about(self) -> None:
        asking.about(self)

    # ---- assembly

    def _action(self, act: Act) -> QAction:
        action = QAction(icon(act.icon), "", self)
        action.setObjectName(act.id)
        action.setCheckable(act.checkable)
        action.setAutoRepeat(act.repeats)
        action.triggered.connect(lambda: self.trigger(act.id))
        self.addAction(action)
        return action

    def _build_menus(self) -> None:
        for name, _ in MENUS:
            menu = self._menus[name] = self.menuBar().addMenu("")
            for act in self.acts.values():
                if act.menu != name:
                    continue
                if act.separator:
                    menu.addSeparator()
                menu.addAction(self._actions[act.id])

    def _build_toolbars(self) -> None:
        main = self._toolbar("main", QToolBar(self), Qt.ToolBarArea.TopToolBarArea)
        main.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        last = ""
        for act in self.acts.values():
            if act.toolbar:
                if last and act.menu != last:
                    main.addSeparator()
                main.addAction(self._actions[act.id])
                last = act.menu
        tools = self._toolbar("tools", ToolRail(self), Qt.ToolBarArea.LeftToolBarArea)
        for act in self.acts.values():
            if act.menu == "tool":
                tools.addAction(self._actions[act.id])

    def _toolbar(self, name: str, bar: QToolBar, area: Qt.ToolBarArea) -> QToolBar:
        self._toolbars[name] = bar
        bar.setObjectName(f"toolbar.{name}")
        bar.setIconSize(QSize(20, 20))
        self.addToolBar(area, bar)
        return bar

    def _build_docks(self) -> None:
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._menus["view"].addSeparator()
        for entry in PANELS.values():
            dock = self._docks[entry.name] = Dock(self)
            dock.setObjectName(f"dock.{entry.name}")
            self.addDockWidget(_AREAS[entry.area], dock)
            if entry.beside:
                self.tabifyDockWidget(self._docks[entry.beside], dock)
                self._docks[entry.beside].raise_()
            dock.setVisible(entry.shown)
            dock.visibilityChanged.connect(
                lambda shown, entry=entry, dock=dock: self._build_panel(entry, dock) if shown else None
            )
            self._menus["view"].addAction(dock.toggleViewAction())
        for name in ("tool_options", "classes"):
            self._docks[name].raise_()

    def _build_panel(self, entry: PanelEntry, dock: QDockWidget) -> None:
        if dock.widget() is None:
            dock.setWidget(entry.build(self.workbench, self.canvas))

    def _connect(self) -> None:
        bench = self.workbench
        self.canvas.hovered.connect(self.status.show_hover)
        self.canvas.zoom_changed.connect(self.status.show_zoom)
        bench.document_changed.connect(self._follow)
        bench.document_changed.connect(self.notice.settle)
        bench.failed.connect(self.notice.show_error)
        bench.training.started.connect(self._refresh_actions)
        bench.training.ended.connect(self._refresh_actions)
        bench.teach.changed.connect(self._refresh_actions)
        bench.exporting.finished.connect(self.notice.show_exported)
        bench.importing.finished.connect(self.notice.show_imported)
        bench.importing.taken_back.connect(self.notice.show_taken_back)
        bench.importing.put_back.connect(self.notice.show_put_back)
        for signal in (bench.jobs.started, bench.jobs.ended):
            signal.connect(lambda _: self._refresh.start())  # several at a time, while something is to be painted
        self._follow()

    def _follow(self) -> None:
        document = self.workbench.document
        if document is not None:
            document.history.changed.connect(self._refresh_actions)
            for signal in (document.history.changed, document.sample_changed):
                signal.connect(self.notice.pass_over)
            document.sample_changed.connect(self._show_title)
            document.sample_changed.connect(self._refresh_actions)
            document.dirty_changed.connect(self._show_title)
        self._show_title()
        self._refresh_actions()

    def _show_title(self, *_: object) -> None:
        document = self.workbench.document
        if document is None:
            self.setWindowTitle("segstudio")
            return
        name = f"{document.sample.name} – " if document.sample is not None else ""
        if document.dirty != self.isWindowModified():
            self.setWindowModified(document.dirty)
            if not document.dirty:
                self.notice.saved()
        self.setWindowTitle(f"{name}{document.project.name}[*] – segstudio")

    def _refresh_actions(self, *_: object) -> None:
        for act in self.acts.values():
            self._actions[act.id].setEnabled(act.enabled(self))
        self._actions["teach.toggle"].setChecked(self.workbench.teach.on)
        self._actions["view.outline"].setChecked(self.canvas.outline)
        self._actions["view.names"].setChecked(self.canvas.names)
        self._actions["instance.boxes"].setChecked(self.canvas.box_instances)
        self._actions["view.crosshair"].setChecked(self.canvas.crosshair)
        self._actions["view.square_pixels"].setChecked(self.canvas.square_pixels)
        self._actions["view.review"].setChecked(not self.stage.review.isHidden())
        self._actions["view.orthogonal"].setChecked(not self.stage.orthogonal.isHidden())
        self._actions["view.labels"].setChecked(not self.canvas.layer_visible("labels"))
        self._name_history()
        self.advice.follow()

    def _name_history(self) -> None:
        document = self.workbench.document
        for act_id, edit in (
            ("edit.undo", document.history.next_undo if document is not None else None),
            ("edit.redo", document.history.next_redo if document is not None else None),
        ):
            label = self.acts[act_id].label()
            self._actions[act_id].setText(f"{label}: {i18n.tr(edit.name, 'Edits')}" if edit is not None else label)
            self._actions[act_id].setIconText(self.acts[act_id].caption())

    # ---- texts and keys

    def retranslate(self) -> None:
        for name, text in MENUS:
            self._menus[name].setTitle(i18n.tr(text, "Acts"))
        for act in self.acts.values():
            self._actions[act.id].setText(act.label())
            self._actions[act.id].setIconText(act.caption())
        for name, title in (("main", self.tr("Main toolbar")), ("tools", self.tr("Tools"))):
            self._toolbars[name].setWindowTitle(title)
        for entry in PANELS.values():
            self._docks[entry.name].setWindowTitle(i18n.tr(entry.title))
        self._apply_keys()
        self._name_history()

    def _apply_keys(self) -> None:
        chosen = self.workbench.settings.shortcuts
        for act in self.acts.values():
            action = self._actions[act.id]
            keys = [QKeySequence(key) for key in keys_of(act.id, act.keys, chosen)]
            action.setShortcuts(keys)
            shown = ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
            action.setToolTip(f"{act.plain()} ({shown})" if shown else act.plain())
            action.setStatusTip("")

    # ---- the window's own events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape in a field or a list that has no use for it gives the keyboard back to the image."""
        if event.key() == Qt.Key.Key_Escape and not self.canvas.isHidden():
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return step_in_sight(self, lambda: super(MainWindow, self).focusNextPrevChild(forward))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for entry in PANELS.values():
            if self._docks[entry.name].isVisible():
                self._build_panel(entry, self._docks[entry.name])

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.workbench.busy:
            event.ignore()
            return
        if not self.workbench.save() and not self._leaving_unsaved:
            self._leaving_unsaved = True
            self.workbench.message.emit("Close again to leave all the same: the journal keeps what is not saved.")
            event.ignore()
            return
        settings = self.workbench.settings
        settings.window_geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        settings.window_state = bytes(self.saveState().toBase64().data()).decode()
        others = [name for name in LAYERS if name != "labels"]  # whose opacity is a preference
        settings.layer_opacity = {name: self.canvas.layer_opacity(name) for name in others}
        settings.outlines = self.canvas.outline
        self._timer.stop()
        self.workbench.shut_down()
        super().closeEvent(event)

    def _restore_layout(self) -> None:
        settings = self.workbench.settings
        for name, opacity in settings.layer_opacity.items():
            if name in LAYERS:
                self.canvas.set_layer_opacity(name, opacity)
        self.canvas.outline = settings.outlines
        if settings.window_geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode()))
            self.restoreState(QByteArray.fromBase64(settings.window_state.encode()))
        else:
            self._size_docks()

    def _size_docks(self) -> None:
        for area, width in _WIDTHS.items():
            entries = [entry for entry in PANELS.values() if entry.area == area]
            docks = [self._docks[entry.name] for entry in entries]
            self.resizeDocks(docks, [entry.height for entry in entries], Qt.Orientation.Vertical)
            self.resizeDocks(docks[:1], [width], Qt.Orientation.Horizontal)

    def reset_layout(self) -> None:
        """Put panels and toolbars where a new window has them."""
        self.restoreState(self._as_made)
        self._size_docks()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            asking.take_dropped(self, paths)
            event.acceptProposedAction()
