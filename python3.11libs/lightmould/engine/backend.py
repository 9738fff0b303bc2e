"""The inner loops that the engine's stages are written over, and who computes them."""

import importlib
from typing import Protocol, get_args

from lightmould.engine import devices
from lightmould.engine.flat import FlatDifference, FlatMesh, Targets
from lightmould.engine.fused import flat as fused_flat
from lightmould.engine.fused import shade as fused_shade
from lightmould.engine.fused import shell as fused_shell
from lightmould.engine.shell import Shell, ShellInput
from lightmould.engine.texturing.points import PointDifference, PointLook, Points
from lightmould.errors import SettingsError
from lightmould.model.arrays import Ints
from lightmould.settings.reconstruction import Device


class Backend(Protocol):
    """What a stage asks for."""

    def flat_difference(
        self, mesh: FlatMesh, targets: Targets, chosen: Ints, mask_weight: float
    ) -> FlatDifference:
        """How far pictures of a mesh with colored vertices are from `targets[chosen]`."""

    def shell(self, given: ShellInput) -> Shell:
        """A mesh shaded at its vertices."""

    def point_difference(
        self, points: Points, look: PointLook, every: tuple[int, int], softness: float
    ) -> PointDifference:
        """How far textured points are from their true colors."""


class Fused:
    """Every core of the processor, forward and backward in one go."""

    def __init__(self) -> None:
        self._flat = fused_flat.Buffers()

    def flat_difference(
        self, mesh: FlatMesh, targets: Targets, chosen: Ints, mask_weight: float
    ) -> FlatDifference:
        """As `fused.flat.flat_difference`, in memory that is kept."""
        return fused_flat.flat_difference(mesh, targets, chosen, mask_weight, self._flat)

    def shell(self, given: ShellInput) -> Shell:
        """As `fused.shell.shell`."""
        return fused_shell.shell(given)

    def point_difference(
        self, points: Points, look: PointLook, every: tuple[int, int], softness: float
    ) -> PointDifference:
        """As `fused.shade.difference`."""
        return fused_shade.difference(points, look, every, softness)


def backend(device: Device = "cpu") -> Backend:
    """A device's backend with memory of its own; no two threads may use it at once.

    Raises:
        SettingsError: there is no such device.
        ToolError: it is not in this machine, or torch can't use it.
    """
    if device not in get_args(Device):
        wanted = f"one of {', '.join(get_args(Device))}"
        raise SettingsError("device", repr(device), wanted, "Name one of them.")
    if device == "cpu":
        return Fused()
    devices.check(device)
    # By name: torch is a heavy thing to import for whoever does not ask for it.
    found: Backend = importlib.import_module("lightmould.engine.plain.backend").on_gpu()
    return found
