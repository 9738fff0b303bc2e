"""PLY's elements: tables of numbers and of lists, in text or in bytes."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import FormatError, at
from lightmould.model.arrays import Ints

TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
LONGEST_HEADER = 2**16
FIX = "Export the file again."

Columns: TypeAlias = dict[str, NDArray[Any]]
Lists: TypeAlias = dict[str, tuple[Ints, NDArray[Any]]]
"""By name, how long each list is, and the values of all, one after the other."""


@dataclass(frozen=True, slots=True)
class Property:
    """A column: numbers of a type, or lists of them; `count` is the type of a list's length."""

    name: str
    type: str
    count: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A table."""

    name: str
    count: int
    properties: tuple[Property, ...]


def tables(data: bytes, source: PurePath) -> dict[str, tuple[Columns, Lists]]:
    """Every element of a PLY file by its name.

    Raises:
        FormatError: naming the line or the byte: it is no PLY file, or is damaged or cut off.
    """
    order, elements, start = _header(data, source)
    rows = _Text(data[start:], source) if order == "" else _Binary(data, start, order, source)
    return {element.name: rows.table(element) for element in elements}


def _header(data: bytes, source: PurePath) -> tuple[str, tuple[Element, ...], int]:
    """The order of bytes, the elements, and where the data begin."""
    end = data.find(b"end_header", 0, LONGEST_HEADER)
    stop = data.find(b"\n", end) + 1 if end >= 0 else 0
    if not data.startswith(b"ply") or not stop:
        raise FormatError(at(source, 1), "no header", "ply ... end_header", "Save it as PLY.")
    order: str | None = None
    elements: list[Element] = []
    for line, text in enumerate(data[:end].decode("latin-1").splitlines(), 1):
        words = text.split()
        if not words or words[0] in ("ply", "comment", "obj_info"):
            continue
        if words[0] == "format" and len(words) == 3 and words[1] in ORDERS:
            order = ORDERS[words[1]]
        elif words[0] == "element" and len(words) == 3 and words[2].isdecimal():
            elements.append(Element(words[1], int(words[2]), ()))
        elif words[0] == "property" and elements and (one := _property(words)) is not None:
            last = elements[-1]
            elements[-1] = Element(last.name, last.count, (*last.properties, one))
        else:
            found, wanted = repr(text[:60]), "format, element, property or comment"
            raise FormatError(at(source, line), found, wanted, FIX)
    if order is None:
        raise FormatError(source, "no format", f"one of {', '.join(ORDERS)}", FIX)
    return order, tuple(elements), stop


def _property(words: list[str]) -> Property | None:
    match words:
        case [_, "list", count, type_, name] if count in TYPES and type_ in TYPES:
            return Property(name, TYPES[type_], TYPES[count])
        case [_, type_, name] if type_ in TYPES:
            return Property(name, TYPES[type_])
    return None


class _Binary:
    """Elements one after the other in bytes."""

    def __init__(self, data: bytes, start: int, order: str, source: PurePath) -> None:
        self._data, self._at, self._order, self._source = data, start, order, source

    def table(self, element: Element) -> tuple[Columns, Lists]:
        """Columns of numbers, and lists as their lengths and their values one after the other."""
        lists = [one for one in element.properties if one.count]
        if not lists:
            return self._rows(element, {}), {}
        # Nearly always all lists are as long as the first, and rows are all of one size.
        lengths = self._first_lengths(element)
        begin = self._at
        if lengths is not None:
            rows = self._rows(element, lengths)
            if all((rows[f"{one.name} length"] == lengths[one.name]).all() for one in lists):
                return self._split(element, rows)
        self._at = begin
        return self._one_by_one(element)

    def _first_lengths(self, element: Element) -> dict[str, int] | None:
        lengths: dict[str, int] = {}
        offset = self._at
        for one in element.properties:
            if one.count:
                lengths[one.name] = int(self._number(one.count, offset))
                offset += int(one.count[1])
            offset += int(one.type[1]) * lengths.get(one.name, 1)
        size = offset - self._at
        fits = self._at + size * element.count <= len(self._data)
        return lengths if fits and element.count else None

    def _rows(self, element: Element, lengths: dict[str, int]) -> Columns:
        fields: list[Any] = []
        for one in element.properties:
            if one.count:
                fields.append((f"{one.name} length", self._order + one.count))
                fields.append((one.name, self._order + one.type, (lengths[one.name],)))
            else:
                fields.append((one.name, self._order + one.type))
        try:
            dtype = np.dtype(fields)
        except ValueError as error:
            raise FormatError(self._source, str(error), "each property once", FIX) from None
        need = dtype.itemsize * element.count
        if self._at + need > len(self._data):
            found = f"the end of the file, byte {len(self._data)}"
            wanted = f"{element.count} of {element.name}: {self._at + need} bytes"
            raise FormatError(self._source, found, wanted, FIX)
        rows = np.frombuffer(self._data, dtype, element.count, self._at)
        self._at += need
        return {name: rows[name] for name in dtype.names or ()}

    def _split(self, element: Element, rows: Columns) -> tuple[Columns, Lists]:
        names = {one.name for one in element.properties if one.count}
        numbers = {one.name: rows[one.name] for one in element.properties if not one.count}
        lists = {
            name: (rows[f"{name} length"].astype(np.int32), rows[name].reshape(-1))
            for name in names
        }
        return numbers, lists

    def _one_by_one(self, element: Element) -> tuple[Columns, Lists]:
        lists: dict[str, tuple[list[int], list[NDArray[Any]]]] = {
            one.name: ([], []) for one in element.properties if one.count
        }
        for _ in range(element.count):
            for one in element.properties:
                length = 1
                if one.count:
                    length = int(self._number(one.count, self._at))
                    self._at += int(one.count[1])
                size = length * int(one.type[1])
                if length < 0 or self._at + size > len(self._data):
                    found = f"the end of the file, byte {len(self._data)}"
                    raise FormatError(self._source, found, f"{element.count} {element.name}", FIX)
                if one.count:
                    values = np.frombuffer(self._data, self._order + one.type, length, self._at)
                    lists[one.name][0].append(length)
                    lists[one.name][1].append(values)
                self._at += size
        return {}, {
            name: (np.array(lengths, np.int32), np.concatenate([*values, np.zeros(0, np.int32)]))
            for name, (lengths, values) in lists.items()
        }

    def _number(self, type_: str, offset: int) -> Any:
        if offset + int(type_[1]) > len(self._data):
            found = f"the end of the file, byte {len(self._data)}"
            raise FormatError(self._source, found, "a list's length", FIX)
        return np.frombuffer(self._data, self._order + type_, 1, offset)[0]


class _Text:
    """Elements one after the other in lines."""

    def __init__(self, data: bytes, source: PurePath) -> None:
        self._lines = [line for line in data.decode("latin-1").splitlines() if line.strip()]
        self._at, self._source = 0, source

    def table(self, element: Element) -> tuple[Columns, Lists]:
        """Columns of numbers, and lists as their lengths and their values one after the other."""
        lines = self._lines[self._at : self._at + element.count]
        if len(lines) < element.count:
            found, wanted = f"{len(lines)} lines", f"{element.count} of {element.name}"
            raise FormatError(self._source, found, wanted, FIX)
        self._at += element.count
        numbers: dict[str, list[float]] = {p.name: [] for p in element.properties if not p.count}
        lists: dict[str, tuple[list[int], list[float]]] = {
            p.name: ([], []) for p in element.properties if p.count
        }
        for line in lines:
            try:
                self._row([float(word) for word in line.split()], element, numbers, lists)
            except (ValueError, IndexError):
                found, wanted = repr(line[:60]), f"the numbers of one {element.name}"
                raise FormatError(self._source, found, wanted, FIX) from None
        types = {p.name: p.type for p in element.properties}
        return (
            {name: np.array(values, np.float64) for name, values in numbers.items()},
            {
                name: (np.array(lengths, np.int32), np.array(values).astype(types[name]))
                for name, (lengths, values) in lists.items()
            },
        )

    @staticmethod
    def _row(
        words: list[float],
        element: Element,
        numbers: dict[str, list[float]],
        lists: dict[str, tuple[list[int], list[float]]],
    ) -> None:
        place = 0
        for one in element.properties:
            if one.count:
                length = int(words[place])
                values = words[place + 1 : place + 1 + length]
                if len(values) != length:
                    raise ValueError(length)
                lists[one.name][0].append(length)
                lists[one.name][1].extend(values)
                place += 1 + length
            else:
                numbers[one.name].append(words[place])
                place += 1
