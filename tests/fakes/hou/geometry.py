"""hou.Geometry in arrays. It is clockwise polygons, and as strict as Houdini: sizes have to fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from fakes.hou.attributes import OWNERS, Attrib, Attributes
from fakes.hou.values import BoundingBox, EnumValue, OperationFailed, Vector3, primType


class Point:
    def __init__(self, geometry: Geometry, index: int) -> None:
        self._geometry, self._index = geometry, index

    def number(self) -> int:
        return self._index

    def position(self) -> Vector3:
        return Vector3(self._geometry.rows("Point", "P")[self._index].tolist())

    def attribValue(self, attrib: Attrib | str) -> Any:
        name = attrib if isinstance(attrib, str) else attrib.name()
        value = self._geometry.rows("Point", name)[self._index]
        return tuple(value.tolist()) if np.ndim(value) else value


class Prim:
    def __init__(self, geometry: Geometry, index: int) -> None:
        self._geometry, self._index = geometry, index

    def number(self) -> int:
        return self._index


class Polygon(Prim):
    pass


class PrimGroup:
    def __init__(self, geometry: Geometry, name: str) -> None:
        self._geometry, self._name = geometry, name
        self.members: list[int] = []

    def name(self) -> str:
        return self._name

    def prims(self) -> tuple[Prim, ...]:
        return tuple(Polygon(self._geometry, i) for i in self.members)

    def add(self, prim_or_list_or_prim_group: Any) -> None:
        self.members.extend(prim.number() for prim in prim_or_list_or_prim_group)


class Geometry(Attributes):
    def __init__(self) -> None:
        self.read_only = False
        self._empty()

    def _empty(self) -> None:
        self.polygons: list[tuple[int, ...]] = []
        self.open: set[int] = set()
        self.attributes: dict[str, dict[str, Attrib]] = {owner: {} for owner in OWNERS}
        self.groups: dict[str, PrimGroup] = {}
        self.calls: list[str] = []
        self.others = 0  # primitives that are no polygons
        self._add("Point", "P", (0.0, 0.0, 0.0), 0)

    def freeze(self, read_only: bool = False, clone_data_ids: bool = False) -> Geometry:
        other = Geometry()
        other.copy(self)
        return other

    def copy(self, geometry: Geometry, clone_data_ids: bool = False, prims: Any = None) -> None:
        self._empty()
        self.polygons, self.open = list(geometry.polygons), set(geometry.open)
        self.others = geometry.others
        for owner, attributes in geometry.attributes.items():
            for name, one in attributes.items():
                twin = Attrib(name, one._type, one._data, one._size, one._default)
                twin.values, twin.is_normal = one.values.copy(), one.is_normal
                self.attributes[owner][name] = twin
        for name, group in geometry.groups.items():
            self.groups[name] = PrimGroup(self, name)
            self.groups[name].members = list(group.members)

    def merge(self, geometry: Geometry, clone_data_ids: bool = False, prims: Any = None) -> None:
        self._writable("merge")
        counts = {owner: (self.count(owner), geometry.count(owner)) for owner in OWNERS[:3]}
        first, shift = len(self.polygons), counts["Point"][0]
        self.polygons += [tuple(i + shift for i in one) for one in geometry.polygons]
        self.open |= {first + index for index in geometry.open}
        for owner, (before, more) in counts.items():
            mine, theirs = self.attributes[owner], geometry.attributes[owner]
            for name in {**mine, **theirs}:
                model = mine.get(name) or theirs[name]
                halves = [
                    one[name].values if name in one else model.blank(count)
                    for one, count in ((mine, before), (theirs, more))
                ]
                joined = Attrib(name, model._type, model._data, model._size, model._default)
                joined.values, joined.is_normal = np.concatenate(halves), model.is_normal
                mine[name] = joined
        for name, group in geometry.groups.items():
            mine_too = self.groups.setdefault(name, PrimGroup(self, name))
            mine_too.members += [first + index for index in group.members]

    def clear(self) -> None:
        self._writable("clear")
        self._empty()

    def intrinsicValue(self, intrinsic_name: str) -> int:
        return {"primitivecount": self.count("Prim"), "pointcount": self.count("Point")}[
            intrinsic_name
        ]

    def countPrimType(self, type_or_name: EnumValue | str) -> int:
        assert type_or_name is primType.Polygon
        return len(self.polygons)

    def points(self) -> tuple[Point, ...]:
        return tuple(Point(self, i) for i in range(self.count("Point")))

    def prims(self) -> tuple[Prim, ...]:
        return tuple(Polygon(self, i) for i in range(len(self.polygons)))

    def createPoints(self, point_positions: Sequence[Sequence[float]]) -> tuple[Point, ...]:
        self._writable("createPoints")
        before = self.count("Point")
        for attribute in self.attributes["Point"].values():
            shape = (len(point_positions), *attribute.values.shape[1:])
            more = np.full(shape, attribute._default, attribute.values.dtype)
            attribute.values = np.concatenate([attribute.values, more])
        self.attributes["Point"]["P"].values[before:] = point_positions
        return tuple(Point(self, before + i) for i in range(len(point_positions)))

    def createPolygons(
        self, point_positions: Sequence[Sequence[int]], is_closed: bool = True
    ) -> tuple[Polygon, ...]:
        self._writable("createPolygons")
        before = len(self.polygons)
        self.polygons.extend(map(tuple, point_positions))
        count = self.count("Point")
        if any(max(p) >= count or min(p) < 0 for p in self.polygons[before:]):
            raise OperationFailed("createPolygons: no such point")
        if not is_closed:
            self.open.update(range(before, len(self.polygons)))
        for owner in ("Prim", "Vertex"):
            for attribute in self.attributes[owner].values():
                missing = self.count(owner) - len(attribute.values)
                shape = (missing, *attribute.values.shape[1:])
                more = np.full(shape, attribute._default, attribute.values.dtype)
                attribute.values = np.concatenate([attribute.values, more])
        return tuple(Polygon(self, i) for i in range(before, len(self.polygons)))

    def primGroups(self, scope: Any = None) -> tuple[PrimGroup, ...]:
        return tuple(self.groups.values())

    def createPrimGroup(
        self, name: str, is_ordered: bool = False, unique_name: bool = False
    ) -> PrimGroup:
        self._writable("createPrimGroup")
        if not name.isidentifier() or name in self.groups:
            raise OperationFailed(f"createPrimGroup: {name!r}")
        self.groups[name] = PrimGroup(self, name)
        return self.groups[name]

    def boundingBox(self, transform: Any = None) -> BoundingBox:
        rows = self.rows("Point", "P")
        return BoundingBox((*rows.min(axis=0).tolist(), *rows.max(axis=0).tolist()))

    def iterPrims(self) -> Iterator[Prim]:
        return iter(self.prims())
