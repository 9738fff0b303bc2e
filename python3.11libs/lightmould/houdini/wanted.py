"""What a TOP network is to reconstruct, and which of our TOPs that takes; no Houdini is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from lightmould.dataset import manifest

Engine: TypeAlias = Literal["reconstruct", "nvdiffrec"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a network is to do.

    Attributes:
        source: a model file, a folder of photos with their poses, or a dataset's folder.
        folder: each TOP works in a folder of its own below it.
        engine: the TOP that reconstructs.
        values: parameters by name, for each TOP by its name.
        importing: bring the asset into the scene at the end.
    """

    source: Path
    folder: Path
    engine: Engine = "reconstruct"
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    importing: bool = True

    def row(self) -> tuple[str, ...]:
        """The TOPs, in order."""
        first: tuple[str, ...] = ()
        if not self.source.is_dir():
            first = ("camera_rig", "blender_render", "assemble_dataset")
        elif not (self.source / manifest.NAME).is_file():
            first = ("assemble_dataset",)
        last = ("import_asset",) if self.importing else ()
        return (*first, self.engine, *last)

    def parameters(self, kind: str) -> dict[str, Any]:
        """What one of its TOPs is asked."""
        named = {"camera_rig": "model", "assemble_dataset": "photos", self.engine: "dataset"}
        found: dict[str, Any] = {}
        if kind == self.row()[0]:
            found[named[kind]] = self.source.as_posix()
        if kind != "import_asset":
            found["folder"] = (self.folder / kind).as_posix()
        return found | dict(self.values.get(kind, {}))
