"""The parameters of a node type, as a DialogScript has them: values only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

TYPES = frozenset({
    "angle", "button", "buttonstrip", "color", "color4", "data", "direction", "directory", "file",
    "float", "float_minmax", "geometry", "geometrydata", "iconstrip", "image", "int_minmax",
    "integer", "intlog", "intvector", "intvector2", "label", "log", "oplist", "oppath", "ordinal",
    "ramp_flt", "ramp_rgb", "separator", "string", "toggle", "vector", "vector2", "vector4",
})  # fmt: skip
"""Types of parameters that assets use."""

MenuKind: TypeAlias = Literal["menu", "menumini", "menureplace", "menutoggle"]
FolderKind: TypeAlias = Literal[
    "group", "groupsimple", "groupcollapsible", "groupradio",
    "multiparm", "multiscroll", "multiswitcher",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Code:
    """A default that is worked out.

    Attributes:
        text: the expression.
        language: what it is written in.
    """

    text: str
    language: str = "hscript-expr"


@dataclass(frozen=True, slots=True)
class Menu:
    """What a parameter may be chosen from.

    Attributes:
        items: token and label of each choice.
        script: lines of a program that makes the items instead.
        language: of the program; None is hscript.
        kind: `menu` is the choice itself; `menureplace` fills a field that may hold other text.
        token_values: whether a menu of numbers has its tokens for values.
    """

    items: tuple[tuple[str, str], ...] = ()
    script: tuple[str, ...] = ()
    language: str | None = None
    kind: MenuKind = "menu"
    token_values: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of a slider.

    Attributes:
        text: the number as it is written.
        strict: whether no value may lie beyond.
    """

    text: str
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Parm:
    """One parameter.

    Attributes:
        name: what programs call it.
        label: what people call it.
        type: one of `TYPES`; None for a parameter that its base type describes.
        size: components, where not one.
        default: a text or an expression for each component.
        help: what the tooltip says.
        disable_when: conditions, "{ a == 1 b != x } { c > 3 }": and within braces, or between.
        hide_when: the same; hides it.
        menu: what it may be chosen from.
        range: lower and upper end.
        export: whether it is shown above, in an asset around: `all`, `dialog` or `none`.
        tags: pairs of names and values.
        is_base: whether it is inherited from the base type.
        is_invisible: never shown.
        has_label: whether its label is shown.
        joins_next: whether the next stands on the same line.
        is_unquoted: whether hscript takes its text without quotes.
    """

    name: str
    label: str | None = None
    type: str | None = None
    size: int | None = None
    default: tuple[str | Code, ...] = ()
    help: str | None = None
    disable_when: str | None = None
    hide_when: str | None = None
    menu: Menu | None = None
    range: tuple[Limit, Limit] | None = None
    export: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    is_base: bool = False
    is_invisible: bool = False
    has_label: bool = True
    joins_next: bool = False
    is_unquoted: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """Parameters that stand together.

    Attributes:
        name: what programs call it; tabs of one set are `x`, `x_1`, `x_2`.
        label: what people call it.
        parms: what stands in it.
        kind: a tab (`group`), a plain or collapsible box, a list that people lengthen (`multi...`).
        tags: pairs of names and values, of the folder.
        parm_tags: the same, of the parameter that a list is.
        count: instances that a list begins with.
        range: lower and upper end of the number of instances.
        help: what the tooltip says.
        disable_when: conditions as for `Parm`.
        hide_when: the same.
        disable_tab_when: the same; of the tab itself.
        hide_tab_when: the same.
        export: as for `Parm`.
        is_base: whether it is inherited from the base type.
        is_invisible: never shown.
        is_invisible_tab: the tab is never shown.
        breaks_tab: whether tabs begin anew here.
    """

    name: str
    label: str | None = None
    parms: tuple["Parm | Folder", ...] = ()
    kind: FolderKind = "group"
    tags: tuple[tuple[str, str], ...] = ()
    parm_tags: tuple[tuple[str, str], ...] = ()
    count: str | Code | None = None
    range: tuple[Limit, Limit] | None = None
    help: str | None = None
    disable_when: str | None = None
    hide_when: str | None = None
    disable_tab_when: str | None = None
    hide_tab_when: str | None = None
    export: str | None = None
    is_base: bool = False
    is_invisible: bool = False
    is_invisible_tab: bool = False
    breaks_tab: bool = False


@dataclass(frozen=True, slots=True)
class Dialog:
    """A whole DialogScript.

    Attributes:
        name: the operator's, with namespace and version.
        script: what new nodes are named after.
        label: what people call the operator.
        inputs: number, from 1, and label of inputs.
        references: numbers of inputs that are looked at, not passed on.
        outputs: the same of outputs.
        handles: parameter, kind and name of a viewport handle, its part, and how it is bound.
        parms: parameters and folders.
    """

    name: str
    script: str
    label: str
    inputs: tuple[tuple[int, str], ...] = ()
    references: tuple[int, ...] = ()
    outputs: tuple[tuple[int, str], ...] = ()
    handles: tuple[tuple[str, str, str, str, str], ...] = ()
    parms: tuple[Parm | Folder, ...] = ()

    def flat(self) -> Iterator[Parm]:
        """Every parameter, those in folders too, from top to bottom."""
        return flat(self.parms)


def flat(parms: tuple[Parm | Folder, ...]) -> Iterator[Parm]:
    """Every parameter, those in folders too, from top to bottom."""
    for one in parms:
        if isinstance(one, Folder):
            yield from flat(one.parms)
        else:
            yield one
