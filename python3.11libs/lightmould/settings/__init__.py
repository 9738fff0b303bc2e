"""What a user may set, a frozen dataclass for each tool; read here and nowhere else.

Defaults give way to `lightmould.toml`, and that to the environment. In the file a tool is a
table and a field is a key; paths are relative to the file:

    [render]
    size = [512, 512]
    light = "studio.hdr"

How a reconstruction is done comes from a preset instead; see `reconstruction` and `presets`.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from lightmould.errors import SettingsError
from lightmould.formats import tables
from lightmould.model import Patience
from lightmould.model.dataset import PassName
from lightmould.settings.batches import Batches
from lightmould.settings.ranges import check_ranges, within

FILE_NAME = "lightmould.toml"

EngineName: TypeAlias = Literal["auto", "cycles", "eevee", "workbench"]
DeviceName: TypeAlias = Literal["auto", "cpu", "gpu"]


def _from(variable: str) -> Any:
    """A text field that is unset unless the file or this variable says otherwise."""
    return field(default=None, metadata={"variable": variable})


@dataclass(frozen=True, slots=True)
class Worker:
    """The programs that do the work.

    Attributes:
        python: interpreter that has the engine; LIGHTMOULD_PYTHON; unset is the running one.
        jobs: folders of jobs that the panel shows at first, as PATH lists them; LIGHTMOULD_JOBS.
        blender: Blender's program; LIGHTMOULD_BLENDER; unset is `blender` on PATH, else the bpy
            package of `python`.
    """

    python: str | None = _from("LIGHTMOULD_PYTHON")
    jobs: str | None = _from("LIGHTMOULD_JOBS")
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
        passes: data pictures beside mask, depth and normal; see `lightmould.model.dataset.PASSES`.
        engine: Blender's, of the color pictures; auto is Cycles. Data pictures are always Cycles'.
        device: where Cycles renders; auto is a GPU if one renders a test, else the processor.
        recycle: views after which Blender is started anew, so that what it loses stays little.
        deaths: times that Blender may die at a view before that is set aside.
        allow_missing: views that may be missing in the end because they were set aside.
        frame_minutes: how long Blender may take for a frame before it is ended.
    """

    size: tuple[int, int] = within((256, 256), 16, 8192)
    views_train: int = within(60, 1, 10_000)
    views_test: int = within(8, 1, 10_000)
    samples: int = within(12, 1, 65_536)
    test_samples: int = within(32, 1, 65_536)
    bounces: int = within(3, 0, 64)
    denoise: bool = True
    fov: float = within(0.7, 0.02, 2.5)
    light: Path | None = None
    seed: int = within(0, 0, 2**31 - 1)
    passes: tuple[PassName, ...] = ()
    engine: EngineName = "auto"
    device: DeviceName = "auto"
    recycle: int = within(500, 1, 1_000_000)
    deaths: int = within(2, 1, 100)
    allow_missing: int = within(0, 0, 1_000_000)
    frame_minutes: float = within(120.0, 0.001, 1e5)

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class Photos:
    """How photos become a dataset.

    Attributes:
        longest_side: of a picture, pixels; what is longer is made smaller by a whole factor.
    """

    longest_side: int = within(1024, 16, 8192)

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class Nvdiffrec:
    """The user's own nvdiffrec, for `--engine nvdiffrec`.

    Attributes:
        checkout: folder of its train.py; LIGHTMOULD_NVDIFFREC.
        python: interpreter of its venv or conda environment; LIGHTMOULD_NVDIFFREC_PYTHON.
        gpu: index or UUID of the GPU to use, as nvidia-smi lists them; LIGHTMOULD_NVDIFFREC_GPU;
            unset is the first one.
        extensions: folder for what torch compiles; unset is one in the user's cache for each
            machine, interpreter and checkout.
        quiet_minutes: how long it may print nothing, unwrapping and compiling apart, before it is
            ended.
        atlas_minutes: how long it may unwrap its mesh, which it does in silence.
        build_minutes: how long it may compile, which it does in silence.
        diffuse_gain: factor on the albedo of what is no metal: 1.08 makes up for nvdiffrec's
            measure of diffuse light in an exact renderer.
    """

    checkout: str | None = _from("LIGHTMOULD_NVDIFFREC")
    python: str | None = _from("LIGHTMOULD_NVDIFFREC_PYTHON")
    gpu: str | None = _from("LIGHTMOULD_NVDIFFREC_GPU")
    extensions: Path | None = None
    quiet_minutes: float = within(10.0, 0.01, 1e5)
    atlas_minutes: float = within(60.0, 0.01, 1e5)
    build_minutes: float = within(30.0, 0.01, 1e5)
    diffuse_gain: float = within(1.0, 0.5, 2.0)

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class Paths:
    """Where folders of other machines lie on this one; see `lightmould.jobs.path_map`.

    Attributes:
        rules: pairs of a folder as it is called elsewhere and as it is called here.
        file: rules as Open Job Description writes them; LIGHTMOULD_PATHMAP.
        houdini: rules as Houdini has them; HOUDINI_PATHMAP.
        pdg: rules as PDG has them; PDG_PATHMAP.
        zone: what PDG calls machines like this one; PDG_PATHMAP_ZONE; unset is LINUX, MAC or WIN.
    """

    rules: tuple[tuple[str, str], ...] = ()
    file: str | None = _from("LIGHTMOULD_PATHMAP")
    houdini: str | None = _from("HOUDINI_PATHMAP")
    pdg: str | None = _from("PDG_PATHMAP")
    zone: str | None = _from("PDG_PATHMAP_ZONE")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may be set.

    Attributes:
        worker: the programs that do the work.
        render: how views of a model are made.
        photos: how photos become a dataset.
        batches: random views of a model.
        nvdiffrec: another engine, that the user has installed.
        patience: how often jobs are tried again, and for how long they may hang.
        paths: where folders of other machines lie on this one.
    """

    worker: Worker = field(default_factory=Worker)
    render: Render = field(default_factory=Render)
    photos: Photos = field(default_factory=Photos)
    batches: Batches = field(default_factory=Batches)
    nvdiffrec: Nvdiffrec = field(default_factory=Nvdiffrec)
    patience: Patience = field(default_factory=Patience)
    paths: Paths = field(default_factory=Paths)


def load(folder: Path, environ: Mapping[str, str]) -> Settings:
    """The settings that hold for work in `folder`.

    Args:
        folder: where a `lightmould.toml` may lie.
        environ: the environment's variables.

    Raises:
        SettingsError: the file can't be read, or a name or a value in it is not known.
    """
    return read(folder / FILE_NAME, environ)


def read(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a file of any name; the defaults where there is none.

    Raises:
        SettingsError: the file can't be read, or a name or a value in it is not known.
    """
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
        values[name] = _from_folder(value, path.parent)
    for one in fields(kind):
        from_environment = environ.get(one.metadata.get("variable", ""))
        if from_environment:
            values[one.name] = from_environment
    try:
        return kind(**values)
    except SettingsError as error:
        where = f"{path}: {error.where}"
        raise SettingsError(where, error.found, error.wanted, error.fix) from None


def _from_folder(value: Any, folder: Path) -> Any:
    """A value whose relative paths begin at a folder."""
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, tuple):
        return tuple(_from_folder(one, folder) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        known = {one.name: getattr(value, one.name) for one in fields(value)}
        return replace(value, **{k: _from_folder(v, folder) for k, v in known.items()})
    return value
