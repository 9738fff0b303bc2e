"""Every inner loop in plain torch."""

import torch

from lightmould.engine.flat import FlatDifference, FlatMesh, Targets
from lightmould.engine.plain import flat, shade, shell
from lightmould.engine.plain.place import Place, host
from lightmould.engine.shell import Shell, ShellInput
from lightmould.engine.texturing.points import PointDifference, PointLook, Points
from lightmould.model.arrays import Ints


class Plain:
    """Torch operations one after the other, on any of its devices.

    On the CPU they are slow, and what the others are measured by; on a GPU they are fast. Pictures
    and points go to the device once; meshes and looks go there, and gradients come back, at every
    call.

    Args:
        place: the device and the precision; unset, the CPU and float64.
    """

    def __init__(self, place: Place | None = None) -> None:
        self._place = place or host()

    def flat_difference(
        self, mesh: FlatMesh, targets: Targets, chosen: Ints, mask_weight: float
    ) -> FlatDifference:
        """As `plain.flat.flat_difference`."""
        return flat.flat_difference(mesh, targets, chosen, mask_weight, self._place)

    def shell(self, given: ShellInput) -> Shell:
        """As `plain.shell.shell`."""
        return shell.shell(given, self._place)

    def point_difference(
        self, points: Points, look: PointLook, every: tuple[int, int], softness: float
    ) -> PointDifference:
        """As `plain.shade.point_difference`."""
        return shade.point_difference(points, look, every, softness, self._place)


def on_gpu() -> Plain:
    """The first GPU that torch may use, in single precision."""
    return Plain(Place(torch.device("cuda"), torch.float32))
