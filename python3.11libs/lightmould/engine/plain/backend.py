"""Every inner loop in plain torch."""

from lightmould.engine.flat import FlatDifference, FlatMesh, Targets
from lightmould.engine.plain import flat, shade, shell
from lightmould.engine.shell import Shell, ShellInput
from lightmould.engine.texturing.points import PointDifference, PointLook, Points
from lightmould.model.arrays import Ints


class Plain:
    """Torch operations one after the other: slow, and what the others are measured by."""

    def flat_difference(
        self, mesh: FlatMesh, targets: Targets, chosen: Ints, mask_weight: float
    ) -> FlatDifference:
        """As `plain.flat.flat_difference`."""
        return flat.flat_difference(mesh, targets, chosen, mask_weight)

    def shell(self, given: ShellInput) -> Shell:
        """As `plain.shell.shell`."""
        return shell.shell(given)

    def point_difference(
        self, points: Points, look: PointLook, every: tuple[int, int], softness: float
    ) -> PointDifference:
        """As `plain.shade.point_difference`."""
        return shade.point_difference(points, look, every, softness)
