"""What a user may set, a frozen dataclass for each tool; read here and nowhere else.

Defaults give way to `lightmould.toml`, and that to the environment. In the file a tool is a
table and a field is a key; paths are relative to the file:

    [render]
    size = [512, 512]
    light = "studio.hdr"

How a reconstruction is done comes from a preset instead, a JSON file in `presets/` that holds its
differences from the defaults; a file of one's own may hold more.
"""

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from lightmould.errors import SettingsError
from lightmould.formats import codec, tables

FILE_NAME = "lightmould.toml"

Supervision: TypeAlias = Literal["depth", "normal"]

LightFrame: TypeAlias = Literal["world", "camera", "auto"]
IsosurfaceName: TypeAlias = Literal["dual", "dmtet", "flexicubes"]


def _from(variable: str) -> Any:
    """A text field that is unset unless the file or this variable says otherwise."""
    return field(default=None, metadata={"variable": variable})


def _within(default: Any, low: float, high: float) -> Any:
    """A number, or a tuple of them, from `low` to `high`."""
    return field(default=default, metadata={"range": (low, high)})


@dataclass(frozen=True, slots=True)
class Worker:
    """The programs that do the work.

    Attributes:
        python: interpreter that has the engine; LIGHTMOULD_PYTHON; unset is the running one.
        blender: Blender's program; LIGHTMOULD_BLENDER; unset is `blender` on PATH, else the bpy
            package of `python`.
    """

    python: str | None = _from("LIGHTMOULD_PYTHON")
    blender: str | None = _from("LIGHTMOULD_BLENDER")


@dataclass(frozen=True, slots=True)
class Render:
    """How views of a model are made.

    Attributes:
        size: width and height of a picture, pixels.
        views_train: pictures to learn from.
        views_test: pictures held out to score with.
        samples: paths a pixel, of pictures to learn from.
        test_samples: paths a pixel, of pictures to score with.
        bounces: how often light may bounce before it reaches the eye.
        denoise: whether pictures are cleaned of noise, where Blender has Open Image Denoise; pixels
            that are half covered then lose up to a tenth of their color.
        fov: horizontal field of view, radians.
        light: lat-long picture that lights the model; unset is even white light.
        seed: of the camera positions and the noise.
    """

    size: tuple[int, int] = _within((256, 256), 16, 8192)
    views_train: int = _within(60, 1, 10_000)
    views_test: int = _within(8, 1, 10_000)
    samples: int = _within(12, 1, 65_536)
    test_samples: int = _within(32, 1, 65_536)
    bounces: int = _within(3, 0, 64)
    denoise: bool = True
    fov: float = _within(0.7, 0.02, 2.5)
    light: Path | None = None
    seed: int = _within(0, 0, 2**31 - 1)

    def __post_init__(self) -> None:
        _check_ranges(self)


@dataclass(frozen=True, slots=True)
class Photos:
    """How photos become a dataset.

    Attributes:
        longest_side: of a picture, pixels; what is longer is made smaller by a whole factor.
    """

    longest_side: int = _within(1024, 16, 8192)

    def __post_init__(self) -> None:
        _check_ranges(self)


@dataclass(frozen=True, slots=True)
class ShapeLevel:
    """One pass over the shape at one resolution.

    Attributes:
        cells: along the object's longest side.
        steps: optimization steps.
        halvings: how often pictures of 512 pixels are halved before they are compared with; smaller
            ones are halved less often.
        batch: pictures per step.
        rate: roughly how far the surface moves at the first step, cells. Dents that no silhouette
            shows are many cells deep, and want long steps on coarse grids.
        smoothness: weight of the uniform Laplacian.
        settled: share of the rate at the last step; in between it falls by the same share each.
    """

    cells: int
    steps: int
    halvings: int
    batch: int
    rate: float = 0.06
    smoothness: float = 0.05
    settled: float = 0.1

    def speed(self, step: int) -> float:
        """The rate at a step, cells."""
        return float(self.rate * self.settled ** (step / self.steps))


@dataclass(frozen=True, slots=True)
class AppearanceLevel:
    """One pass over textures and light at one resolution.

    Attributes:
        halvings: how often the texture's side is halved, down to 128 texels.
        steps: optimization steps.
        every: of how many surface points each step looks at one.
        begin: factor on all rates at its first step.
        end: at its last step; in between it falls by the same share each step.
        finish: factor on the rates of roughness and metalness besides.
    """

    halvings: int
    steps: int
    every: int
    begin: float = 1.0
    end: float = 0.1
    finish: float = 1.0

    def speed(self, step: int) -> float:
        """Factor on all rates at a step."""
        return float(self.begin * (self.end / self.begin) ** (step / self.steps))


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """How shape, textures and light are found.

    Attributes:
        levels: passes over the shape, coarse to fine.
        refine_steps: least-squares steps that move the mesh's vertices onto the masks' contours and
            the colors of all pictures onto each other.
        faces: of the mesh, at most; roughly, and by coarser grids where there would be more.
        texture_size: texels along the side of each texture.
        appearance: passes over textures and light, coarse to fine.
        seed: of the order in which pictures are looked at.
        extent: side of a cube around the origin, metres; nothing is looked for outside of it.
            Unset, the masks alone say where the object is.
        base_mesh: an OBJ with uvs that keeps its shape and its atlas: textures and light are
            found, shape and atlas are not. Unset, there is nothing but the pictures.
        base_textures: whether the fit begins with the base mesh's own material, or with gray.
        light: lat-long picture of the light, with which the fit begins; unset is even light.
        light_scale: factor on the radiance of that picture.
        lock_light: whether the light stays as it is given.
        light_frame: what the light stands still with: world; camera, as when the object turned
            on a table; or auto, whichever explains the pictures better.
        kd_min: least albedo, linear RGB.
        kd_max: greatest albedo.
        ks_min: least occluded amount, roughness and metalness.
        ks_max: greatest of them.
        supervision: what the dataset knows beside colors and masks that the shape begins with:
            depth, or depth and normal.
        isosurface: how a grid becomes a mesh: dual is fast and even; dmtet, marching tetrahedra,
            has three times as many faces; flexicubes bends to edges.
    """

    levels: tuple[ShapeLevel, ...] = (ShapeLevel(40, 40, 2, 8), ShapeLevel(72, 40, 1, 6))
    refine_steps: int = _within(1, 0, 100)
    faces: int = _within(40_000, 100, 10_000_000)
    texture_size: int = _within(512, 16, 8192)
    appearance: tuple[AppearanceLevel, ...] = (
        AppearanceLevel(2, 60, 80, 1.0, 0.7),
        AppearanceLevel(0, 32, 24, 0.7, 0.03, 0.5),
    )
    seed: int = _within(0, 0, 2**31 - 1)
    extent: float | None = None
    base_mesh: Path | None = None
    base_textures: bool = True
    light: Path | None = None
    light_scale: float = _within(1.0, 0.0, 1e6)
    lock_light: bool = False
    light_frame: LightFrame = "auto"
    kd_min: tuple[float, float, float] = _within((0.0, 0.0, 0.0), 0.0, 1.0)
    kd_max: tuple[float, float, float] = _within((1.0, 1.0, 1.0), 0.0, 1.0)
    ks_min: tuple[float, float, float] = _within((0.0, 0.08, 0.0), 0.0, 1.0)
    ks_max: tuple[float, float, float] = _within((1.0, 1.0, 1.0), 0.0, 1.0)
    supervision: tuple[Supervision, ...] = ()
    isosurface: IsosurfaceName = "dual"

    def __post_init__(self) -> None:
        _check_ranges(self)


class _Presets(Mapping[str, Reconstruction]):
    """Presets by name, each read when it is asked for."""

    _names = ("draft", "standard", "hero")

    def __getitem__(self, name: str) -> Reconstruction:
        if name not in self._names:
            raise KeyError(name)
        return _reconstruction(_preset_file(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


PRESETS: Mapping[str, Reconstruction] = _Presets()
"""Reconstruction settings by name, from quick to patient."""


def reconstruction(preset: str, changes: Path | None = None) -> Reconstruction:
    """The settings of a preset, and on top of them those of a JSON file.

    Args:
        preset: one of `PRESETS`.
        changes: names and values of `Reconstruction`; what it does not name stays.

    Raises:
        SettingsError: there is no such preset or file.
        FormatError: the file is not JSON, or holds an unknown name or a value that doesn't fit.
    """
    if preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise SettingsError("--preset", repr(preset), f"one of: {known}", "Choose one of them.")
    files = (_preset_file(preset),) if changes is None else (_preset_file(preset), changes)
    return _reconstruction(*files)


def _preset_file(name: str) -> Path:
    return Path(__file__).parent / "presets" / f"{name}.json"


def _reconstruction(*files: Path) -> Reconstruction:
    """The defaults, changed by JSON objects; the last word on a field holds."""
    changes: dict[str, object] = {}
    for path in files:
        try:
            text = path.read_bytes()
        except OSError as error:
            found = error.strerror or str(error)
            fix = "Correct the path."
            raise SettingsError(path, found, "a file of settings", fix) from error
        codec.read(Reconstruction, text, path)  # names the file and the field if it doesn't fit
        changes |= codec.parse(text, path)
    return codec.read(Reconstruction, codec.write(changes), files[-1])


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may be set.

    Attributes:
        worker: the programs that do the work.
        render: how views of a model are made.
        photos: how photos become a dataset.
    """

    worker: Worker = field(default_factory=Worker)
    render: Render = field(default_factory=Render)
    photos: Photos = field(default_factory=Photos)


def load(folder: Path, environ: Mapping[str, str]) -> Settings:
    """The settings that hold for work in `folder`.

    Args:
        folder: where a `lightmould.toml` may lie.
        environ: the environment's variables.

    Raises:
        SettingsError: the file can't be read, or a name or a value in it is not known.
    """
    path = folder / FILE_NAME
    found = tables.read(path)
    tools = typing.get_type_hints(Settings)
    tables.check_names(str(path), found, tools)
    return Settings(
        **{name: _tool(kind, found.get(name, {}), path, environ) for name, kind in tools.items()}
    )


def _tool(kind: Any, table: Any, path: Path, environ: Mapping[str, str]) -> Any:
    where = f"{path}: {kind.__name__.lower()}"
    if not isinstance(table, dict):
        fix = "Begin the table with its name in brackets."
        raise SettingsError(where, repr(table), "a table", fix)
    hints = typing.get_type_hints(kind)
    tables.check_names(where, table, hints)
    values = {name: tables.value(hints[name], table[name], f"{where}.{name}") for name in table}
    for name, value in values.items():
        if isinstance(value, Path):
            values[name] = path.parent / value
    for one in fields(kind):
        from_environment = environ.get(one.metadata.get("variable", ""))
        if from_environment:
            values[one.name] = from_environment
    try:
        return kind(**values)
    except SettingsError as error:
        where = f"{path}: {error.where}"
        raise SettingsError(where, error.found, error.wanted, error.fix) from None


def _check_ranges(tool: Any) -> None:
    """Refuse numbers outside the range that their field declares."""
    for one in fields(tool):
        if "range" not in one.metadata:
            continue
        low, high = one.metadata["range"]
        value = getattr(tool, one.name)
        numbers = value if isinstance(value, tuple) else (value,)
        if not all(low <= number <= high for number in numbers):
            where = f"{type(tool).__name__.lower()}.{one.name}"
            raise SettingsError(where, str(value), f"{low} to {high}", "Choose a value in range.")
