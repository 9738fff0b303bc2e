# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Which engine makes the pictures, and on what: the first of what is wanted that really renders."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bpy

CYCLES, CPU = "CYCLES", "CPU"
GPUS = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")


@dataclass(frozen=True)
class Choice:
    """What renders.

    Attributes:
        engine: Blender's name of it.
        device: "CPU", or what the GPU calls itself.
        reasons: why it is not what was asked for.
    """

    engine: str
    device: str
    reasons: tuple[str, ...]


class UnusableError(Exception):
    """An engine or a device is not to be had here."""


def choose(scenes: tuple[Any, Any], wanted: str, device: str, test: Callable[[], None]) -> Choice:
    """Set both scenes to the first engine and device that the test succeeds with.

    Args:
        scenes: of pictures, and of data, which always are Cycles'.
        wanted: auto, cycles, eevee or workbench.
        device: auto, cpu or gpu; of Cycles.
        test: renders; raises RuntimeError where that fails.

    Raises:
        RuntimeError: not even Cycles renders on the CPU.
    """
    reasons: list[str] = []
    for engine, kind in _candidates(wanted, device):
        try:
            used = _use(scenes, engine, kind)
            test()
        except (RuntimeError, TypeError, UnusableError) as error:
            if (engine, kind) == (CYCLES, CPU):
                raise RuntimeError(_said(error)) from error
            absent = isinstance(error, UnusableError) and device == "auto"
            if not (absent and engine == CYCLES):
                reasons.append(f"{engine} on {kind}: {_said(error)}.")
        else:
            return Choice(engine, used or _renderer(), tuple(reasons))
    raise AssertionError("Cycles on the CPU is the last candidate")


def _candidates(wanted: str, device: str) -> list[tuple[str, str]]:
    cycles = [(CYCLES, kind) for kind in (*(GPUS if device != "cpu" else ()), CPU)]
    if wanted == "eevee":
        return [(_eevee(), "GPU"), *cycles]
    return [("BLENDER_WORKBENCH", "GPU"), *cycles] if wanted == "workbench" else cycles


def _eevee() -> str:
    return "BLENDER_EEVEE_NEXT" if (4, 2) <= bpy.app.version[:2] < (5, 0) else "BLENDER_EEVEE"


def _use(scenes: tuple[Any, Any], engine: str, kind: str) -> str:
    """Set the engine and the device; returns the device's name where it is known before."""
    picture, data = scenes
    picture.render.engine = engine
    if engine != CYCLES:
        picture.display.shading.color_type = "TEXTURE"
        return ""
    name = CPU if kind == CPU else _gpu(kind)
    for scene in scenes:
        scene.cycles.device = "CPU" if kind == CPU else "GPU"
    data.render.engine = CYCLES
    return name


def _gpu(kind: str) -> str:
    """Switch on all GPUs of one kind; returns their names."""
    found = bpy.context.preferences.addons["cycles"].preferences
    try:
        found.compute_device_type = kind
    except TypeError as error:
        raise UnusableError("this Blender was built without it") from error
    if hasattr(found, "refresh_devices"):
        found.refresh_devices()
    else:
        found.get_devices()
    names = []
    for device in found.devices:
        device.use = device.type == kind
        names += [device.name] if device.use else []
    if not names:
        found.compute_device_type = "NONE"
        raise UnusableError("no such device")
    return ", ".join(names)


def _renderer() -> str:
    """What OpenGL, Vulkan or Metal calls itself; known once it has rendered."""
    try:
        return str(importlib.import_module("gpu").platform.renderer_get())
    except (AttributeError, ImportError, SystemError):
        return "GPU"


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].removeprefix("Error: ").rstrip(".")
