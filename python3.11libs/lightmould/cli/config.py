"""`lightmould config`: nvdiffrec's configurations, listed, shown, explained, compared, checked."""

import json as plain_json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from lightmould import settings
from lightmould.dataset import nerf_reader
from lightmould.errors import FormatError, LightmouldError, SettingsError
from lightmould.formats import codec, nvdiffrec
from lightmould.formats.files import write_atomically
from lightmould.formats.nvdiffrec import Config
from lightmould.settings import presets
from lightmould.tools.nvdiffrec.config import faults, ignored

app = App(name="config", help="Show, explain, compare, check and write nvdiffrec's configurations.")


@app.command(name="list")
def list_() -> int:
    """List the presets: ours first, then what nvdiffrec's authors published."""
    for name in presets.trainings():
        one = presets.training(name)
        size = "x".join(map(str, reversed(one.texture_res)))
        told = f"{one.iter} steps a pass, {one.batch} views a step, grid {one.dmtet_grid}, {size}"
        sys.stdout.write(f"{name:15} {told}, {one.ref_mesh}\n")
    return 0


@app.command
def show(which: str, *, every: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Print a configuration as JSON.

    Args:
        which: A preset's name, or a file.
        every: Also the keys that have their default.
    """
    config = _read(which)
    text = codec.write(nvdiffrec.flags(config)) + "\n" if every else nvdiffrec.write(config)
    sys.stdout.write(text)
    return 0


@app.command
def explain(*keys: str) -> int:
    """Say what keys mean, what they may be, and their defaults.

    Args:
        keys: All of them if none is named.
    """
    known = {one.name: one for one in nvdiffrec.explained()}
    for key in keys or known:
        if key not in known:
            nvdiffrec.of({key: None}, Path("--"))  # says what was probably meant
        one = known[key]
        default = f"; default {one.default}" if one.default else ""
        sys.stdout.write(f"{key}: {one.meaning}\n    {one.wanted}{default}\n")
    return 0


@app.command
def diff(one: str, other: str) -> int:
    """Print the keys that two configurations have different values of.

    Args:
        one: A preset's name, or a file.
        other: Likewise.
    """
    before, after = (nvdiffrec.flags(_read(which)) for which in (one, other))
    for key, value in before.items():
        if value != after[key]:
            sys.stdout.write(f"{key}: {_text(value)} -> {_text(after[key])}\n")
    return 0


@app.command
def write(
    which: str,
    *,
    out: Path,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = (),
) -> int:
    """Write a configuration, changed, once it is one that nvdiffrec would not stumble over.

    Args:
        which: A preset's name, or a file.
        out: The JSON file to write.
        set_: KEY=VALUE, the value as JSON or plain text; as often as wanted.
    """
    changes = dict(_change(text) for text in set_)
    config = nvdiffrec.of(nvdiffrec.flags(_read(which)) | changes, Path(which))
    write_atomically(out, nvdiffrec.write(config))
    return 0


@app.command
def check(which: str, *, dataset: Path | None = None) -> int:
    """Say what would fail, and what would be ignored in silence; exits with 1 if anything fails.

    The checkout is the one that LIGHTMOULD_NVDIFFREC or `[nvdiffrec]` names.

    Args:
        which: A preset's name, or a file.
        dataset: A folder of views to use as ref_mesh: its pictures and cameras are looked at, too.
    """
    config, wrong = _read(which), list[LightmouldError]()
    if dataset is not None:
        height, width = config.train_res
        wrong += nerf_reader.faults(dataset, (width, height))
        config = nvdiffrec.of(nvdiffrec.flags(config) | {"ref_mesh": str(dataset)}, Path(which))
    checkout = settings.load(Path.cwd(), os.environ).nvdiffrec.checkout
    if checkout is not None:
        wrong += faults(config, Path(checkout).expanduser().absolute())
    for error in wrong:
        sys.stdout.write(f"wrong: {error}\n")
    for sentence in ignored(config):
        sys.stdout.write(f"odd: {sentence}\n")
    return int(bool(wrong))


def _read(which: str) -> Config:
    """A preset, or a file."""
    if which in presets.trainings():
        return presets.training(which)
    path = Path(which)
    try:
        return nvdiffrec.read(path.read_bytes(), path)
    except OSError as error:
        known = ", ".join(presets.trainings())
        found = error.strerror or str(error)
        raise FormatError(path, found, f"a file, or one of {known}", "Correct it.") from error


def _change(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise SettingsError("--set", repr(text), "KEY=VALUE", "Write --set iter=2000, say.")
    try:
        return key, plain_json.loads(value)
    except ValueError:
        return key, value  # plain text


def _text(value: object) -> str:
    return plain_json.dumps(value)
