"""What a node's parameters are set to: a `.parm` in Contents.mime."""

import re
from dataclasses import dataclass
from os import PathLike

from lightmould.errors import FormatError, at

_HEAD = "{\nversion 0.8\n"
_END = "}\n"
_SETTING = re.compile(
    r"(?P<name>[^\s\[\](){}]+)\t\[ (?P<state>\d+\tlocks=\d+(?:\t\w+=\d+)*) \]\t\(\t"
)
_VALUE = re.compile(
    r'(?:"(?P<text>(?:\\[\s\S]|[^"\\])*)"'
    r"|(?P<code>`(?:\\[\s\S]|[^`\\])*`)"
    r"|(?P<channel>\[ \S+\t(?:\"(?:\\[\s\S]|[^\"\\])*\"|[^\]\n]*) \] )"
    r'|(?P<bare>(?!\[ )[^\t\n"][^\t\n]*))\t'
)


@dataclass(frozen=True, slots=True)
class Bare:
    """A value that is written as it is: a number, an expression, a channel."""

    text: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter.

    Attributes:
        name: the parameter's.
        values: a text or something else for each component.
        state: flags of its channels and locks of its components, as written.
    """

    name: str
    values: tuple[str | Bare, ...]
    state: str = "0\tlocks=0"


def write(settings: tuple[Setting, ...]) -> str:
    """The text of a `.parm`."""
    return _HEAD + "".join(_line(setting) for setting in settings) + _END


def _line(one: Setting) -> str:
    values = "".join(f"{_written(value)}\t" for value in one.values)
    return f"{one.name}\t[ {one.state} ]\t(\t{values})\n"


def _written(value: str | Bare) -> str:
    if isinstance(value, Bare):
        return value.text
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(text: str, path: str | PathLike[str]) -> tuple[Setting, ...]:
    """What a `.parm` says.

    Raises:
        FormatError: it is not one, or names a parameter twice.
    """
    fix = "Write the file anew."
    if not text.startswith(_HEAD):
        raise FormatError(at(path, 1), "another head", "version 0.8", fix)
    settings: dict[str, Setting] = {}
    place = len(_HEAD)
    while (match := _SETTING.match(text, place)) is not None:
        place = match.end()
        values: list[str | Bare] = []
        while (value := _VALUE.match(text, place)) is not None:
            place = value.end()
            values.append(_value(value))
        here = at(path, text.count("\n", 0, place) + 1)
        if not text.startswith(")\n", place):
            raise FormatError(here, "no end of a value", ")", fix)
        if match["name"] in settings:
            raise FormatError(here, f"{match['name']} again", "it once", fix)
        place += 2
        settings[match["name"]] = Setting(match["name"], tuple(values), match["state"])
    if text[place:] != _END:
        raise FormatError(at(path, text.count("\n", 0, place) + 1), "another line", "}", fix)
    return tuple(settings.values())


def _value(match: re.Match[str]) -> str | Bare:
    if (text := match["text"]) is None:
        return Bare(match["code"] or match["channel"] or match["bare"])
    return re.sub(r'\\(["\\])', r"\1", text)
