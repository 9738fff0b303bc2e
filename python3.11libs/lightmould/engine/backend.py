"""The inner loops that the engine's stages are written over, and who computes them."""

from typing import Protocol

from lightmould.engine.flat import FlatDifference, FlatMesh, Targets
from lightmould.engine.fused import flat as fused_flat
from lightmould.engine.fused import shell as fused_shell
from lightmould.engine.plain import flat as plain_flat
from lightmould.engine.plain import shell as plain_shell
from lightmould.engine.shell import Shell, ShellInput
from lightmould.errors import SettingsError
from lightmould.model.arrays import Ints


class Backend(Protocol):
    """What a stage asks for."""

    def flat_difference(
        self, mesh: FlatMesh, targets: Targets, chosen: Ints, mask_weight: float
    ) -> FlatDifference:
        """How far pictures of a mesh with colored vertices are from `targets[chosen]`."""

    def shell(self, given: ShellInput) -> Shell:
        """A mesh shaded at its vertices."""


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


class Plain:
    """Torch operations one after the other: slow, and what the others are measured by."""

    def flat_difference(
        self, mesh: FlatMesh, targets: Targets, chosen: Ints, mask_weight: float
    ) -> FlatDifference:
        """As `plain.flat.flat_difference`."""
        return plain_flat.flat_difference(mesh, targets, chosen, mask_weight)

    def shell(self, given: ShellInput) -> Shell:
        """As `plain.shell.shell`."""
        return plain_shell.shell(given)


BACKENDS: dict[str, type[Fused] | type[Plain]] = {"fused": Fused, "plain": Plain}
"""Backends by name."""


def backend(name: str = "fused") -> Backend:
    """A backend with memory of its own; no two threads may use it at once.

    Raises:
        SettingsError: there is none of that name.
    """
    if name not in BACKENDS:
        wanted = f"one of {', '.join(BACKENDS)}"
        raise SettingsError("backend", repr(name), wanted, "Name one of them.")
    return BACKENDS[name]()
