"""Reconstructions of one dataset that differ in preset or seed, of which the best is kept."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from lightmould.errors import SettingsError
from lightmould.formats.nvdiffrec import Config
from lightmould.settings.reconstruction import Reconstruction

How: TypeAlias = Reconstruction | Config

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]*")


@dataclass(frozen=True, slots=True)
class Wedge:
    """One of them.

    Attributes:
        preset: its settings' name.
        seed: of chance; None where the engine takes none.
        how: its settings.
    """

    preset: str
    seed: int | None
    how: How

    def __post_init__(self) -> None:
        if not _PLAIN.fullmatch(self.preset):
            wanted, fix = "letters, digits, _ and .", "Rename the preset."
            raise SettingsError("--presets", repr(self.preset), wanted, fix)

    @property
    def name(self) -> str:
        """Its folder's, and its task's: `draft-0`."""
        return self.preset if self.seed is None else f"{self.preset}-{self.seed}"


def every(
    presets: Sequence[str], seeds: Sequence[int], how: Callable[[str], How]
) -> tuple[Wedge, ...]:
    """Every seed of every preset.

    Args:
        presets: names, in order.
        seeds: none: those that the presets name.
        how: the settings of a preset.

    Raises:
        SettingsError: a preset or a seed is named twice or is unknown, or the engine has no seed.
    """
    for flag, given in (("--presets", presets), ("--seeds", seeds)):
        if len(set(given)) != len(given):
            fix = "Name each once."
            raise SettingsError(flag, f"{list(given)}", "no two the same", fix)
    return tuple(wedge for preset in presets for wedge in _seeded(preset, seeds, how(preset)))


def _seeded(preset: str, seeds: Sequence[int], how: How) -> tuple[Wedge, ...]:
    if isinstance(how, Config):
        if seeds:
            wanted, fix = "none: nvdiffrec takes no seed", "Leave them out."
            raise SettingsError("--seeds", f"{list(seeds)}", wanted, fix)
        return (Wedge(preset, None, how),)
    return tuple(Wedge(preset, one, replace(how, seed=one)) for one in seeds or (how.seed,))
