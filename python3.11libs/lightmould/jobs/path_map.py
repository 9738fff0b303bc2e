"""Paths that were written elsewhere, as they are here: JSON with folders put in other places."""

from pathlib import Path
from typing import Any

from lightmould.errors import SettingsError
from lightmould.formats import path_maps
from lightmould.model import PathMap
from lightmould.model.path_map import rule
from lightmould.settings import Paths


def path_map(paths: Paths) -> PathMap:
    """All rules that hold here: those of the settings, then the file's, Houdini's and PDG's.

    Raises:
        SettingsError: the file can't be read, or a path is not absolute.
        FormatError: the file or a variable is damaged.
    """
    every = PathMap(tuple(rule(old, new) for old, new in paths.rules))
    if paths.file is not None:
        every = every.joined(path_maps.read_openjd(_text(Path(paths.file)), paths.file))
    if paths.houdini is not None:
        every = every.joined(path_maps.read_houdini(paths.houdini))
    if paths.pdg is not None:
        every = every.joined(path_maps.read_pdg(paths.pdg, paths.zone or path_maps.ZONE))
    return every


def moved(data: Any, rules: PathMap) -> Any:
    """Plain data with every path of it as it is here, names of fields included.

    Raises:
        SettingsError: a path leaves the folder that a rule is about.
    """
    if isinstance(data, dict):
        return {moved(name, rules): moved(item, rules) for name, item in data.items()}
    if isinstance(data, list):
        return [moved(item, rules) for item in data]
    return rules.apply(data) if isinstance(data, str) else data


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        found, fix = error.strerror or str(error), "Correct LIGHTMOULD_PATHMAP."
        raise SettingsError(path, found, "a file of path rules", fix) from error
