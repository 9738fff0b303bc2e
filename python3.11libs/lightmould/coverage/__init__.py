"""What a rig sees of a mesh, face by face, and which cameras it still wants.

Runs in the worker's Python: Houdini reads its results (`lightmould.formats.coverage`).
"""

from lightmould.coverage.faces import measure
from lightmould.coverage.heat_map import preview
from lightmould.coverage.missing import Completed, Goal, complete

__all__ = ["Completed", "Goal", "complete", "measure", "preview"]
