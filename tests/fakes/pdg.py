"""A PDG for tests: work items, who holds them, and a network of TOPs that cooks them for real.

Every public name, and every argument that we give, is one that Houdini's own pdg has
(`pdg_names.json`; `tests/houdini/test_fake_pdg.py` compares them).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import Any

from fakes.pdg_server import LocalScheduler, Task

_TOKEN = "__PDG_DIR__"


@dataclass
class File:
    """A file that a work item has or is expected to make."""

    path: str
    tag: str
    own: bool = False


class WorkItem:
    """A work item; what is not Houdini's begins with an underscore."""

    def __init__(self, node: "Node", number: int, parent: "WorkItem | None", index: int) -> None:
        self.node, self.id, self.parent, self.index = node, number, parent, index
        self.name = f"{node.name}_{number}"
        self.command = ""
        self.state = "Uncooked"
        self.isPartition = False
        self.partitionItems: Sequence[WorkItem] = ()
        self.outputFiles: list[File] = []
        self.expectedOutputFiles: list[File] = []
        self._label = ""
        self._in_process = False
        self._attribs: dict[str, str | int] = dict(parent._attribs) if parent else {}

    def attribNames(self) -> list[str]:
        return sorted(self._attribs)

    def hasAttrib(self, name: str) -> bool:
        return name in self._attribs

    def stringAttribValue(self, name: str) -> str:
        value = self._attribs[name]
        assert isinstance(value, str)
        return value

    def intAttribValue(self, name: str) -> int:
        value = self._attribs[name]
        assert isinstance(value, int)
        return value

    def setStringAttrib(self, name: str, value: str) -> None:
        assert isinstance(value, str)
        self._attribs[name] = value

    def setIntAttrib(self, name: str, value: int) -> None:
        assert isinstance(value, int)
        self._attribs[name] = value

    def setLabel(self, label: str) -> None:
        self._label = label

    def setCommand(self, command: str) -> None:
        self.command = command

    def addExpectedOutputFile(self, path: str, tag: str, own: bool) -> None:
        self.expectedOutputFiles.append(File(path, tag, own))

    def addOutputFile(self, path: str, tag: str) -> None:
        self.outputFiles.append(File(path, tag))

    @contextmanager
    def makeActive(self) -> Iterator[None]:
        before, self.node._graph.active = self.node._graph.active, self
        yield
        self.node._graph.active = before


class WorkItemHolder:
    """Takes the work items that a node makes."""

    def __init__(self, node: "Node") -> None:
        self._node = node

    def addWorkItem(
        self, *, parent: WorkItem | None = None, index: int = -1, inProcess: bool = False
    ) -> WorkItem:
        item = WorkItem(self._node, self._node._graph.next_number(), parent, index)
        item._in_process = inProcess
        self._node._items.append(item)
        return item


class Scheduler:
    """What a node's scheduler tells of paths and threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.as_posix()
        self._on_main = 0

    def localizePath(self, path: str) -> str:
        return path.replace(_TOKEN, self._folder)

    def delocalizePath(self, path: str) -> str:
        inside = path == self._folder or path.startswith(self._folder + "/")
        return _TOKEN + path[len(self._folder) :] if inside else path

    def runOnMainThread(self, wait: bool, function: Callable[..., Any], *arguments: Any) -> Any:
        assert wait
        self._on_main += 1
        return function(*arguments)


class Node:
    """A pythonprocessor, in one of our TOPs."""

    def __init__(self, graph: "Graph", inner: Any) -> None:
        self.name = inner.parent().name()
        self.scheduler = graph.scheduler
        self._graph, self._inner = graph, inner
        self._items: list[WorkItem] = []

    def topNode(self) -> Any:
        return self._inner


@dataclass
class Cooked:
    """How one cook of a network went.

    Attributes:
        ran: work items whose process was started, by TOP.
        cached: work items whose files were all there.
        failed: work items that ended with another exit code than 0, with what they said.
    """

    ran: dict[str, int] = field(default_factory=dict)
    cached: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


class Graph:
    """TOPs one after the other, cooked as PDG does; `generate` is what our assets call.

    A TOP makes its items when those above have cooked. An item whose expected files are all there
    is not run. Cancelled, the running items get the signal, and nobody else does.
    """

    def __init__(
        self,
        tops: Sequence[Any],
        run: LocalScheduler,
        generate: Callable[..., None],
        cook_task: Callable[..., None],
    ) -> None:
        self.scheduler = Scheduler(run.folder)
        self.active: WorkItem | None = None
        self.running: list[Task] = []
        self.canceled = False
        self._number = 0
        self._tops, self._run = tops, run
        self._generate, self._cook_task = generate, cook_task
        self.nodes: list[Node] = []

    def items(self, node: Node) -> Sequence[WorkItem]:
        """What a node made in the last cook."""
        return node._items

    def cancel(self, how: Signals) -> None:
        """End what runs, and start nothing more."""
        self.canceled = True
        for task in tuple(self.running):
            task.process.send_signal(how)

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def cook(self) -> Cooked:
        """Make all work items anew and cook them; stops at the first TOP that fails."""
        told, above = Cooked(), list[WorkItem]()
        self.nodes, self.canceled = [], False
        for top in self._tops:
            node = Node(self, _Inner(top))
            self.nodes.append(node)
            if top.type().nameComponents()[2] == "assemble_dataset" and above:
                above = [self._partition(node, above)]
            for some in [[one] for one in above] or [[]]:  # "each upstream item is cooked"
                self._generate(node, WorkItemHolder(node), some)
            for item in node._items:
                self._cook_item(node, item, told)
                if told.failed or self.canceled:
                    return told
            above = node._items
        return told

    def _partition(self, node: Node, items: list[WorkItem]) -> WorkItem:
        """What a waitforall makes of the items above it."""
        found = WorkItem(node, self.next_number(), None, 0)
        found.isPartition, found.partitionItems = True, tuple(items)
        found.outputFiles = [file for item in items for file in item.outputFiles]
        return found

    def _cook_item(self, node: Node, item: WorkItem, told: Cooked) -> None:
        where = node.name
        expected = [self.scheduler.localizePath(file.path) for file in item.expectedOutputFiles]
        if item._in_process:
            self._cook_task(node, item)
            item.state, told.ran[where] = "CookedSuccess", told.ran.get(where, 0) + 1
            return
        if expected and all(Path(path).exists() for path in expected):
            item.state, told.cached[where] = "CookedCache", told.cached.get(where, 0) + 1
        else:
            task = self._run.start(item.command, item.id)
            self.running.append(task)
            told.ran[where] = told.ran.get(where, 0) + 1
            code = task.wait()
            self.running.remove(task)
            item.state = "CookedFail" if code else "CookedSuccess"
            if code:
                told.failed[item.name] = task.said
                return
            missing = [path for path in expected if not Path(path).exists()]
            assert missing == [], f"{item.name} made no {missing}"
        item.outputFiles += item.expectedOutputFiles


class _Inner:
    """The TOP node of a pythonprocessor, as far as our code asks it."""

    def __init__(self, asset: Any) -> None:
        self._asset = asset

    def parent(self) -> Any:
        return self._asset

    def path(self) -> str:
        return f"{self._asset.path()}/generator"
