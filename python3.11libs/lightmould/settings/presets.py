"""Reconstructions by name: JSON files in `lightmould/presets`, differences from the defaults.

A file of one's own may change more.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from lightmould.errors import SettingsError
from lightmould.formats import codec
from lightmould.settings.reconstruction import Reconstruction


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
    return Path(__file__).parents[1] / "presets" / f"{name}.json"


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
