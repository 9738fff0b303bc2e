"""What our TOPs are asked, as settings and as the words of the command line."""

from dataclasses import replace
from typing import Any, cast

import hou

from lightmould.errors import SettingsError
from lightmould.houdini import parameters as p
from lightmould.houdini import worker
from lightmould.houdini.rig_kinds import AIMED, AT_A_DISTANCE, COUNTED
from lightmould.model.dataset import PASSES, PassName
from lightmould.settings import DeviceName, EngineName, Nvdiffrec, Render, Settings
from lightmould.settings.presets import reconstruction
from lightmould.settings.reconstruction import Reconstruction
from lightmould.tools.blender import Placement

NAMED = {"path": "curve", "points": "points", "file": "rig"}
"""Kinds of rigs that are made of a file, and the parameter that names it."""


def settings(asset: hou.OpNode) -> Settings:
    """The programs that a TOP names; what it does not is found as everywhere.

    Raises:
        SettingsError: no worker is known.
    """
    found = worker.load(p.path(asset, "worker"))
    if asset.parm("blender") is None or not p.text(asset, "blender"):
        return found
    return replace(found, worker=replace(found.worker, blender=p.text(asset, "blender")))


def render(asset: hou.OpNode) -> Render:
    """How a TOP renders.

    Raises:
        SettingsError: a value is out of its range, or there is no such pass.
    """
    names = p.text(asset, "passes").split()
    unknown = sorted(set(names) - set(PASSES))
    if unknown:
        where, known = f"{asset.path()}: passes", ", ".join(PASSES)
        raise SettingsError(where, f"{unknown}", f"some of {known}", "Correct the names.")
    width, height = (int(side) for side in p.numbers(asset, "size"))
    names_of_whole = ("views_train", "views_test", "samples", "test_samples", "bounces", "seed")
    whole: dict[str, Any] = {name: p.whole(asset, name) for name in names_of_whole}
    return Render(
        size=(width, height),
        denoise=p.switched(asset, "denoise"),
        light=p.path(asset, "light"),
        passes=tuple(cast("PassName", name) for name in names),
        engine=cast("EngineName", p.text(asset, "engine")),
        device=cast("DeviceName", p.text(asset, "device")),
        **whole,
    )


def placement(asset: hou.OpNode) -> Placement:
    """How a TOP puts a model into our world."""
    up = p.text(asset, "up")
    told: Any = None if up == "auto" else up
    return Placement(told, p.number(asset, "unit"), p.switched(asset, "normalize"))


def how(asset: hou.OpNode) -> Reconstruction:
    """How a TOP reconstructs: its preset, then its file of settings, then what was changed on it.

    Raises:
        SettingsError: there is no such preset or file.
        FormatError: the file holds an unknown name or a value that doesn't fit.
    """
    found = reconstruction(p.text(asset, "preset"), p.path(asset, "settings"))
    changes: dict[str, Any] = {}
    if p.text(asset, "device") != "cpu":
        changes["device"] = p.text(asset, "device")
    if p.whole(asset, "seed"):
        changes["seed"] = p.whole(asset, "seed")
    learned = tuple(p.text(asset, "supervision").split(","))
    if learned != ("none",):
        changes["supervision"] = learned
    return replace(found, **changes)


def nvdiffrec(asset: hou.OpNode, found: Nvdiffrec) -> Nvdiffrec:
    """Which nvdiffrec a TOP uses; what it does not name stays as it was found."""
    checkout, python = p.text(asset, "checkout"), p.text(asset, "interpreter")
    return replace(
        found,
        checkout=checkout or found.checkout,
        python=python or found.python,
        gpu=p.text(asset, "gpu"),
    )


def rig_flags(asset: hou.OpNode, *, modeled: bool) -> tuple[str, ...]:
    """What a TOP asks of `lightmould rig KIND`, without model and file.

    Args:
        asset: a Camera Rig.
        modeled: whether there is a model to fit to.
    """
    kind, fits = p.text(asset, "kind"), modeled and p.switched(asset, "fit")
    found = [p.text(asset, NAMED[kind])] if kind in NAMED else []
    if kind in COUNTED:
        found += ["--count", p.text(asset, "count")]
    if kind in AIMED and not p.switched(asset, "fit"):
        found += ["--target", *_words(asset, "target")]
    if kind in AT_A_DISTANCE and not fits:
        found += ["--distance", p.text(asset, "distance")]
    found += _of_kind(asset, kind, fits=fits)
    found += ["--up", *_words(asset, "up_direction"), "--size", *_words(asset, "size")]
    found += _lens(asset, fits=fits)
    named = ["seed", "jitter", "jitter_aim_deg", "jitter_roll_deg", "test", "val"]
    named += ["cover", "angle_deg"] if modeled else []
    for name in named:
        found += [f"--{name.replace('_', '-')}", p.text(asset, name)]
    return tuple(found)


def _of_kind(asset: hou.OpNode, kind: str, *, fits: bool) -> list[str]:
    found = []
    if kind == "ring":
        found += ["--elevation-deg", p.text(asset, "elevation_deg")]
    if kind == "dome":
        for height in p.text(asset, "ring_elevations_deg").split():
            found += ["--elevations-deg", height]
    if kind in ("spiral", "random"):
        found += ["--elevations-deg", *_words(asset, "elevations_deg")]
    if kind == "spiral":
        found += ["--turns", p.text(asset, "turns")]
    if kind == "random":
        found += ["--azimuths-deg", *_words(asset, "azimuths_deg")]
        found += ["--separation", p.text(asset, "separation")]
        found += [] if fits else ["--distances", *_words(asset, "distances")]
    if kind == "path":
        found += [f"--{name}" for name in ("closed", "ahead") if p.switched(asset, name)]
    return found


def _lens(asset: hou.OpNode, *, fits: bool) -> list[str]:
    names = ["fov_deg"] if p.text(asset, "lens") == "fov" else ["focal_mm", "aperture_mm"]
    names += [] if fits else ["near", "far"]
    words = ([f"--{name.replace('_', '-')}", p.text(asset, name)] for name in names)
    return [word for pair in words for word in pair]


def _words(asset: hou.OpNode, name: str) -> list[str]:
    return [f"{value:g}" for value in p.numbers(asset, name)]
