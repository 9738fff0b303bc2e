"""Work items of our TOPs: what comes from above, where the work is done, what is expected of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import hou

from lightmould.errors import SettingsError
from lightmould.houdini import parameters as p
from lightmould.jobs import job_file, parts
from lightmould.model import Job
from lightmould.settings import Settings
from lightmould.tools.pdg import command_line

if TYPE_CHECKING:  # PDG hands us what we use of it
    import pdg

GEOMETRY, TEXT = "file/geo", "file/json"
"""Tags of the files that PDG expects; pictures are reported by the work item's process."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a work item is made from.

    Attributes:
        index: of the item above, and of the one that is made of it.
        item: the one above; None at the top of a network.
        members: the items of `item`, if it is a partition; else itself, if there is one.
    """

    index: int
    item: pdg.WorkItem | None
    members: tuple[pdg.WorkItem, ...]

    def text(self, name: str) -> str:
        """A string attribute of the item above; empty where it has none."""
        for one in self.members:
            if one.hasAttrib(name):
                return one.stringAttribValue(name)
        return ""


@dataclass(frozen=True, slots=True)
class Generation:
    """One call of PDG for the work items of a TOP.

    Attributes:
        node: of the pythonprocessor.
        asset: our TOP around it, which has the parameters.
        holder: takes the items.
        above: the items of the TOP above.
    """

    node: pdg.Node
    asset: hou.OpNode
    holder: pdg.WorkItemHolder
    above: tuple[pdg.WorkItem, ...]

    @classmethod
    def of(
        cls, node: pdg.Node, holder: pdg.WorkItemHolder, above: Sequence[pdg.WorkItem] | None
    ) -> Self:
        """What PDG handed to a callback."""
        return cls(node, enclosing(node), holder, tuple(above or ()))

    def sources(self) -> Iterator[Source]:
        """Each item above, active while it is looked at: parameters may name its attributes."""
        if not self.above:
            yield Source(0, None, ())
        for item in self.above:
            members = item.partitionItems if item.isPartition else (item,)
            with item.makeActive():
                yield Source(max(item.index, 0), item, tuple(members))

    def path(self, name: str, source: Source, attribute: str = "") -> Path | None:
        """A file that a parameter names, else the item above by an attribute; None without."""
        found = p.text(self.asset, name) or source.text(attribute)
        return Path(self.node.scheduler.localizePath(found)) if found else None

    def folder(self, source: Source) -> Path:
        """Where an item's work is done.

        PDG may ask for the items one by one, so that nobody knows whether there will be more: the
        first has the folder itself, the others have theirs beside it.

        Raises:
            SettingsError: none is named.
        """
        named = self.path("folder", source)
        if named is None:
            where, wanted = f"{self.asset.path()}: folder", "a folder"
            raise SettingsError(where, "none", wanted, "Name one, for example $HIP/lightmould/$OS.")
        return beside(named.absolute(), source.index)

    def add(self, source: Source, job: Job, index: int, settings: Settings) -> pdg.WorkItem:
        """A work item that runs a job; what it has made already is kept as the TOP is asked.

        Its attribute `lm_job` is the job's folder, and PDG expects the manifests of its steps.
        """
        parts.settle(job, cast("parts.Keep", p.text(self.asset, "cache_mode")))
        item = self.holder.addWorkItem(parent=source.item, index=index)
        python = Path(str(settings.worker.python)).as_posix()
        known = self.node.scheduler.delocalizePath((job.folder / job_file.NAME).as_posix())
        item.setCommand(command_line(python, known))
        item.setLabel(job.name)
        item.setStringAttrib("lm_job", job.folder.as_posix())
        for step in job.steps:
            self.expect(item, step.manifest, TEXT if step.manifest.suffix == ".json" else "")
        return item

    def expect(self, item: pdg.WorkItem, path: Path, tag: str) -> None:
        """Let PDG expect a file of an item, and take the item's work as done if it is there."""
        known = self.node.scheduler.delocalizePath(path.as_posix())
        item.addExpectedOutputFile(known, tag, False)  # noqa: FBT003  # PDG's own order


def beside(folder: Path, index: int) -> Path:
    """The folder of one of several items."""
    return folder.with_name(f"{folder.name}_{index}") if index else folder


def enclosing(node: pdg.Node) -> hou.OpNode:
    """Our TOP around a pythonprocessor."""
    inner = node.topNode()
    found = inner.parent()
    if not isinstance(found, hou.OpNode):
        fix = "Make the node anew from the Lightmould menu."
        raise SettingsError(inner.path(), "no asset around it", "one of our TOPs", fix)
    return found
