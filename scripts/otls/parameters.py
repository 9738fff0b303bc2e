"""Parameters in few words, for the declarations of our assets.

Each has a name, a label and a sentence of help; help is never left out.
"""

from dataclasses import replace

from lightmould.formats.hda.dialog import Folder, Limit, Menu, Parm

Items = tuple[tuple[str, str], ...]

_SCRIPTED = ("script_callback_language", "python")


def toggle(name: str, label: str, default: bool, text: str) -> Parm:  # noqa: FBT001
    """A check box."""
    return Parm(name, label, "toggle", default=(str(int(default)),), help=text, tags=(_SCRIPTED,))


def integer(name: str, label: str, default: int, limits: str, text: str) -> Parm:
    """A whole number; limits are `0! 100`, a bang for an end that none may pass."""
    found = _limits(limits)
    tags = (_SCRIPTED,)
    return Parm(name, label, "integer", default=(str(default),), help=text, range=found, tags=tags)


def number(name: str, label: str, default: float, limits: str, text: str) -> Parm:
    """A real number; limits as for `integer`."""
    found, values = _limits(limits), (f"{default:g}",)
    return Parm(name, label, "float", default=values, help=text, range=found, tags=(_SCRIPTED,))


def vector(name: str, label: str, default: tuple[float, float, float], text: str) -> Parm:
    """Three real numbers."""
    values = tuple(f"{value:g}" for value in default)
    return _ranged(Parm(name, label, "vector", 3, values, text, tags=(_SCRIPTED,)), "-10 10")


def span(name: str, label: str, default: tuple[float, float], limits: str, text: str) -> Parm:
    """Two real numbers, the lower first."""
    values = tuple(f"{value:g}" for value in default)
    return _ranged(Parm(name, label, "vector2", 2, values, text, tags=(_SCRIPTED,)), limits)


def size(name: str, label: str, default: tuple[int, int], limits: str, text: str) -> Parm:
    """A width and a height, pixels."""
    values = tuple(str(value) for value in default)
    return _ranged(Parm(name, label, "intvector2", 2, values, text, tags=(_SCRIPTED,)), limits)


def string(name: str, label: str, default: str, text: str) -> Parm:
    """A line of text."""
    return Parm(name, label, "string", default=(default,), help=text, tags=(_SCRIPTED,))


def choice(name: str, label: str, items: Items, text: str) -> Parm:
    """One of a menu, the first unless changed; its value is the token."""
    first = (items[0][0],)
    tags = (_SCRIPTED,)
    return Parm(name, label, "string", default=first, help=text, menu=Menu(items), tags=tags)


def file(name: str, label: str, default: str, pattern: str, text: str) -> Parm:
    """A file that is there; the pattern is what a chooser shows, `*.obj *.fbx`."""
    tags = (("filechooser_mode", "read"), ("filechooser_pattern", pattern), _SCRIPTED)
    return Parm(name, label, "file", default=(default,), help=text, tags=tags)


def new_file(name: str, label: str, default: str, pattern: str, text: str) -> Parm:
    """A file that will be written."""
    tags = (("filechooser_mode", "write"), ("filechooser_pattern", pattern), _SCRIPTED)
    return Parm(name, label, "file", default=(default,), help=text, tags=tags)


def folder_path(name: str, label: str, default: str, text: str) -> Parm:
    """A folder."""
    return Parm(name, label, "directory", default=(default,), help=text, tags=(_SCRIPTED,))


def node_path(name: str, label: str, default: str, kind: str, text: str) -> Parm:
    """A node; the kind is what a chooser shows, as `!!OBJ/GEOMETRY!!`."""
    tags = (("opfilter", kind), ("oprelative", "."), _SCRIPTED)
    return Parm(name, label, "oppath", default=(default,), help=text, tags=tags)


def button(name: str, label: str, call: str, text: str) -> Parm:
    """A button; the call is `module.function` of our Houdini package."""
    return called(Parm(name, label, "button", default=("0",), help=text), call)


def called(parm: Parm, call: str) -> Parm:
    """The parameter, with a function that is called when it has changed."""
    tags = tuple(tag for tag in parm.tags if tag != _SCRIPTED)
    callback = ("script_callback", f"hou.phm().{call}(kwargs)")
    return replace(parm, tags=(*tags, callback, _SCRIPTED))


def only_if(parm: Parm, name: str, *values: str) -> Parm:
    """The parameter, hidden unless another one has one of these values."""
    others = " ".join(f"{name} != {value}" for value in values)
    return replace(parm, hide_when=f"{{ {others} }}")


def box(name: str, label: str, *parms: Parm | Folder) -> Folder:
    """A plain box of parameters."""
    tags = (("group_type", "simple"),)
    return Folder(f"fd_{name}", label, parms, "groupsimple", tags)


def closed_box(name: str, label: str, *parms: Parm | Folder) -> Folder:
    """A box that begins closed."""
    tags = (("group_type", "collapsible"),)
    return Folder(f"fd_{name}", label, parms, "groupcollapsible", tags)


def _ranged(parm: Parm, limits: str) -> Parm:
    return replace(parm, range=_limits(limits))


def _limits(text: str) -> tuple[Limit, Limit]:
    low, high = (Limit(end.rstrip("!"), end.endswith("!")) for end in text.split())
    return low, high
