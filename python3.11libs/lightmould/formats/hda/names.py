"""Operators' names, and the file names that stand for them."""

import re
from dataclasses import dataclass
from os import PathLike

from lightmould.errors import FormatError

_ESCAPES = {"_": "__", ":": "_8", "/": "_1"}
_MEANT = {escaped: plain for plain, escaped in _ESCAPES.items()}
_PAIR = re.compile(r"_(.?)")


@dataclass(frozen=True, slots=True)
class Operator:
    """The name of a node type.

    Attributes:
        table: kind of network: Object, Sop, Top, ...
        name: the type's, without the rest.
        namespace: whose it is; "" for nobody's.
        version: "" where there is none.
    """

    table: str
    name: str
    namespace: str = ""
    version: str = ""

    @property
    def type_name(self) -> str:
        """As people and scripts write it: `lightmould::import::1.0`."""
        return "::".join(part for part in (self.namespace, self.name, self.version) if part)

    @property
    def path(self) -> str:
        """As libraries write it, with the table: `lightmould::Sop/import::1.0`."""
        before = f"{self.namespace}::" if self.namespace else ""
        return f"{before}{self.table}/{self.name}{f'::{self.version}' if self.version else ''}"

    @property
    def folder(self) -> str:
        """The name of the folder that holds its sections."""
        return escape(self.path)


def escape(name: str) -> str:
    """The file name that stands for a section or an operator."""
    return "".join(_ESCAPES.get(letter, letter) for letter in name)


def unescape(file_name: str, path: str | PathLike[str]) -> str:
    """The section or operator that a file name stands for.

    Args:
        file_name: of a file or a folder in an asset.
        path: where it is, for errors.

    Raises:
        FormatError: `escape` makes no such name.
    """
    for match in _PAIR.finditer(file_name):
        if match[0] not in _MEANT:
            fix = "Rename it as `escape` would."
            raise FormatError(path, f"{match[0]} in a name", ", ".join(_MEANT), fix)
    plain = _PAIR.sub(lambda match: _MEANT[match[0]], file_name)
    if escape(plain) != file_name:
        raise FormatError(path, file_name, escape(plain), "Rename it.")
    return plain
