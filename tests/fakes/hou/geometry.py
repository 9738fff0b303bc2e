"""hou.Geometry in arrays. It is clockwise polygons, and as strict as Houdini: sizes have to fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from fakes.hou.values import (
    DTYPES,
    BoundingBox,
    EnumValue,
    OperationFailed,
    Vector3,
    attribData,
    attribType,
    numericData,
    primType,
)
from numpy.typing import NDArray

FLOAT, INT = numericData.Float32, numericData.Int32
_OWNERS = ("Point", "Prim", "Vertex", "Global")


class Attrib:
    def __init__(self, name: str, kind: EnumValue, data: EnumValue, size: int, default: Any):
        self._name, self._type, self._data, self._size = name, kind, data, size
        self._default = default
        self.is_normal = False
        self.values: Any = None

    def blank(self, count: int) -> NDArray[Any]:
        shape = (count,) if self._size == 1 else (count, self._size)
        return np.full(shape, self._default, self.values.dtype)

    def name(self) -> str:
        return self._name

    def type(self) -> EnumValue:
        return self._type

    def dataType(self) -> EnumValue:
        return self._data

    def size(self) -> int:
        return self._size


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

    def points(self) -> tuple[Point, ...]:
        return tuple(Point(self._geometry, i) for i in self._geometry.polygons[self._index])


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


class Geometry:
    def __init__(self) -> None:
        self.read_only = False
        self._empty()

    def _empty(self) -> None:
        self.polygons: list[tuple[int, ...]] = []
        self.open: set[int] = set()
        self.attributes: dict[str, dict[str, Attrib]] = {owner: {} for owner in _OWNERS}
        self.groups: dict[str, PrimGroup] = {}
        self.calls: list[str] = []
        self.others = 0  # primitives that are no polygons
        self._add("Point", "P", (0.0, 0.0, 0.0), 0)

    def _add(self, owner: str, name: str, default: Any, count: int) -> Attrib:
        first = default if isinstance(default, str | int | float) else default[0]
        size = 1 if first is default else len(default)
        kinds = {float: "Float", int: "Int", str: "String"}
        data, kind = getattr(attribData, kinds[type(first)]), getattr(attribType, owner)
        attribute = Attrib(name, kind, data, size, default)
        shape = (count,) if size == 1 else (count, size)
        dtype = {float: np.float32, int: np.int32, str: object}[type(first)]
        attribute.values = np.full(shape, first if size == 1 else default, dtype)
        self.attributes[owner][name] = attribute
        return attribute

    def rows(self, owner: str, name: str) -> NDArray[Any]:
        if name not in self.attributes[owner]:
            raise OperationFailed(f"no {owner} attribute {name}")
        found: NDArray[Any] = self.attributes[owner][name].values
        return found

    def count(self, owner: str) -> int:
        sizes = {
            "Point": len(self.attributes["Point"]["P"].values),
            "Prim": len(self.polygons) + self.others,
            "Vertex": sum(map(len, self.polygons)),
            "Global": 1,
        }
        return sizes[owner]

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
        counts = {owner: (self.count(owner), geometry.count(owner)) for owner in _OWNERS[:3]}
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

    def _writable(self, call: str) -> None:
        if self.read_only:
            raise OperationFailed(f"{call}: the geometry is read-only")
        self.calls.append(call)

    def pointCount(self) -> int:
        return self.count("Point")

    def primCount(self) -> int:
        return self.count("Prim")

    def intrinsicValue(self, intrinsic_name: str) -> int:
        return {"primitivecount": self.count("Prim"), "pointcount": self.count("Point")}[
            intrinsic_name
        ]

    def vertexCount(self) -> int:
        return self.count("Vertex")

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

    def addAttrib(
        self,
        type: EnumValue,
        name: str,
        default_value: Any,
        transform_as_normal: bool = False,
        create_local_variable: bool = True,
    ) -> Attrib:
        self._writable("addAttrib")
        owner = type.name()
        if name in self.attributes[owner]:
            raise OperationFailed(f"addAttrib: {name} exists")
        attribute = self._add(owner, name, default_value, self.count(owner))
        attribute.is_normal = transform_as_normal
        return attribute

    def setGlobalAttribValue(self, name_or_attrib: str | Attrib, attrib_value: Any) -> None:
        self._writable("setGlobalAttribValue")
        assert isinstance(name_or_attrib, str)
        self.rows("Global", name_or_attrib)[0] = attrib_value

    def _found(self, owner: str, name: str) -> Attrib | None:
        return self.attributes[owner].get(name)

    def findPointAttrib(self, name: str, scope: Any = None) -> Attrib | None:
        return self._found("Point", name)

    def findPrimAttrib(self, name: str, scope: Any = None) -> Attrib | None:
        return self._found("Prim", name)

    def findVertexAttrib(self, name: str, scope: Any = None) -> Attrib | None:
        return self._found("Vertex", name)

    def findGlobalAttrib(self, name: str, scope: Any = None) -> Attrib | None:
        return self._found("Global", name)

    def stringAttribValue(self, attrib: Attrib | str) -> str:
        assert isinstance(attrib, str)
        return str(self.rows("Global", attrib)[0])

    def intAttribValue(self, attrib: Attrib | str) -> int:
        assert isinstance(attrib, str)
        return int(self.rows("Global", attrib)[0])

    def _set(self, owner: str, name: str, values: bytes, kind: EnumValue) -> None:
        self._writable(f"set{owner}{name}")
        rows = self.rows(owner, name)
        given = np.frombuffer(values, DTYPES[kind])
        if given.size != rows.size:
            raise OperationFailed(f"{name}: {given.size} values for {rows.size}")
        rows[...] = given.reshape(rows.shape)

    def _get(self, owner: str, name: str, kind: EnumValue) -> bytes:
        return self.rows(owner, name).astype(DTYPES[kind]).tobytes()

    def setPointFloatAttribValuesFromString(
        self, name: str, values: bytes, float_type: EnumValue = FLOAT
    ) -> None:
        self._set("Point", name, values, float_type)

    def setPointIntAttribValuesFromString(
        self, name: str, values: bytes, int_type: EnumValue = INT
    ) -> None:
        self._set("Point", name, values, int_type)

    def setVertexFloatAttribValuesFromString(
        self, name: str, values: bytes, float_type: EnumValue = FLOAT
    ) -> None:
        self._set("Vertex", name, values, float_type)

    def setPrimFloatAttribValuesFromString(
        self, name: str, values: bytes, float_type: EnumValue = FLOAT
    ) -> None:
        self._set("Prim", name, values, float_type)

    def setPrimIntAttribValuesFromString(
        self, name: str, values: bytes, int_type: EnumValue = INT
    ) -> None:
        self._set("Prim", name, values, int_type)

    def pointFloatAttribValuesAsString(self, name: str, float_type: EnumValue = FLOAT) -> bytes:
        return self._get("Point", name, float_type)

    def vertexFloatAttribValuesAsString(self, name: str, float_type: EnumValue = FLOAT) -> bytes:
        return self._get("Vertex", name, float_type)

    def vertexIntAttribValuesAsString(self, name: str, int_type: EnumValue = INT) -> bytes:
        return self._get("Vertex", name, int_type)

    def primIntAttribValuesAsString(self, name: str, int_type: EnumValue = INT) -> bytes:
        return self._get("Prim", name, int_type)

    def primFloatAttribValuesAsString(self, name: str, float_type: EnumValue = FLOAT) -> bytes:
        return self._get("Prim", name, float_type)

    def setPrimStringAttribValues(self, name: str, values: Sequence[str]) -> None:
        self._strings("Prim", name, values)

    def setPointStringAttribValues(self, name: str, values: Sequence[str]) -> None:
        self._strings("Point", name, values)

    def _strings(self, owner: str, name: str, values: Sequence[str]) -> None:
        self._writable(f"set{owner}{name}")
        rows = self.rows(owner, name)
        if len(values) != len(rows):
            raise OperationFailed(f"{name}: {len(values)} values for {len(rows)}")
        rows[...] = values

    def primStringAttribValues(self, name: str) -> tuple[str, ...]:
        return tuple(self.rows("Prim", name).tolist())

    def pointStringAttribValues(self, name: str) -> tuple[str, ...]:
        return tuple(self.rows("Point", name).tolist())

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
        return BoundingBox(*rows.min(axis=0).tolist(), *rows.max(axis=0).tolist())

    def iterPrims(self) -> Iterator[Prim]:
        return iter(self.prims())
