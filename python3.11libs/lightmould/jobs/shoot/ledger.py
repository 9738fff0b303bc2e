"""What of a request is done, by what the dataset's folder holds."""

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from lightmould.dataset import quarantine, records
from lightmould.dataset.develop import develop
from lightmould.dataset.images import Pixels
from lightmould.dataset.passes import CHANNELS
from lightmould.dataset.quarantine import SetAside
from lightmould.dataset.records import FrameRecord, Rendered
from lightmould.errors import DatasetError, JobError
from lightmould.model import Dataset, Frame, FrameKind, View
from lightmould.tools.blender import RenderRequest

KINDS: tuple[FrameKind, ...] = ("data", "color")
"""The frames of a view, in the order in which they are taken."""

CYCLES = "CYCLES"
"""The engine of every data frame, as Blender calls it."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes frames now.

    Attributes:
        blender: version.
        engine: of the color frames.
        device: what that runs on.
        instances: names of the objects, in the order of their numbers.
    """

    blender: str
    engine: str
    device: str
    instances: tuple[str, ...]

    def record(self, frame: Frame, key: str, files: dict[str, str]) -> FrameRecord:
        """That it made these files."""
        if frame.kind == "color" or self.engine == CYCLES:
            return FrameRecord(key, self.blender, self.engine, self.device, files)
        return FrameRecord(key, self.blender, CYCLES, "CPU", files)


class Ledger:
    """The frames of a request and their files.

    Args:
        asked: what is to be rendered, and where it is to lie.
        planned: the dataset that it is part of.

    Raises:
        DatasetError: a view is asked for that is not planned.
    """

    def __init__(self, asked: RenderRequest, planned: Dataset) -> None:
        self.folder = asked.folder
        self._keys = {view.name: view.key for view in asked.views}
        views = {view.camera.name: view for view in planned.views}
        unknown = sorted(set(self._keys) - set(views))
        if unknown:
            fix = "Plan the job again."
            raise DatasetError(self.folder, f"views {unknown} unplanned", "planned ones", fix)
        self._views = {name: views[name] for name in self._keys}

    def done(self, blender: str) -> dict[Frame, FrameRecord]:
        """The frames that this version of Blender would make again just so."""
        found = ((frame, self._done(frame, blender)) for frame in self._frames())
        return {frame: record for frame, record in found if record is not None}

    def missing(self, done: Collection[Frame]) -> list[Frame]:
        """The frames that are not among these, view by view."""
        return [frame for frame in self._frames() if frame not in done]

    def keep(self, frame: Frame, layers: dict[str, Pixels], maker: Maker) -> FrameRecord:
        """Write a frame's files, then its record; may be called by several threads.

        Raises:
            DatasetError: the layers are not those of such a frame.
            JobError: a file can't be written.
        """
        files = develop(self.folder, self._views[frame.view], frame.kind, layers)
        record = maker.record(frame, self._keys[frame.view], files)
        if "instance" in self._views[frame.view].passes and frame.kind == "data":
            record = replace(record, instances=maker.instances)
        records.write(self.folder, frame, record)
        return record

    def tidy(self) -> None:
        """Remove frames of ours that are not asked for, and what killed runs left aside."""
        for frame in [*records.found(self.folder)]:
            if frame.view not in self._keys:
                records.forget(self.folder, frame)
        for folder in self._folders():
            for path in (self.folder / folder).glob(".*.[0-9]*-[0-9]*.*"):
                path.unlink()

    def key(self, view: str) -> str:
        """Hash of all that decides a view's pixels."""
        return self._keys[view]

    def set_aside(self, blender: str) -> dict[str, SetAside]:
        """The views that are set aside for this version of Blender."""
        return {
            name: one
            for name, one in quarantine.read(self.folder).items()
            if (self._keys.get(name), blender) == (one.key, one.versions.get("blender"))
        }

    def close(self, done: dict[Frame, FrameRecord], missing: Collection[str]) -> None:
        """Say that all is there, but for some views."""
        names = [name for name in self._keys if name not in missing]
        views = {name: {kind: done[Frame(name, kind)] for kind in KINDS} for name in names}
        records.write_list(self.folder, Rendered(views, tuple(missing)))

    def make_folders(self) -> None:
        """Make the folders of all files.

        Raises:
            JobError: that is not possible.
        """
        for folder in self._folders():
            try:
                (self.folder / folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                fix = "Choose another folder, or allow writing there."
                found = (error.strerror or str(error)).lower()
                raise JobError(self.folder / folder, found, "a folder", fix) from error

    def open(self) -> None:
        """Take back that all is there."""
        (self.folder / records.LIST).unlink(missing_ok=True)

    def check_room(self, frames: Collection[Frame]) -> None:
        """Refuse what can't fit on the disk, even if it were compressed as usual.

        Raises:
            JobError: with both numbers.
        """
        wanted = sum(_size(self._views[frame.view], frame.kind) for frame in frames)
        free = shutil.disk_usage(self.folder).free
        if wanted > free:
            found = f"{free / 1e9:.3g} GB free"
            need = f"{wanted / 1e9:.3g} GB for {len({frame.view for frame in frames})} views"
            fix = "Free space, choose another disk, or ask for fewer or smaller views."
            raise JobError(self.folder, found, need, fix)

    def _folders(self) -> set[PurePosixPath]:
        files = {path.parent for view in self._views.values() for path in view.paths}
        return {PurePosixPath(records.FOLDER), *files}

    def _frames(self) -> Iterator[Frame]:
        return (Frame(name, kind) for name in self._keys for kind in KINDS)

    def _done(self, frame: Frame, blender: str) -> FrameRecord | None:
        record = records.read(self.folder, frame)
        made_as = (self._keys[frame.view], blender)
        if record is None or (record.key, record.blender) != made_as:
            return None
        wanted = {path.as_posix() for path in records.paths(self._views[frame.view], frame.kind)}
        same = set(record.files) == wanted and records.is_whole(self.folder, record)
        return record if same else None


_COMPRESSED = 0.5
"""What usually is left of a picture's bytes, at most."""


def _size(view: View, kind: FrameKind) -> float:
    """Bytes that a frame's files usually take, at most."""
    floats = 1 if kind == "color" else 1 + 3 + sum(CHANNELS[name] for name in view.passes)
    return _COMPRESSED * 4 * floats * view.camera.size[0] * view.camera.size[1]
