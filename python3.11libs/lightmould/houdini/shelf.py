"""The shelf Lightmould: what is selected becomes a network that reconstructs it, and cooks.

Who asks is handed in: the dialog is the panel's, which knows no Houdini. With nobody to ask, in
hython, answers are taken from `kwargs`: `source`, `folder`, `preset`, `engine`, as of a `Choice`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import hou

from lightmould.errors import SettingsError, ToolError
from lightmould.houdini import models, network, nodes, telling, worker
from lightmould.houdini.geometry import word
from lightmould.houdini.wanted import Engine, Wanted
from lightmould.jobs import asking, estimate
from lightmould.jobs.estimate import Choice, Question, Rows
from lightmould.tools import own

Ask: TypeAlias = Callable[
    [Question, Callable[[Choice], Rows], Callable[[Choice], None], Any], object
]
"""Shows a question with what any answer will take, and calls back with the answer; in a window."""

JOBS_PANEL = "lightmould_jobs"
_JOBS_SIZE = (1100, 700)  # pixels
_DOCTOR_SECONDS = 60.0


def reconstruct(kwargs: Mapping[str, Any], ask: Ask | None = None) -> None:
    """Reconstruct the SOP or object that is selected, or a model that is chosen.

    Args:
        kwargs: of the shelf tool; answers besides, see above.
        ask: shows a question; None takes the answers that there are.
    """
    with telling.in_window("Reconstruct"):
        node = _selected(kwargs)
        if node is None:
            given = kwargs.get("source", "")
            question = Question(Choice(Path(given), _folder("model")), given)
        else:
            name = word(node.name() if isinstance(node, hou.ObjNode) else _object(node).name())
            choice = Choice(_source(_folder(name)), _folder(name))
            question = Question(choice, node.path(), is_fixed=True)
        _begin(_answered(question, kwargs), node, ask)


def reconstruct_photos(kwargs: Mapping[str, Any], ask: Ask | None = None) -> None:
    """Reconstruct what a folder of photos and their poses show, or a dataset."""
    with telling.in_window("Reconstruct from Photos"):
        given = kwargs.get("source", "")
        question = Question(Choice(Path(given), _folder("photos")), given, is_photos=True)
        _begin(_answered(question, kwargs), None, ask)


def job_panel(_kwargs: Mapping[str, Any]) -> None:
    """Open the panel of jobs in a window of its own."""
    with telling.in_window("Job Panel"):
        _check_ui("Job Panel")
        interface = hou.pypanel.interfaceByName(JOBS_PANEL)
        if interface is None:
            fix = "Start Houdini with HOUDINI_PACKAGE_DIR set to lightmould's folder."
            raise ToolError("Houdini", f"no Python panel {JOBS_PANEL!r}", "lightmould's", fix)
        hou.ui.curDesktop().createFloatingPaneTab(
            hou.paneTabType.PythonPanel,
            size=_JOBS_SIZE,
            python_panel_interface=interface,
            immediate=True,
        )


def doctor(_kwargs: Mapping[str, Any]) -> str:
    """Show what is installed and what is missing, as `lightmould doctor` says it."""
    text = ""
    with telling.in_window("Doctor"):
        python = worker.load().worker.python or ""
        (answer,) = asking.ask((own.doctor(python, Path.cwd(), os.environ),), _DOCTOR_SECONDS)
        text = "\n".join(answer.lines) or "The worker said nothing."
        if hou.isUIAvailable():
            whole = "Everything is there." if answer.code == 0 else "Something is missing."
            hou.ui.displayMessage(
                whole, title="Lightmould Doctor", details=text, details_expanded=True
            )
    return text


def start(choice: Choice, node: hou.OpNode | None) -> hou.OpNode:
    """Build the network of a reconstruction and cook it, without waiting; one step to undo.

    Args:
        choice: what is wanted.
        node: whose geometry is written to `choice.source` first; None takes what lies there.

    Raises:
        LightmouldError: the geometry, the source or the network can't be as asked.
    """
    name = word(choice.folder.name)
    with hou.undos.group("Reconstruct"):
        if node is not None:
            _write(node, choice.source.parent)
        elif choice.source == Path() or not choice.source.exists():
            fix = "Select an object or a SOP, or name a file or a folder."
            raise SettingsError(choice.source, "nothing there", "a model or a folder", fix)
        engine: Engine = "nvdiffrec" if choice.engine == "nvdiffrec" else "reconstruct"
        values = {engine: {"preset": choice.preset}, "import_asset": {"object_name": name}}
        wanted = Wanted(choice.source, choice.folder, engine, values)
        made = network.build(nodes.at("/obj"), f"reconstruct_{name}", wanted)
        made.setSelected(True, clear_all_selected=True)
    last = network.tops(made)[-1]
    if isinstance(last, hou.TopNode):
        last.cookWorkItems(block=False, save_prompt=False)
    return made


def _answered(question: Question, kwargs: Mapping[str, Any]) -> Question:
    """The question with the answers that the caller gives already."""
    given = {name: kwargs[name] for name in ("preset", "engine") if name in kwargs}
    if "folder" in kwargs:
        given["folder"] = Path(kwargs["folder"])
    return replace(question, choice=replace(question.choice, **given))


def _begin(question: Question, node: hou.OpNode | None, ask: Ask | None) -> None:
    """Ask, then start; or start at once where nobody can be asked."""
    if ask is None:
        _started(node, question.choice)
        return
    settings = worker.load()
    ask(
        question,
        lambda choice: estimate.told(estimate.estimate(choice, settings)),
        partial(_asked, node),
        hou.qt.mainWindow(),
    )


def _asked(node: hou.OpNode | None, choice: Choice) -> None:
    with telling.in_window("Reconstruct"):
        _started(node, choice)


def _started(node: hou.OpNode | None, choice: Choice) -> None:
    # Where a node is written to follows from the folder.
    start(choice if node is None else replace(choice, source=_source(choice.folder)), node)


def _source(folder: Path) -> Path:
    """Where the model of a node is written."""
    return folder / "source" / models.NAME


def _selected(kwargs: Mapping[str, Any]) -> hou.OpNode | None:
    """The SOP or the object to reconstruct; None where nothing is selected, or a file is named."""
    if kwargs.get("source"):
        return None
    usable = [
        node
        for node in hou.selectedNodes()
        if isinstance(node, hou.SopNode)
        or (isinstance(node, hou.ObjNode) and isinstance(node.displayNode(), hou.SopNode))
    ]
    if len(usable) > 1:
        found = ", ".join(node.path() for node in usable)
        raise SettingsError("selection", found, "one object or SOP", "Select one of them.")
    return usable[0] if usable else None


def _object(node: hou.OpNode) -> hou.ObjNode:
    above = node.parent()
    while above is not None and not isinstance(above, hou.ObjNode):
        above = above.parent()
    if above is None:
        raise SettingsError(node.path(), "no object around it", "one", "Select it in an object.")
    return above


def _write(node: hou.OpNode, folder: Path) -> None:
    """The model that a SOP or an object shows, in world space, with its materials."""
    holder = node if isinstance(node, hou.ObjNode) else _object(node)
    sop = node.displayNode() if isinstance(node, hou.ObjNode) else node
    geometry = sop.geometry() if isinstance(sop, hou.SopNode) else None
    if geometry is None:
        raise SettingsError(node.path(), "no geometry", "a model", "Select what shows one.")
    asset = models.transformed(models.read(geometry, node.path()), holder.worldTransform())
    own_material = holder.parm("shop_materialpath")
    models.write(asset, folder, "" if own_material is None else own_material.evalAsString())


def _folder(name: str) -> Path:
    """Where a job of that name goes unless somebody says otherwise."""
    jobs = hou.text.expandString("$LIGHTMOULD_JOBS")
    return Path(jobs or hou.text.expandString("$HIP/lightmould")) / name


def _check_ui(title: str) -> None:
    if not hou.isUIAvailable():
        fix = "Use `lightmould jobs`, or start Houdini with its windows."
        raise ToolError(title, "no user interface", "one", fix)
