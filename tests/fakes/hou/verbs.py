"""SOPs as functions of geometry, the two that we call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from fakes.hou.geometry import Geometry
from fakes.hou.values import OperationFailed


class SopVerb:
    def __init__(self, name: str) -> None:
        self._name = name
        self._parms: dict[str, Any] = {}

    def setParms(self, p: Mapping[str, Any]) -> None:
        self._parms |= p

    def execute(self, dest: Geometry, inputs: Sequence[Geometry]) -> None:
        dest.copy(inputs[0])
        if self._name == "divide":
            _triangulate(dest)
        elif self._parms == {"class": 3, "snippet": "i@lightmould_point = @ptnum;"}:
            points = [point for polygon in dest.polygons for point in polygon]
            dest._add("Vertex", "lightmould_point", 0, len(points)).values[:] = points
        else:
            raise OperationFailed(f"the fake has no wrangle {self._parms}")


class OpNodeTypeCategory:
    def nodeVerb(self, verb_name: str) -> SopVerb | None:
        return SopVerb(verb_name) if verb_name in ("divide", "attribwrangle") else None


def sopNodeTypeCategory() -> OpNodeTypeCategory:
    return OpNodeTypeCategory()


def _triangulate(geometry: Geometry) -> None:
    """Polygons become fans; what belongs to them and to their corners stays theirs."""
    prims, corners, faces, start = [], [], [], 0
    for index, polygon in enumerate(geometry.polygons):
        for i in range(1, len(polygon) - 1):
            faces.append((polygon[0], polygon[i], polygon[i + 1]))
            corners += [start, start + i, start + i + 1]
            prims.append(index)
        start += len(polygon)
    geometry.polygons = faces
    for owner, chosen in (("Prim", prims), ("Vertex", corners)):
        for attribute in geometry.attributes[owner].values():
            attribute.values = attribute.values[np.array(chosen, dtype=int)]
    for group in geometry.groups.values():
        inside = set(group.members)
        group.members = [new for new, old in enumerate(prims) if old in inside]
