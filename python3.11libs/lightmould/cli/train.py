"""`lightmould train`: a configuration file of nvdiffrec, run unchanged."""

import json as plain_json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from lightmould.errors import FormatError
from lightmould.formats import codec, nvdiffrec
from lightmould.model import Event, Record, Warned

_STEP = "train"


@Parameter(name="*", negative_iterable=())
@dataclass(frozen=True, slots=True)
class Changes:
    """What to do otherwise than the file says, by nvdiffrec's flags.

    Attributes:
        ref_mesh: An .obj to imitate, or a folder of views.
        base_mesh: An .obj with uvs that keeps its shape.
        out_dir: Results go to this folder within `out`.
        iter: Optimization steps of each pass.
        batch: Views a step.
        train_res: Height and width of the pictures to learn from.
        texture_res: Height and width of the textures.
        save_interval: Steps between previews; 0 is none.
        learning_rate: Of all passes.
        background: Of previews and validation: checker, black, white, reference or random.
        isosurface: How a mesh is made of a grid.
        validate: Whether views are scored after each pass.
    """

    ref_mesh: Annotated[str | None, Parameter(alias="--ref_mesh")] = None
    base_mesh: str | None = None
    out_dir: Annotated[str | None, Parameter(alias="-o")] = None
    iter: Annotated[int | None, Parameter(alias="-i")] = None
    batch: Annotated[int | None, Parameter(alias="-b")] = None
    train_res: Annotated[tuple[int, int] | None, Parameter(alias="-r")] = None
    texture_res: tuple[int, int] | None = None
    save_interval: int | None = None
    learning_rate: float | None = None
    background: str | None = None
    isosurface: Literal["dmtet", "flexicubes"] | None = None
    validate: bool | None = None


def train(
    *,
    config: Path,
    changes: Changes | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Reconstruct as a configuration of nvdiffrec says, into `out` of the current folder.

    Prints nvdiffrec's lines; warnings go to standard error. Paths in the file are relative to the
    current folder, else to the file. A flag beats the file. Run again, it goes on where it was.

    Args:
        config: nvdiffrec's JSON file.
        changes: What to do otherwise.
        json: Print one JSON line per event instead of nvdiffrec's lines.
    """
    read = _read(config, changes or Changes())
    # Seconds of torch and numba that no other verb needs.
    from lightmould.engine import train as engine  # noqa: PLC0415

    listener = engine.Listener(_nothing, _record) if json else engine.Listener(_print, _warn)
    engine.train(read, (Path(), config.parent), listener)
    return 0


def _read(path: Path, changes: Changes) -> nvdiffrec.Config:
    """The configuration of a file, changed by flags."""
    try:
        text = path.read_bytes()
    except OSError as error:
        found = error.strerror or str(error)
        raise FormatError(path, found, "a configuration", "Correct the path.") from error
    data = codec.parse(text, path)
    given = {name: value for name, value in asdict(changes).items() if value is not None}
    if not given or not isinstance(data, dict):
        return nvdiffrec.read(text, path)
    return nvdiffrec.read(plain_json.dumps(data | given), path)


def _print(line: str) -> None:
    # Whoever watches through a pipe must not wait for a block to fill.
    sys.stdout.write(line)
    sys.stdout.flush()


def _warn(event: Event) -> None:
    if isinstance(event, Warned):
        sys.stderr.write(f"warning: {event.message}\n")


def _record(event: Event) -> None:
    _print(codec.write_line(Record(time.time(), _STEP, event)))


def _nothing(_: str) -> None:
    pass
