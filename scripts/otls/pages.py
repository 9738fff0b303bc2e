"""Pages of help (F1) in Houdini's wiki markup, from declarations."""

from collections.abc import Iterator

from lightmould.formats.hda.dialog import Folder, Parm
from otls.assets import operator
from otls.declaration import NAMESPACE, VERSION, Declaration

CONTEXTS = {"Object": "obj", "Sop": "sop", "Top": "top"}
"""How help names the tables."""


def page(one: Declaration) -> str:
    """The page of an asset."""
    return "\n".join((*_head(one), *_parameters(one.parms), *_rest(one)))


def path(one: Declaration) -> str:
    """The page's path in a `help` folder, where Houdini looks for it."""
    return f"nodes/{CONTEXTS[one.table]}/{NAMESPACE}--{one.name}-{VERSION}.txt"


def _head(one: Declaration) -> Iterator[str]:
    yield f"= Lightmould {one.label} ="
    yield ""
    yield "#type: node"
    yield f"#context: {CONTEXTS[one.table]}"
    yield f"#internal: {operator(one).type_name}"
    yield f"#icon: LM_{one.name}"
    yield f"#tags: lightmould, {one.name.replace('_', ', ')}"
    yield ""
    yield f'"""{one.summary}"""'
    yield ""
    yield one.text
    if one.inputs:
        yield "@inputs"
        yield ""
        for label, meaning in one.inputs:
            yield f"{label}:"
            yield f"    {meaning}"
            yield ""
    yield "@parameters"
    yield ""


def _parameters(parms: tuple[Parm | Folder, ...]) -> Iterator[str]:
    for one in parms:
        if isinstance(one, Folder):
            if not one.is_invisible_tab:
                yield f"== {one.label} =="
                yield ""
                yield from _parameters(one.parms)
        elif not one.is_base:
            yield f"{one.label}:"
            yield f"    #id: {one.name}"
            yield ""
            yield f"    {one.help}"
            yield ""
            for _, label in one.menu.items if one.menu else ():
                yield f"    - {label}"
            yield from [""] * (one.menu is not None)


def _rest(one: Declaration) -> Iterator[str]:
    if one.outputs:
        yield "@attributes" if one.table == "Sop" else "@outputs"
        yield ""
        for name, meaning in one.outputs:
            yield f"{name}:"
            yield f"    {meaning[0].upper()}{meaning[1:]}."
            yield ""
    yield "@related"
    yield ""
    for other in one.related:
        table, name = other.split("/")
        target = f"Node:{CONTEXTS[table]}/{NAMESPACE}--{name}-{VERSION}"
        yield f"- [Lightmould {name.replace('_', ' ').title()}|{target}]"
    yield ""
