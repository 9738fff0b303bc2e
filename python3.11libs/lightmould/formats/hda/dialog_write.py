"""A DialogScript in the one form in which Houdini writes it."""

import re
from collections.abc import Iterable, Iterator
from heapq import merge

from lightmould.formats.hda.dialog import Code, Dialog, Folder, Limit, Menu, Parm

_PLAIN = re.compile(r"[\w.:+-]+")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


def write(dialog: Dialog) -> str:
    """The text of a DialogScript, as Houdini itself would write it."""
    head = [
        f"# Dialog script for {dialog.name} automatically generated",
        "",
        "{",
        f"    name\t{_word(dialog.name)}",
        f"    script\t{_word(dialog.script)}",
        f"    label\t{_quoted(dialog.label)}",
        "",
        "    help {",
        '\t""',
        "    }",
        *(_handle(*words) for words in dialog.handles),
        "",
    ]
    labels = [line for number, label in dialog.inputs for line in _input(dialog, number, label)]
    labels += [f"    outputlabel\t{number}\t{_word(label)}" for number, label in dialog.outputs]
    return "\n".join((*head, *labels, *[""][: len(labels)], *_parms(dialog.parms, 1), "}", ""))


def write_parms(parms: tuple[Parm | Folder, ...], depth: int) -> str:
    """The lines of parameters and folders.

    Args:
        parms: from top to bottom.
        depth: how far they are set in, in steps of four blanks.
    """
    return "".join(f"{line}\n" for line in _parms(parms, depth))


def _input(dialog: Dialog, number: int, label: str) -> Iterator[str]:
    yield f"    inputlabel\t{number}\t{_word(label)}"
    if number in dialog.references:
        yield f"    parmtag {{ inputisref{number} 1 }}"


def _handle(parm: str, kind: str, name: str, part: str, how: str) -> str:
    return f"    bindhandle {parm} {kind} {_quoted(name)} {part} {_quoted(how)}"


def _parms(parms: Iterable[Parm | Folder], depth: int) -> Iterator[str]:
    space = "    " * depth
    for one in parms:
        yield f"{space}{'parm' if isinstance(one, Parm) else one.kind} {{"
        for line in _parm(one) if isinstance(one, Parm) else _folder(one):
            yield f"{space}    {line}"
        if isinstance(one, Folder):
            yield ""
            yield from _parms(one.parms, depth + 1)
        yield f"{space}}}"
        if isinstance(one, Folder):
            yield ""


def _parm(parm: Parm) -> Iterator[str]:
    yield _line("name", _quoted(parm.name))
    yield from _flags(("baseparm", parm.is_base))
    yield from _texts(("label", parm.label))
    if parm.type is not None:
        yield _line("type", parm.type)
    shown = (("invisible", parm.is_invisible), ("nolabel", not parm.has_label))
    yield from _flags(*(reversed(shown) if parm.is_base else shown))
    yield from _flags(("joinnext", parm.joins_next))
    if parm.size is not None:
        yield _line("size", str(parm.size))
    if parm.default:
        yield _line("default", f"{{ {' '.join(_value(value) for value in parm.default)} }}")
    yield from _texts(
        ("help", parm.help), ("disablewhen", parm.disable_when), ("hidewhen", parm.hide_when)
    )
    if parm.menu is not None:
        yield from _menu(parm.menu)
    yield from _range(parm.range)
    if parm.export is not None:
        yield _line("export", parm.export)
    yield from _flags(("unquoted", parm.is_unquoted))
    yield from _tags("parmtag", parm.tags)


def _folder(folder: Folder) -> Iterator[str]:
    is_list = folder.kind.startswith("multi")
    yield _line("name", _quoted(folder.name))
    if folder.label is not None:
        yield ("label    " if is_list else "label   ") + _quoted(folder.label)
    yield from _flags(
        ("baseparm", folder.is_base),
        ("invisibletab", folder.is_invisible_tab),
        ("invisible", folder.is_invisible),
        ("tabbreak", folder.breaks_tab),
    )
    yield from _texts(("disablewhentab", folder.disable_tab_when))
    if folder.count is not None:
        yield _line(
            "default", _value(folder.count) if isinstance(folder.count, Code) else folder.count
        )
    yield from _texts(
        ("help", folder.help),
        ("disablewhen", folder.disable_when),
        ("hidewhentab", folder.hide_tab_when),
        ("hidewhen", folder.hide_when),
    )
    yield from _range(folder.range)
    if folder.export is not None:
        yield _line("export", folder.export)
    yield from merge(
        _tags("grouptag", folder.tags), _tags("parmtag", folder.parm_tags), key=_tag_name
    )


def _line(keyword: str, value: str) -> str:
    return f"{keyword:<7} {value}"


def _flags(*flags: tuple[str, bool]) -> Iterator[str]:
    return (keyword for keyword, is_set in flags if is_set)


def _texts(*texts: tuple[str, str | None]) -> Iterator[str]:
    return (_line(keyword, _quoted(text)) for keyword, text in texts if text is not None)


def _tag_name(line: str) -> str:
    return line.split(maxsplit=2)[2]


def _tags(keyword: str, tags: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{keyword} {{ {_quoted(name)} {_quoted(value)} }}" for name, value in tags)


def _range(ends: tuple[Limit, Limit] | None) -> Iterator[str]:
    if ends is not None:
        low, high = (f"{end.text}{'!' * end.strict}" for end in ends)
        yield _line("range", f"{{ {low} {high} }}")


def _menu(menu: Menu) -> Iterator[str]:
    yield f"{menu.kind}{' usetokenvalue' * menu.token_values} {{"
    for line in menu.script:
        yield f"    [ {_quoted(line)} ]"
    if menu.language is not None:
        yield f"    language {menu.language}"
    tokens = [_quoted(token) for token, _ in menu.items]
    width = max(map(len, tokens), default=0) // 4 * 4 + 4
    for token, (_, label) in zip(tokens, menu.items, strict=True):
        yield f"    {token:<{width}}{_quoted(label)}"
    yield "}"


def _value(value: str | Code) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return f"[ {_quoted(value.text)} {value.language} ]"


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
