"""What a rig sees of a mesh, face by face, and which cameras it still wants.

Runs in the worker's Python: Houdini reads its results (`lightmould.formats.coverage`).
"""

from lightmould.coverage.complete import Completed, Goal, complete
from lightmould.coverage.measure import measure
from lightmould.coverage.preview import preview

__all__ = ["Completed", "Goal", "complete", "measure", "preview"]
