"""What lies where in a zip of uncompressed files, believed only as far as the file bears it out.

Every member has to lie within the file, apart from all others, under a name of its own, and its two
headers have to agree. Thus a file can't claim more bytes than it has.

Source: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3.
"""

import os
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lightmould.errors import FormatError

LARGEST = 1 << 20
"""Bytes of a directory: some ten thousand members."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_COMMENT = 1 << 16
_ENCRYPTED = 1
_UTF_8 = 1 << 11
_SEE_64 = 0xFFFFFFFF
_FIX = "Write the file again, or copy it again."


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip.

    Attributes:
        name: as the zip has it.
        begin: bytes; where its content begins.
        size: bytes.
        crc: CRC-32 of the content.
    """

    name: str
    begin: int
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class _Listed:
    """A member as the directory has it."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int

    @property
    def shown(self) -> str:
        """The name, for errors."""
        return repr(self.name[:80].decode("utf-8", "replace"))


def read(file: IO[bytes], path: Path) -> list[Member]:
    """The members of a zip in the order that they lie in.

    Raises:
        FormatError: it is damaged, compressed, encrypted, or contradicts itself.
    """
    data, begin = _directory(file, path)
    listed = sorted(_listed(data, path), key=lambda one: one.header)
    members, free = [], 0
    for one in listed:
        member = _member(file, path, one) if free <= one.header < begin else None
        if member is None or member.begin + member.size > begin:
            found = f"{one.shown} beyond the file's end, or where something else lies"
            raise FormatError(path, found, "members apart from each other", _FIX)
        free = member.begin + member.size
        members.append(member)
    twice = [name for name, count in Counter(one.name for one in members).items() if count > 1]
    if twice:
        raise FormatError(path, f"{twice[0]!r} twice", "each name once", _FIX)
    return members


def _directory(file: IO[bytes], path: Path) -> tuple[bytes, int]:
    """The directory's bytes, and where it begins."""
    length = file.seek(0, os.SEEK_END)
    tail_begin = max(0, length - _COMMENT - _END.size - _LOCATOR.size)
    file.seek(tail_begin)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + _END.size:
        found = "an empty file" if length == 0 else "no zip directory at the end"
        raise FormatError(path, found, "a whole .npz file", _FIX)
    _, disk, _, _, _, size, begin, comment = _END.unpack_from(tail, at)
    end = tail_begin + at
    if _SEE_64 in (size, begin):
        size, begin, end = _end_64(file, path, tail[:at], end)
    if disk or end != begin + size or at + _END.size + comment != len(tail):
        found = "a directory that is not where its end says"
        raise FormatError(path, found, "a whole zip and nothing around it", _FIX)
    if size > LARGEST:
        raise FormatError(path, f"a directory of {size} bytes", f"{LARGEST} at most", _FIX)
    file.seek(begin)
    return file.read(size), begin


def _end_64(file: IO[bytes], path: Path, before: bytes, end: int) -> tuple[int, int, int]:
    """Size and begin of a directory, and where it ends, by the longer record before its end."""
    locator = before[-_LOCATOR.size :]
    if len(locator) == _LOCATOR.size and locator.startswith(b"PK\6\7"):
        _, _, place, _ = _LOCATOR.unpack(locator)
        if place + _END_64.size == end - _LOCATOR.size:
            file.seek(place)
            signature, *_, size, begin = _END_64.unpack(file.read(_END_64.size))
            if signature == b"PK\6\6":
                return size, begin, place
    raise FormatError(path, "no record of a large zip's directory", "one", _FIX)


def _listed(data: bytes, path: Path) -> Iterator[_Listed]:
    place = 0
    while place < len(data):
        if len(data) < place + _CENTRAL.size or not data.startswith(b"PK\1\2", place):
            raise FormatError(path, "a damaged zip directory", "a whole one", _FIX)
        fields = _CENTRAL.unpack_from(data, place)
        flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
        name_length, extra_length, comment_length, header = *fields[10:13], fields[16]
        name_at = place + _CENTRAL.size
        extra_at = name_at + name_length
        place = extra_at + extra_length + comment_length
        extra = data[extra_at : extra_at + extra_length]
        size, packed, header = _large(extra, (size, packed, header), path)
        yield _Listed(data[name_at:extra_at], flags, method, crc, packed, size, header)


def _large(extra: bytes, found: tuple[int, int, int], path: Path) -> tuple[int, int, int]:
    """Size, packed size and place, those that were too large from the extra field."""
    place, larger = 0, b""
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1:
            larger = extra[place + 4 : place + 4 + length]
        place += 4 + length
    if 8 * found.count(_SEE_64) > len(larger):
        raise FormatError(path, "a large member without its size", "one with it", _FIX)
    taken = iter(larger[i : i + 8] for i in range(0, len(larger), 8))
    size, packed, header = (
        int.from_bytes(next(taken), "little") if one == _SEE_64 else one for one in found
    )
    return size, packed, header


def _member(file: IO[bytes], path: Path, listed: _Listed) -> Member:
    """A member, if its own header agrees."""
    shown = listed.shown
    if listed.flags & _ENCRYPTED:
        raise FormatError(path, f"{shown} encrypted", "plain members", _FIX)
    if listed.method or listed.packed != listed.size:
        found = f"{shown} compressed, {listed.packed} bytes that claim to be {listed.size}"
        fix = "Unpack it, and write it again with `numpy.savez`, not `savez_compressed`."
        raise FormatError(path, found, "uncompressed members", fix)
    file.seek(listed.header)
    fixed, name = file.read(_LOCAL.size).ljust(_LOCAL.size), file.read(len(listed.name))
    signature, _, flags, method, *_, length, extra = _LOCAL.unpack(fixed)
    told = (signature, flags, method, length, name)
    if told != (b"PK\3\4", listed.flags, 0, len(listed.name), listed.name):
        raise FormatError(path, f"another header than {shown} has", "one that agrees", _FIX)
    coding = "utf-8" if listed.flags & _UTF_8 else "cp437"
    try:
        text = name.decode(coding)
    except UnicodeDecodeError:
        raise FormatError(path, f"the name {shown}", "one in UTF-8", _FIX) from None
    begin = listed.header + len(fixed) + len(name) + extra
    return Member(text, begin, listed.size, listed.crc)
