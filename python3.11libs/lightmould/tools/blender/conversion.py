"""What Blender is asked to make an OBJ of, as the script inside it reads it."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Literal, TypeAlias

from lightmould.errors import FormatError, SettingsError
from lightmould.model import Material

Axis: TypeAlias = Literal["y", "z"]

SILENT: dict[str, Axis] = {".obj": "y", ".ply": "z", ".stl": "z"}
"""Formats that tell neither the axis that points up nor the unit; the axis that is usual."""

TELLING = (".fbx", ".gltf", ".glb", ".usd", ".usda", ".usdc", ".usdz", ".blend")
"""Formats that tell both."""

MODELS = (*SILENT, *TELLING)
"""Endings of the model files that Blender reads."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How a model is put into our world: Y-up, metres.

    Attributes:
        up: the axis that points up in a file that does not tell; unset is y in OBJ, z in PLY, STL.
        unit: metres that 1 stands for in a file that does not tell.
        normalize: scale and move the model: longest side 1 metre, its box around the origin.
    """

    up: Axis | None = None
    unit: float = 1.0
    normalize: bool = False

    def __post_init__(self) -> None:
        if not (self.unit > 0 and isfinite(self.unit)):
            raise SettingsError("unit", f"{self.unit}", "metres above 0", "Correct it.")

    def check(self, model: Path) -> None:
        """Refuse a file that no Blender reads, and to overrule one that tells.

        Raises:
            FormatError: its ending is not one of `MODELS`.
            SettingsError: an axis or a unit for a format that tells its own.
        """
        kind = model.suffix.lower()
        if kind not in MODELS:
            found = f"a {model.suffix or 'nameless kind of'} file"
            raise FormatError(model, found, f"one of {', '.join(MODELS)}", "Export it as one.")
        if kind in TELLING and (self.up is not None or self.unit != 1):
            found, wanted = f"an axis or a unit for {kind}", f"them for {', '.join(SILENT)} only"
            raise SettingsError(model, found, wanted, "Leave them out: the file tells its own.")


@dataclass(frozen=True, slots=True)
class ConversionRequest:
    """All that the conversion script needs to know; paths are absolute.

    Attributes:
        folder: where model.obj, model.mtl, textures and model.json are to lie.
        model: a file of one of `MODELS`.
        hash: its sha256; another file is not read in its place.
        materials: of an OBJ, as we read it; of other formats Blender reads them.
        up: axis that points up in the file, where it does not tell.
        unit: metres that 1 stands for, where the file does not tell.
        normalize: see `Placement`.
    """

    folder: Path
    model: Path
    hash: str
    materials: tuple[Material, ...]
    up: Axis
    unit: float
    normalize: bool
