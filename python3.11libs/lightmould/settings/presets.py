"""Reconstructions by name: JSON files in `lightmould/presets`, differences from the defaults.

A file of one's own may change more. Those of nvdiffrec are in `presets/nvdiffrec`: what its authors
published, and `draft`, `standard` and `hero` for datasets of ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec, nvdiffrec
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
        changes: names and values of `Reconstruction`; what it does not name stays. Files that it
            names are told from its own folder.

    Raises:
        SettingsError: there is no such preset or file, or no file that it names.
        FormatError: the file is not JSON, or holds an unknown name or a value that doesn't fit.
    """
    if preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise SettingsError("--preset", repr(preset), f"one of: {known}", "Choose one of them.")
    if changes is None:
        return PRESETS[preset]
    return _located(_reconstruction(_preset_file(preset), changes), changes)


def _located(found: Reconstruction, changes: Path) -> Reconstruction:
    """The settings with the files that they name, which are told from the file of changes."""
    whole = {}
    for name in ("base_mesh", "light"):
        path = getattr(found, name)
        if path is not None:
            whole[name] = changes.absolute().parent / path
            if not whole[name].is_file():
                fix = "Correct the path: it begins in the folder of the settings."
                raise SettingsError(f"{changes}: {name}", f"no file {whole[name]}", "one", fix)
    return replace(found, **whole)


def trainings() -> tuple[str, ...]:
    """Names of nvdiffrec's configurations, ours first."""
    files = (_FOLDER / "nvdiffrec").glob("*.json")
    return tuple(
        sorted((path.stem for path in files), key=lambda name: (name not in PRESETS, name))
    )


def training(preset: str, changes: Path | None = None) -> nvdiffrec.Config:
    """A configuration of nvdiffrec, and on top of it the keys of a JSON file.

    Args:
        preset: one of `trainings`.
        changes: keys and values of nvdiffrec; what it does not name stays.

    Raises:
        SettingsError: there is no such preset or file.
        FormatError: the file is not JSON, or holds an unknown key or a value that doesn't fit.
    """
    if preset not in trainings():
        known = ", ".join(trainings())
        raise SettingsError("--preset", repr(preset), f"one of: {known}", "Choose one of them.")
    path = _FOLDER / "nvdiffrec" / f"{preset}.json"
    if changes is None:
        return nvdiffrec.read(path.read_bytes(), path)
    return nvdiffrec.of(_object(path) | _object(changes), changes)


_FOLDER = Path(__file__).parents[1] / "presets"


def _object(path: Path) -> dict[str, object]:
    data = codec.parse(_content(path), path)
    if not isinstance(data, dict):
        raise FormatError(path, "no object", "an object of names", "Begin it with a brace.")
    return data


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        found = error.strerror or str(error)
        fix = "Correct the path."
        raise SettingsError(path, found, "a file of settings", fix) from error


def _preset_file(name: str) -> Path:
    return _FOLDER / f"{name}.json"


def _reconstruction(*files: Path) -> Reconstruction:
    """The defaults, changed by JSON objects; the last word on a field holds."""
    changes: dict[str, object] = {}
    for path in files:
        text = _content(path)
        codec.read(Reconstruction, text, path)  # names the file and the field if it doesn't fit
        changes |= codec.parse(text, path)
    return codec.read(Reconstruction, codec.write(changes), files[-1])
