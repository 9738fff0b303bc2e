"""What is wrong with parameters that are written as Houdini writes them."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from lightmould.formats.hda.dialog import Dialog, Folder, Menu, Parm

_NAME = re.compile(r"[A-Za-z_]\w*#*\w*(?:#\w*)*")
_CONDITION = re.compile(r"\s*(?:\{[^{}]*\}\s*)+")
_NUMBERS = frozenset({
    "angle", "color", "color4", "direction", "float", "float_minmax", "int_minmax", "integer",
    "intlog", "intvector", "intvector2", "log", "vector", "vector2", "vector4",
})  # fmt: skip
_SIZES = {
    "color": 3, "color4": 4, "direction": 3, "intvector": 3, "intvector2": 2, "vector": 3,
    "vector2": 2, "vector4": 4, "float_minmax": 2, "int_minmax": 2,
}  # fmt: skip
_WORKED_OUT = frozenset("$`(#")
"""Letters of defaults that are no numbers yet."""

_EXPORTS = frozenset({"all", "dialog", "none"})


def problems(dialog: Dialog) -> Iterator[str]:
    """What is wrong, a sentence for each, naming the parameter."""
    yield from _repeated(_names(dialog.parms))
    for labels in (dialog.inputs, dialog.outputs):
        numbers = [number for number, _ in labels]
        if numbers != sorted(set(numbers)):
            yield f"inputs or outputs {numbers}: wanted in order, once each"
    for parm in dialog.flat():
        for problem in _of_parm(parm):
            yield f"{parm.name}: {problem}"
    for folder in _folders(dialog.parms):
        for problem in (*_conditions(folder), *_tags(folder.tags), *_tags(folder.parm_tags)):
            yield f"{folder.name}: {problem}"


def _names(parms: Iterable[Parm | Folder]) -> Iterator[str]:
    for one in parms:
        yield one.name
        if isinstance(one, Folder):
            yield from _names(one.parms)


def _folders(parms: Iterable[Parm | Folder]) -> Iterator[Folder]:
    for one in parms:
        if isinstance(one, Folder):
            yield one
            yield from _folders(one.parms)


def _repeated(names: Iterable[str]) -> Iterator[str]:
    counted = Counter(names)
    for name, count in counted.items():
        if count > 1:
            yield f"{name}: there are {count} of that name"
        if _NAME.fullmatch(name) is None:
            yield f"{name!r}: is no name of a parameter"


def _of_parm(parm: Parm) -> Iterator[str]:
    yield from _conditions(parm)
    yield from _tags(parm.tags)
    if parm.export is not None and parm.export not in _EXPORTS:
        yield f"export {parm.export}, which is none of {', '.join(sorted(_EXPORTS))}"
    if parm.is_base:
        return
    if parm.label is None:
        yield "no label"
    yield from _default(parm)
    if parm.range is not None and float(parm.range[0].text) > float(parm.range[1].text):
        yield f"a range from {parm.range[0].text} down to {parm.range[1].text}"
    if parm.menu is not None:
        yield from _menu(parm.menu)
    if parm.type == "toggle":
        yield from _switch(parm)


def _default(parm: Parm) -> Iterator[str]:
    size = parm.size or 1
    if parm.type in _SIZES and size != _SIZES[parm.type]:
        yield f"{size} components; {parm.type} has {_SIZES[parm.type]}"
    elif parm.default and parm.type in _NUMBERS and len(parm.default) != size:
        yield f"{len(parm.default)} defaults for {size} components"
    if parm.type in _NUMBERS and parm.menu is None:
        for value in parm.default:
            if isinstance(value, str) and not (_is_number(value) or _WORKED_OUT & set(value)):
                yield f"default {value!r}, which is no number"
    needs = parm.type in {"toggle", "string", "integer", "float", "ordinal", "file", "directory"}
    if needs and not parm.default:
        yield "no default"


def _menu(menu: Menu) -> Iterator[str]:
    if bool(menu.items) == bool(menu.script):
        yield "a menu wants items or a script that makes them"
    if menu.language is not None and not menu.script:
        yield "a language without a script"
    tokens = Counter(token for token, _ in menu.items if token not in {"", "_separator_"})
    yield from (f"menu token {token!r} twice" for token, count in tokens.items() if count > 1)


def _switch(parm: Parm) -> Iterator[str]:
    (default,) = parm.default if len(parm.default) == 1 else ("0",)
    is_plain = isinstance(default, str) and not _WORKED_OUT & set(default)
    if is_plain and default not in {"0", "1", "off", "on"}:
        yield f"default {default!r} of a toggle"


def _conditions(one: Parm | Folder) -> Iterator[str]:
    said = [one.hide_when, one.disable_when]
    if isinstance(one, Folder):
        said += [one.hide_tab_when, one.disable_tab_when]
    for condition in said:
        if condition is not None and _CONDITION.fullmatch(condition) is None:
            yield f"condition {condition!r}, which is not in braces"


def _tags(tags: tuple[tuple[str, str], ...]) -> Iterator[str]:
    names = [name for name, _ in tags]
    said = dict(tags)
    language = said.get("script_callback_language", "hscript")
    if language not in {"python", "hscript"}:
        yield f"callbacks in {language!r}"
    if language == "python":
        try:
            ast.parse(said.get("script_callback", "").strip())
        except SyntaxError as error:
            yield f"a callback that is no Python: {error.msg}"
    if names != sorted(set(names)):
        yield f"tags {', '.join(names)}: wanted in the order of letters, once each"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
