"""Small values of hou: enumerations, vectors, matrices, colors, errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class Error(Exception):
    def instanceMessage(self) -> str:
        return str(self.args[0]) if self.args else ""


class OperationFailed(Error):
    pass


class OperationInterrupted(Error):
    pass


class PermissionError(Error):
    pass


class NodeError(Error):
    pass


class NodeWarning(Error):
    pass


class EnumValue:
    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return self._name


def _values(*names: str) -> dict[str, EnumValue]:
    return {name: EnumValue(name) for name in names}


attribType = type("attribType", (), _values("Global", "Point", "Prim", "Vertex"))
attribData = type("attribData", (), _values("Dict", "Float", "Int", "String"))
numericData = type("numericData", (), _values("Float32", "Float64", "Int32", "Int64"))
primType = type("primType", (), _values("Polygon", "PolySoup"))
severityType = type("severityType", (), _values("Message", "ImportantMessage", "Warning", "Error"))
nodeFlag = type("nodeFlag", (), _values("DisplayComment"))
paneTabType = type("paneTabType", (), _values("PythonPanel", "NetworkEditor"))
fileType = type("fileType", (), _values("Any", "Geometry", "Directory"))
fileChooserMode = type("fileChooserMode", (), _values("Read", "ReadAndWrite", "Write"))

DTYPES: dict[EnumValue, Any] = {
    numericData.Float32: np.float32,
    numericData.Float64: np.float64,
    numericData.Int32: np.int32,
    numericData.Int64: np.int64,
}


class Vector2(tuple[float, ...]):
    def __new__(cls, x: Sequence[float] | float = 0.0, y: float = 0.0) -> Vector2:
        return super().__new__(cls, (x, y) if isinstance(x, int | float) else tuple(x))


class Vector3(tuple[float, ...]):
    def __new__(cls, x: Sequence[float] | float = 0.0, y: float = 0.0, z: float = 0.0) -> Vector3:
        return super().__new__(cls, (x, y, z) if isinstance(x, int | float) else tuple(x))


class Color:
    def __init__(
        self, rgb_tuple: Sequence[float] | float = 0.0, g: float = 0.0, b: float = 0.0
    ) -> None:
        one = isinstance(rgb_tuple, int | float)
        self._rgb = (rgb_tuple, g, b) if one else tuple(rgb_tuple)

    def rgb(self) -> tuple[float, ...]:
        return self._rgb


class Matrix4:
    """Row vectors: `p * M`, the translation in the last row."""

    def __init__(self, values: Any = 0) -> None:
        given = np.asarray(values, np.float64)
        self._rows = np.eye(4) * given if given.ndim == 0 else given.reshape(4, 4)

    def asTuple(self) -> tuple[float, ...]:
        return tuple(self._rows.reshape(-1).tolist())

    def asTupleOfTuples(self) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(row) for row in self._rows.tolist())


class BoundingBox:
    def __init__(self, bbox_or_xmin: Sequence[float] = (0.0,) * 6) -> None:
        self._low, self._high = bbox_or_xmin[:3], bbox_or_xmin[3:]

    def minvec(self) -> Vector3:
        return Vector3(self._low)

    def maxvec(self) -> Vector3:
        return Vector3(self._high)
