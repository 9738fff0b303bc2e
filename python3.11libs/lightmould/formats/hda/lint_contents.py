"""What is wrong with the nodes inside an asset."""

import ast
import re
from collections.abc import Callable, Mapping

from lightmould.errors import FormatError
from lightmould.formats.hda import contents, definition, options, values
from lightmould.formats.hda.contents import Part
from lightmould.formats.hda.definition import Definition
from lightmould.formats.hda.finding import Findings
from lightmould.formats.hda.sections import Entry
from lightmould.formats.hda.tokens import Tokens

_INIT = re.compile(r"type = (\S+)\nmatchesdef = [01]\n")
_INPUT = re.compile(r'\d+ \S+ \S+ 2 0 \S+ "[^"\n]*"')
_ROOT = "hdaroot"
_KNOWN = frozenset({
    "alias", "chn", "cop2", "data", "datablocks", "def", "gdelta", "init", "inp", "multiparm",
    "net", "netbox", "netboxinit", "networkdotinit", "order", "outputinfos", "parm", "postitdef",
    "postitinit", "postitnetbox", "spareparmdef", "userdata",
})  # fmt: skip
_CALLBACKS = frozenset({"addinternaldependencies", "cooktask", "generate", "regeneratestatic"})
_REFERENCES = frozenset({".OPfallbacks", ".OPdummydefs"})


def check(found: Findings, path: str, text: str, entry: Entry) -> None:
    """Note what is wrong with a Contents.mime.

    Args:
        found: where it is noted.
        path: of the file.
        text: of the file.
        entry: the asset's in the index.
    """
    parts = found.canonical(path, text, contents.read, contents.write)
    if parts is None:
        return
    bodies = {part.name: part.body for part in parts}
    if len(bodies) != len(parts):
        found.add(path, "two parts of one name")
    _frame(found, path, parts, bodies, entry)
    definitions: dict[str, Definition] = {}
    for part in parts:
        one = _part(found, f"{path}:{part.name}", part)
        if one is not None:
            definitions[part.name.removesuffix(".def")] = one
    for name in definitions:
        _node(found, path, name, bodies, definitions)
        if bodies.get(f"{name}.init", "").startswith("type = pythonprocessor\n"):
            _callbacks(found, f"{path}:{name}.parm", bodies.get(f"{name}.parm", ""))


def _frame(
    found: Findings, path: str, parts: tuple[Part, ...], bodies: Mapping[str, str], entry: Entry
) -> None:
    """What every network has, in its order."""
    names = [part.name for part in parts if part.name not in _REFERENCES]
    if names[:3] != ["node_type", f"{_ROOT}.init", f"{_ROOT}.def"]:
        found.add(path, f"found {', '.join(names[:3])} first; wanted node_type, .init and .def")
    if bodies.get("node_type") != f"{entry.table}\n":
        found.add(f"{path}:node_type", f"wanted {entry.table}")
    for part in parts:
        kind = part.name.rpartition(".")[2]
        is_reference = part.name in _REFERENCES
        if part.name != "node_type" and kind not in _KNOWN and not is_reference:
            found.add(f"{path}:{part.name}", "no part of that name is known")
        if is_reference != (part.type == "application/external-reference"):
            found.add(f"{path}:{part.name}", f"is {part.type}")


def _part(found: Findings, path: str, part: Part) -> Definition | None:
    """Note what is wrong with one part; a definition is what comes back."""
    kind = part.name.rpartition(".")[2]
    if kind == "def":
        return found.canonical(path, part.body, definition.read, definition.write)
    if kind in _CHECKS:
        _CHECKS[kind](found, path, part.body)
    return None


def _settings(found: Findings, path: str, body: str) -> None:
    found.canonical(path, body, values.read, values.write)


def _user_data(found: Findings, path: str, body: str) -> None:
    found.canonical(path, body, options.read, options.write)


def _type(found: Findings, path: str, body: str) -> None:
    if _INIT.fullmatch(body) is None:
        found.add(path, "wanted `type = NAME` and `matchesdef = 0` or `1`")


def _network(found: Findings, path: str, body: str) -> None:
    if body != "1\n":
        found.add(path, "wanted 1")


def _channels(found: Findings, path: str, body: str) -> None:
    if not (body.startswith("{\n") and body.endswith("}\n")):
        found.add(path, "wanted braces around all")


def _braces(found: Findings, path: str, body: str) -> None:
    """Note braces of spare parameters that do not fit; shaders say in them what we do not read."""
    try:
        tokens = Tokens(body, path)
        depth = 0
        while not tokens.is_done():
            token = tokens.take()
            depth += 0 if token.is_quoted else {"{": 1, "}": -1}.get(token.text, 0)
            if depth < 0:
                tokens.fail(token.line, "a brace too many", "what it closes")
        if depth:
            tokens.fail(tokens.peek().line, "the end", "`}`")
    except FormatError as error:
        found.add_error(path, error)


def _callbacks(found: Findings, path: str, body: str) -> None:
    """Note callbacks of a pythonprocessor that are no Python."""
    try:
        settings = values.read(body, path)
    except FormatError:
        return  # noted where the part was read
    for setting in settings:
        if setting.name in _CALLBACKS:
            for text in (value for value in setting.values if isinstance(value, str)):
                try:
                    ast.parse(text)
                except SyntaxError as error:
                    found.add(path, f"{setting.name} is no Python: {error.msg}")


def _inputs(found: Findings, path: str, body: str) -> None:
    count, *rows = body.removesuffix("\n").split("\n")
    if count != str(len(rows)):
        found.add(path, f"found {len(rows)} inputs; wanted {count}", 1)
    for line, row in enumerate(rows, start=2):
        if _INPUT.fullmatch(row) is None:
            found.add(path, f"found {row!r}; wanted an input's number and place", line)


_CHECKS: Mapping[str, Callable[[Findings, str, str], None]] = {
    "parm": _settings,
    "userdata": _user_data,
    "init": _type,
    "net": _network,
    "inp": _inputs,
    "chn": _channels,
    "spareparmdef": _braces,
}


def _node(
    found: Findings,
    path: str,
    name: str,
    bodies: Mapping[str, str],
    definitions: Mapping[str, Definition],
) -> None:
    """Note what is wrong with a node among the others."""
    here = f"{path}:{name}"
    # What is inside the network of another asset may be told in part.
    is_whole = name.count("/") < 2 or f"{name}.init" in bodies
    for kind in ("init", "userdata"):
        if is_whole and f"{name}.{kind}" not in bodies:
            found.add(here, f"has no .{kind}")
    prefix = f"{name.rpartition('/')[0]}/"
    one = definitions[name]
    for wire in one.wires if name != _ROOT and is_whole else ():
        source = wire.source
        if not source.startswith(("(", '"')) and f"{prefix}{source}" not in definitions:
            found.add(f"{here}.def", f"is wired to {source}, which is not there")
    children = {
        part.removesuffix(".init")
        for part in bodies
        if part.endswith(".init") and part.rpartition("/")[0] == name
    }
    order = bodies.get(f"{name}.order")
    if order is not None:
        count, *names = order.removesuffix("\n").split("\n")
        said = {f"{name}/{child}" for child in names}
        if count != str(len(names)) or said != children:
            found.add(f"{here}.order", f"found {', '.join(names)}; wanted the nodes inside")
    elif len(children) > 1:
        found.add(here, f"has {len(children)} nodes inside and no .order")
