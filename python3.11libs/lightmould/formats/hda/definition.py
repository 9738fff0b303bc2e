"""Where a node stands, what it is wired to, and its flags: a `.def` in Contents.mime."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import NoReturn, TypeAlias

from lightmould.errors import FormatError, at

Flags: TypeAlias = tuple[tuple[str, str], ...]

_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_PLACE = re.compile(rf"position ({_NUMBER}) ({_NUMBER})")
_COLOR = re.compile(rf"color UT_Color ((?:RGB|HSV) {_NUMBER} {_NUMBER} {_NUMBER}) ")
_TEXT = r'"((?:\\.|[^"\\])*)"'
_OPEN = re.compile(r'"(?:\\[\s\S]|[^"\\])*')
_OUTPUT = re.compile(rf"(\d+) {_TEXT}")
_SOURCE = r'(\(\w+\)|""|[^\s"()]+)'
_NAMED = re.compile(rf'(\d+) \t{_SOURCE} (\d+|"") (\d+) {_TEXT}')
_INPUT = re.compile(rf"(\d+) \t{_SOURCE} (\d+) (\d+)")
_BEFORE = re.compile(
    r"(?:sopflags sopflags = |objflags objflags = (?: \w+ (?:on|off))*"
    rf"|pretransform UT_DMatrix4(?: {_NUMBER}){{16}})"
)
_MADE_BY = re.compile(r"creator .+|explicit \d")
_KNOWN_FLAGS = frozenset({
    "bypass", "colordefault", "compress", "debug", "descriptivename", "display", "displaycomment",
    "drawbackground", "exposed", "footprint", "highdetail", "highlight", "lock", "lowdetail",
    "material", "mediumdetail", "minimize", "model", "outputforview", "render", "savedata",
    "selectable", "template", "unload", "xray",
})  # fmt: skip
_STAT = tuple(
    re.compile(line)
    for line in (r"  create (-?\d+)", r"  modify (-?\d+)", r"  author (.*)", r"  access (\d+)")
)


@dataclass(frozen=True, slots=True)
class Wire:
    """One input of a node.

    Attributes:
        id: of the input's connector.
        source: the node that it comes from, beside this one; "(0)" is the asset's first input, '""'
            is nothing.
        source_id: of the connector there; '""' for an input of the asset, or nothing.
        kind: 1 in every file that was seen.
        label: of the input.
    """

    id: int
    source: str
    source_id: str
    kind: int
    label: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A node in its network.

    Attributes:
        place: x and y, as written.
        flags: of the node: name, and `on`, `off`, `hard` or a number.
        before: lines that only some networks have: of objects and SOPs.
        outputs: id of the connector and label.
        wires: inputs by name.
        inputs: number, source, the source's output and kind, for programs that know no names.
        next_id: the first free one of a connector.
        color: of its tile, as written; None where the line is missing.
        stat: when it was made and changed, seconds since 1970, -1 for nobody knows; who saved it;
            and what the others may do with it.
        comment: about the node, as written, in quotes if it is no single word; None without it.
        made_by: lines about the tool that made the node, where one did.
        script: that runs when the node is deleted.
        language: of expressions; None where the line is missing.
    """

    place: tuple[str, str]
    flags: Flags
    before: tuple[str, ...] = ()
    outputs: tuple[tuple[int, str], ...] = ()
    wires: tuple[Wire, ...] = ()
    inputs: tuple[tuple[int, str, int, int], ...] = ()
    next_id: int = 0
    color: str | None = "RGB 0.8 0.8 0.8"
    stat: tuple[str, str, str, str] = ("-1", "-1", "", "0777")
    comment: str | None = '""'
    made_by: tuple[str, ...] = ()
    script: str = ""
    language: str | None = "hscript"


def write(one: Definition) -> str:
    """The text of a `.def`."""
    return "\n".join((*_lines(one), ""))


def _lines(one: Definition) -> Iterator[str]:
    yield from one.before
    if one.comment is not None:
        yield f"comment {one.comment}"
    yield f"position {one.place[0]} {one.place[1]}"
    yield f"connectornextid {one.next_id}"
    yield "flags = " + "".join(f" {name} {value}" for name, value in one.flags)
    yield from ("outputsNamed3", "{", *(f'{number} "{text}"' for number, text in one.outputs), "}")
    named = (f'{w.id} \t{w.source} {w.source_id} {w.kind} "{w.label}"' for w in one.wires)
    yield from ("inputsNamed3", "{", *named, "}")
    plain = (f"{number} \t{source} {out} {kind}" for number, source, out, kind in one.inputs)
    yield from ("inputs", "{", *plain, "}")
    created, modified, author, access = one.stat
    yield from ("stat", "{", f"  create {created}", f"  modify {modified}")
    yield from (f"  author {author}", f"  access {access}", "}")
    if one.color is not None:
        yield f"color UT_Color {one.color} "
    yield from one.made_by
    yield f'delscript "{one.script}"'
    if one.language is not None:
        yield f"exprlanguage {one.language}"
    yield "end"


def read(text: str, path: str | PathLike[str]) -> Definition:
    """What a `.def` says.

    Raises:
        FormatError: it is not one.
    """
    lines = _Lines(text, path)
    before = tuple(lines.while_they_match(_BEFORE))
    comment = lines.rest_or_none("comment ")
    while comment is not None and _OPEN.fullmatch(comment) and not lines.are_done():
        comment += f"\n{lines.take()}"
    place = lines.match(_PLACE)
    next_id = lines.match(re.compile(r"connectornextid (\d+)"))
    flags = _flags(lines)
    outputs = tuple((int(number), label) for number, label in lines.block("outputsNamed3", _OUTPUT))
    wires = tuple(
        Wire(int(number), source, source_id, int(kind), label)
        for number, source, source_id, kind, label in lines.block("inputsNamed3", _NAMED)
    )
    inputs = tuple(
        (int(number), source, int(out), int(kind))
        for number, source, out, kind in lines.block("inputs", _INPUT)
    )
    lines.expect("stat")
    lines.expect("{")
    created, modified, author, access = (lines.match(pattern)[0] for pattern in _STAT)
    lines.expect("}")
    color = lines.match(_COLOR)[0] if lines.peek().startswith("color ") else None
    made_by = tuple(lines.while_they_match(_MADE_BY))
    (script,) = lines.match(re.compile(rf"delscript {_TEXT}"))
    language = lines.rest_or_none("exprlanguage ")
    lines.expect("end")
    lines.expect("")
    return Definition(
        (place[0], place[1]),
        flags,
        before,
        outputs,
        wires,
        inputs,
        int(next_id[0]),
        color,
        (created, modified, author, access),
        comment,
        made_by,
        script,
        language,
    )


def _flags(lines: "_Lines") -> Flags:
    (text,) = lines.match(re.compile(r"flags = ((?: \w+ (?:on|off|hard|soft|\d+))+)"))
    words = text.split()
    unknown = [name for name in words[::2] if name not in _KNOWN_FLAGS]
    if unknown or len(set(words[::2])) < len(words) // 2:
        lines.fail(", ".join(unknown or words[::2]), "flags that are known, once each")
    return tuple(zip(words[::2], words[1::2], strict=True))


class _Lines:
    """The lines of a text, taken one after the other."""

    def __init__(self, text: str, path: str | PathLike[str]) -> None:
        self._path = path
        self._all = text.split("\n")
        self._next = 0

    def peek(self) -> str:
        return self._all[self._next] if self._next < len(self._all) else ""

    def are_done(self) -> bool:
        return self._next >= len(self._all)

    def take(self) -> str:
        line = self.peek()
        self._next += 1
        return line

    def fail(self, found: str, wanted: str) -> NoReturn:
        raise FormatError(at(self._path, self._next), repr(found), wanted, "Write the file anew.")

    def expect(self, wanted: str) -> None:
        if (found := self.take()) != wanted:
            self.fail(found, repr(wanted))

    def match(self, wanted: re.Pattern[str]) -> tuple[str, ...]:
        found = wanted.fullmatch(line := self.take())
        if found is None:
            self.fail(line, wanted.pattern.split(" ")[0])
        return found.groups()

    def block(self, name: str, wanted: re.Pattern[str]) -> Iterator[tuple[str, ...]]:
        self.expect(name)
        self.expect("{")
        while self.peek() != "}":
            yield self.match(wanted)
        self.take()

    def while_they_match(self, wanted: re.Pattern[str]) -> Iterator[str]:
        while wanted.fullmatch(self.peek()):
            yield self.take()

    def rest_or_none(self, start: str) -> str | None:
        return self.take().removeprefix(start) if self.peek().startswith(start) else None
