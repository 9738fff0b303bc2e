"""The parts of a Contents.mime: the nodes inside an asset, a few small texts for each.

Source: MIME, RFC 2046, of which Houdini writes one form, always with the same boundary.
"""

import re
from dataclasses import dataclass
from os import PathLike

from lightmould.errors import FormatError, at

_BOUNDARY = "HOUDINIMIMEBOUNDARY0xD3ADD339-0x00000F49-0x56B122C9-0x00000001HOUDINIMIMEBOUNDARY"
_HEAD = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{_BOUNDARY}"\n'
_PART = re.compile(
    r'\nContent-Disposition: attachment; filename="(?P<name>[^"\n]+)"'
    r"\nContent-Type: (?P<type>text/plain|application/external-reference|application/octet-stream)"
    r"(?P<encoding>\nContent-Transfer-Encoding: base64)?\n\n"
)
_FIX = "Write the file anew."


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a network's.

    Attributes:
        name: path of the node that it is about, and what it tells: `hdaroot/output0.parm`.
        body: the text; ends with a line break.
        type: what the text is; `application/external-reference` names a file beside.
    """

    name: str
    body: str
    type: str = "text/plain"


def read(text: str, path: str | PathLike[str]) -> tuple[Part, ...]:
    """The parts of a Contents.mime.

    Raises:
        FormatError: it has another form than the one that Houdini writes.
    """
    head, *sections = text.split(f"\n--{_BOUNDARY}")
    if head != _HEAD:
        raise FormatError(at(path, 1), "another head", "that of a Contents.mime", _FIX)
    if not sections or sections[-1] != "--\n":
        raise FormatError(path, "no end", f"--{_BOUNDARY}-- at the end", _FIX)
    parts = []
    line = head.count("\n") + 2
    for section in sections[:-1]:
        match = _PART.match(section)
        if match is None:
            raise FormatError(at(path, line), "another head of a part", "name and type", _FIX)
        if (match["type"] == "application/octet-stream") != (match["encoding"] is not None):
            raise FormatError(at(path, line), "bytes that are no text", "base64", _FIX)
        body = section[match.end() :]
        if not body.endswith("\n"):
            raise FormatError(at(path, line), f"no end of {match['name']}", "a line break", _FIX)
        parts.append(Part(match["name"], body, match["type"]))
        line += section.count("\n") + 1
    return tuple(parts)


def write(parts: tuple[Part, ...]) -> str:
    """A Contents.mime with these parts."""
    sections = "".join(f"\n--{_BOUNDARY}{_part(part)}" for part in parts)
    return f"{_HEAD}{sections}\n--{_BOUNDARY}--\n"


def _part(part: Part) -> str:
    is_binary = part.type == "application/octet-stream"
    encoding = "\nContent-Transfer-Encoding: base64" if is_binary else ""
    head = f'Content-Disposition: attachment; filename="{part.name}"\nContent-Type: {part.type}'
    return f"\n{head}{encoding}\n\n{part.body}"
