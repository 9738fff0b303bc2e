"""XML of other programs to elements that know their lines.

Documents that define entities are refused: a few lines of them can fill a machine's memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from xml.parsers import expat

from lightmould.errors import FormatError, at

_FIX = "Export the file again."


@dataclass(slots=True)
class Element:
    """A tag, its attributes, text and children."""

    where: str
    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, tag: str) -> Iterator["Element"]:
        """The children of a tag."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> "Element | None":
        """The first child of a tag."""
        return next(self.all(tag), None)

    def needed(self, tag: str) -> "Element":
        """The first child of a tag, which has to be there."""
        child = self.first(tag)
        if child is None:
            raise FormatError(self.where, f"<{self.tag}> without <{tag}>", f"a <{tag}>", _FIX)
        return child

    def attribute(self, name: str) -> str:
        """An attribute, which has to be there."""
        if name not in self.attributes:
            raise FormatError(self.where, f"<{self.tag}> without {name}", f"{name}=", _FIX)
        return self.attributes[name]


def read(data: bytes, path: PurePath) -> Element:
    """The document's element.

    Raises:
        FormatError: naming the line: it is no XML, or defines a document type.
    """
    parser = expat.ParserCreate()
    top = Element(str(path), "", {})
    stack = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(at(path, parser.CurrentLineNumber), tag, attributes)
        stack[-1].children.append(element)
        stack.append(element)

    def text(part: str) -> None:
        stack[-1].text += part

    def doctype(*_: object) -> None:
        where = at(path, parser.CurrentLineNumber)
        raise FormatError(where, "a document type", "plain elements", "Remove the DOCTYPE.")

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)  # noqa: FBT003
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two: its encoding
        where = at(path, parser.CurrentLineNumber)
        raise FormatError(where, str(error), "XML", _FIX) from None
    return top.children[0]
