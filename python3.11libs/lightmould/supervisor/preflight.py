"""Everything that can be known to fail, before nvdiffrec is started."""

import os
from collections.abc import Callable
from pathlib import Path

from lightmould.errors import JobError, SettingsError, ToolError
from lightmould.formats.nvdiffrec import Config
from lightmould.jobs import machine
from lightmould.jobs.asking import ask
from lightmould.model import Check, Event, Progress, Warned
from lightmould.tools.nvdiffrec import TrainRequest, probe
from lightmould.tools.nvdiffrec.config import faults, ignored
from lightmould.tools.nvdiffrec.files import Views

PATIENCE = 90.0
"""Seconds for its interpreter to answer: torch alone may take 20 from a cold disk."""

_TEXTURES = 3
_PANELS = 6  # of a preview, at most
_MESH = 50_000_000  # bytes of text


def check(
    asked: TrainRequest, config: Config, views: Views, say: Callable[[Event], None]
) -> dict[str, str]:
    """Raise what would fail; tell what is only odd.

    Args:
        asked: what is to be run.
        config: the derived configuration.
        views: what it learns from.
        say: hears warnings.

    Returns:
        Versions of nvdiffrec's libraries, by name.

    Raises:
        LightmouldError: the first thing that would fail; the others are told as warnings.
    """
    say(Progress(0.0, "checking nvdiffrec's configuration, environment and disk"))
    found = list(faults(config, asked.setup.checkout))
    for error in found[1:]:
        say(Warned(str(error)))
    if found:
        raise found[0]
    for sentence in ignored(config):
        say(Warned(sentence))
    _check_space(asked.out, config, views)
    _check_space(asked.setup.checkout, config, views)
    _check_memory(config, views)
    return _check_environment(asked, say)


def _check_environment(asked: TrainRequest, say: Callable[[Event], None]) -> dict[str, str]:
    (answer,) = ask((probe.command(asked.setup, os.environ.get("PATH", "")),), PATIENCE)
    if answer.code is None:
        fix = "Run lightmould doctor --seconds 120: a library hangs as it loads."
        raise ToolError(asked.setup.python, f"no end in {PATIENCE:.0f} s", "its answers", fix)
    checks = list(probe.checks(asked.setup, answer.lines))
    failed = [one for one in checks if one.state == "FAIL"]
    for one in (*failed[1:], *(one for one in checks if one.state == "WARN")):
        say(Warned(f"{one.name}: {one.found}. {one.fix}"))
    if failed:
        raise _told(failed[0])
    return {one.name.removeprefix("nvdiffrec: "): one.found for one in checks}


def _told(failed: Check) -> ToolError:
    return ToolError(failed.name, failed.found, f"what {failed.purpose} needs", failed.fix)


def _check_space(folder: Path, config: Config, views: Views) -> None:
    needed = needed_space(config, views)
    free = machine.space(folder)
    if free < needed:
        found = f"{free / 1e9:.2f} GB free"
        fix = "Free space, or raise save_interval and switch validate off."
        raise JobError(folder, found, f"{needed / 1e9:.2f} GB for pictures and textures", fix)


def needed_space(config: Config, views: Views) -> int:
    """Bytes that a run writes, about: textures, previews and validation's pictures."""
    pixels = views.size[0] * views.size[1] * 3
    texels = config.texture_res[0] * config.texture_res[1] * 3
    shown = config.iter // config.save_interval + 1 if config.save_interval else 0
    shown += views.test if config.validate else 0
    return config.passes * (_TEXTURES * texels + _MESH + shown * _PANELS * pixels)


def _check_memory(config: Config, views: Views) -> None:
    """Pictures in memory are RGBA in single precision."""
    if not config.pre_load:
        return
    needed = (views.train + views.test) * views.size[0] * views.size[1] * 16
    free = machine.memory()
    if free is not None and free < needed:
        found, wanted = f"{free / 1e9:.1f} GB of memory", f"{needed / 1e9:.1f} GB for the pictures"
        fix = "Set pre_load to false, make the pictures smaller, or take fewer."
        raise SettingsError("nvdiffrec: pre_load", found, wanted, fix)
