"""The attributes of hou.Geometry as arrays; what is written has to fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from fakes.hou.values import (
    DTYPES,
    EnumValue,
    OperationFailed,
    attribData,
    attribType,
    numericData,
)
from numpy.typing import NDArray

FLOAT, INT = numericData.Float32, numericData.Int32
OWNERS = ("Point", "Prim", "Vertex", "Global")


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


class Attributes:
    """What Geometry does with attributes; it knows points and polygons."""

    read_only: bool
    polygons: list[tuple[int, ...]]
    attributes: dict[str, dict[str, Attrib]]
    calls: list[str]
    others: int

    def _writable(self, call: str) -> None:
        if self.read_only:
            raise OperationFailed(f"{call}: the geometry is read-only")
        self.calls.append(call)

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
