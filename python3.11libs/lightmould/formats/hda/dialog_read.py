"""A DialogScript's text as values."""

from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from typing import Any, get_args

from lightmould.formats.hda.dialog import (
    TYPES,
    Code,
    Dialog,
    Folder,
    FolderKind,
    Limit,
    Menu,
    MenuKind,
    Parm,
)
from lightmould.formats.hda.tokens import Tokens

_FOLDERS: tuple[FolderKind, ...] = get_args(FolderKind)
_MENUS: tuple[MenuKind, ...] = get_args(MenuKind)


def read(text: str, path: str | PathLike[str]) -> Dialog:
    """What a DialogScript says.

    Args:
        text: the file's text; blanks and empty lines between words do not matter.
        path: where it is from, for errors.

    Raises:
        FormatError: it is not a DialogScript, or says what none of the known ones does.
    """
    tokens = Tokens(text, path)
    tokens.expect("{")
    head = _head(tokens)
    parms = read_parms(tokens)
    tokens.expect("}")
    if not tokens.is_done():
        tokens.fail(tokens.peek().line, repr(tokens.peek().text), "the end")
    return replace(head, parms=parms)


def _head(tokens: Tokens) -> Dialog:
    """What stands before the parameters."""
    said: dict[str, list[Any]] = {keyword: [] for keyword in _HEAD}
    while (keyword := tokens.peek().text) in said:
        line = tokens.take().line
        if keyword in _ONCE and said[keyword]:
            tokens.fail(line, f"`{keyword}` again", f"one `{keyword}`")
        said[keyword].append(_HEAD[keyword](tokens))
    for keyword in _ONCE:
        if not said[keyword]:
            tokens.fail(tokens.peek().line, f"no `{keyword}`", ", ".join(_ONCE))
    return Dialog(
        said["name"][0],
        said["script"][0],
        said["label"][0],
        inputs=tuple(said["inputlabel"]),
        references=tuple(said["parmtag"]),
        outputs=tuple(said["outputlabel"]),
        handles=tuple(said["bindhandle"]),
    )


def read_parms(tokens: Tokens) -> tuple[Parm | Folder, ...]:
    """The parameters and folders that come next.

    Raises:
        FormatError: they can't be read.
    """
    found: list[Parm | Folder] = []
    while (keyword := tokens.peek().text) in {"parm", *_FOLDERS}:
        tokens.take()
        found.append(_parm(tokens) if keyword == "parm" else _folder(tokens, keyword))
    return tuple(found)


def _parm(tokens: Tokens) -> Parm:
    line = tokens.peek().line
    values = _block(tokens, _PARM)
    values["tags"] = tuple(values.pop("parmtag", ()))
    if "name" not in values:
        tokens.fail(line, "a parameter without a name", "a name")
    found = values.get("type")
    if found is None and not values.get("is_base"):
        tokens.fail(line, f"no type of {values['name']}", "a type")
    if found is not None and found not in TYPES:
        tokens.fail(line, f"type {found}", f"one of: {', '.join(sorted(TYPES))}")
    return Parm(**values)


def _folder(tokens: Tokens, kind: Any) -> Folder:
    line = tokens.peek().line
    values = _block(tokens, _FOLDER)
    values["tags"] = tuple(values.pop("grouptag", ()))
    values["parm_tags"] = tuple(values.pop("parmtag", ()))
    if "name" not in values:
        tokens.fail(line, "a folder without a name", "a name")
    return Folder(kind=kind, **values)


def _block(tokens: Tokens, known: dict[str, "_Reader"]) -> dict[str, Any]:
    """The values of a block in braces, by their names in `Parm` or `Folder`."""
    values: dict[str, Any] = {}
    tokens.expect("{")
    while not tokens.sees("}"):
        token = tokens.peek()
        if "parms" in values or (known is _FOLDER and token.text in {"parm", *_FOLDERS}):
            values["parms"] = read_parms(tokens)
            tokens.expect("}")
            break
        tokens.take()
        if token.is_quoted or token.text not in known:
            tokens.fail(token.line, repr(token.text), f"one of: {', '.join(known)}")
        name, value = known[token.text](tokens)
        if name.endswith("tag"):
            values.setdefault(name, []).append(value)
        elif name in values:
            tokens.fail(token.line, f"`{token.text}` again", f"one `{token.text}`")
        else:
            values[name] = value
    return values


_Reader = Callable[[Tokens], tuple[str, Any]]


def _flag(name: str, *, value: bool = True) -> _Reader:
    return lambda _: (name, value)


def _text(name: str) -> _Reader:
    return lambda tokens: (name, tokens.quoted())


def _bare(name: str) -> _Reader:
    return lambda tokens: (name, tokens.word())


def _size(tokens: Tokens) -> tuple[str, int]:
    return "size", _whole(tokens)


def _tag(name: str) -> _Reader:
    return lambda tokens: (name, _in_braces(tokens, lambda: (tokens.word(), tokens.word())))


def _default(tokens: Tokens) -> tuple[str, tuple[str | Code, ...]]:
    tokens.expect("{")
    values: list[str | Code] = []
    while not tokens.sees("}"):
        values.append(_code(tokens) if tokens.sees("[") else tokens.quoted())
    return "default", tuple(values)


def _count(tokens: Tokens) -> tuple[str, str | Code]:
    return "count", _code(tokens) if tokens.sees("[") else tokens.word()


def _code(tokens: Tokens) -> Code:
    code = Code(tokens.quoted(), tokens.word())
    tokens.expect("]")
    return code


def _range(tokens: Tokens) -> tuple[str, tuple[Limit, Limit]]:
    ends = _in_braces(tokens, lambda: (tokens.word(), tokens.word()))
    low, high = (Limit(end.removesuffix("!"), end.endswith("!")) for end in ends)
    for end in (low, high):
        _number(tokens, end.text)
    return "range", (low, high)


def _menu(kind: MenuKind) -> _Reader:
    def menu(tokens: Tokens) -> tuple[str, Menu]:
        token_values = tokens.sees("usetokenvalue")
        items: list[tuple[str, str]] = []
        script: list[str] = []
        language = None
        tokens.expect("{")
        while not tokens.sees("}"):
            if tokens.sees("["):
                script.append(tokens.quoted())
                tokens.expect("]")
            elif tokens.sees("language"):
                language = tokens.word()
            else:
                items.append((tokens.quoted(), tokens.quoted()))
        return "menu", Menu(tuple(items), tuple(script), language, kind, token_values)

    return menu


def _in_braces(tokens: Tokens, read_one: Callable[[], Any]) -> Any:
    tokens.expect("{")
    found = read_one()
    tokens.expect("}")
    return found


def _whole(tokens: Tokens) -> int:
    token = tokens.take()
    if token.is_quoted or not token.text.isdecimal():
        tokens.fail(token.line, repr(token.text), "a whole number")
    return int(token.text)


def _number(tokens: Tokens, text: str) -> None:
    try:
        float(text)
    except ValueError:
        tokens.fail(tokens.peek().line, repr(text), "a number")


def _label(tokens: Tokens) -> tuple[int, str]:
    return _whole(tokens), tokens.word()


def _handle(tokens: Tokens) -> tuple[str, ...]:
    return tuple(tokens.word() for _ in range(5))


def _reference(tokens: Tokens) -> int:
    line = tokens.peek().line
    name, value = _tag("")(tokens)[1]
    number = name.removeprefix("inputisref")
    if value != "1" or number == name or not number.isdecimal():
        tokens.fail(line, f"{name} {value}", "inputisref and a number, 1")
    return int(number)


_ONCE = ("name", "script", "label", "help")
_HEAD: dict[str, Callable[[Tokens], Any]] = {
    "name": Tokens.word,
    "script": Tokens.word,
    "label": Tokens.quoted,
    "help": lambda tokens: _in_braces(tokens, tokens.quoted),
    "bindhandle": _handle,
    "inputlabel": _label,
    "outputlabel": _label,
    "parmtag": _reference,
}
_BOTH: dict[str, _Reader] = {
    "name": _text("name"),
    "baseparm": _flag("is_base"),
    "label": _text("label"),
    "invisible": _flag("is_invisible"),
    "help": _text("help"),
    "disablewhen": _text("disable_when"),
    "hidewhen": _text("hide_when"),
    "range": _range,
    "export": _bare("export"),
    "parmtag": _tag("parmtag"),
}
_PARM: dict[str, _Reader] = {
    **_BOTH,
    "type": _bare("type"),
    "size": _size,
    "nolabel": _flag("has_label", value=False),
    "joinnext": _flag("joins_next"),
    "default": _default,
    "unquoted": _flag("is_unquoted"),
    **{kind: _menu(kind) for kind in _MENUS},
}
_FOLDER: dict[str, _Reader] = {
    **_BOTH,
    "default": _count,
    "grouptag": _tag("grouptag"),
    "invisibletab": _flag("is_invisible_tab"),
    "tabbreak": _flag("breaks_tab"),
    "hidewhentab": _text("hide_tab_when"),
    "disablewhentab": _text("disable_tab_when"),
}
