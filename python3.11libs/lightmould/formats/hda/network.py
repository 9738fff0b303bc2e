"""A small network as parts of a Contents.mime: an asset and the nodes in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lightmould.formats.hda import definition, options, values
from lightmould.formats.hda.contents import Part
from lightmould.formats.hda.definition import Definition, Flags, Wire
from lightmould.formats.hda.values import Setting

_FLAGS = (
    "lock", "model", "template", "footprint", "xray", "bypass", "display", "render", "highlight",
    "unload", "savedata", "compress", "colordefault", "exposed",
)  # fmt: skip
_ON = frozenset({"colordefault", "exposed"})
_STAT = ("-1", "-1", "lightmould@lightmould", "0777")
_OF_OBJECTS = (
    "objflags objflags =  origin off",
    "pretransform UT_DMatrix4 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
)


@dataclass(frozen=True, slots=True)
class Node:
    """One node inside an asset.

    Attributes:
        name: the node's.
        type: its operator.
        place: x and y of its tile.
        source: the node beside it that its input is wired to, "(0)" for the asset's first input, or
            None without inputs.
        has_output: whether others may be wired to it.
        is_shown: whether it is what the asset shows and gives.
        settings: parameters that differ from their defaults.
        is_built_in: whether its type is Houdini's own, and not an asset.
        is_network: whether nodes can be made inside it.
    """

    name: str
    type: str
    place: tuple[str, str] = ("0", "0")
    source: str | None = None
    has_output: bool = True
    is_shown: bool = False
    settings: tuple[Setting, ...] = ()
    is_built_in: bool = True
    is_network: bool = False


def parts(table: str, operator: str, inputs: int, nodes: tuple[Node, ...]) -> tuple[Part, ...]:
    """The parts of an asset's Contents.mime.

    Args:
        table: kind of network that the asset is for, and that its nodes are in.
        operator: the asset's name with namespace and version.
        inputs: that the asset has at most.
        nodes: inside.
    """
    return tuple(Part(name, body) for name, body in _bodies(table, operator, inputs, nodes))


def _bodies(
    table: str, operator: str, inputs: int, nodes: tuple[Node, ...]
) -> Iterator[tuple[str, str]]:
    yield "node_type", f"{table}\n"
    yield "hdaroot.init", _init(operator)
    yield "hdaroot.def", definition.write(_root(table))
    yield "hdaroot.userdata", options.write(options.ASSET_VERSION)
    if inputs:
        rows = "".join(
            f'{number} {2 * number} 2 2 0 __NO_OWNER_NETWORK_BOX__ "FROMOUTPUT"\n'
            for number in range(inputs)
        )
        yield "hdaroot.inp", f"{inputs}\n{rows}"
    for node in nodes:
        path = f"hdaroot/{node.name}"
        yield f"{path}.init", _init(node.type)
        yield f"{path}.def", definition.write(_inside(table, node))
        yield f"{path}.parm", values.write(node.settings)
        version = options.EXTERNAL_VERSION if node.is_built_in else options.ASSET_VERSION
        yield f"{path}.userdata", options.write(version)
        if node.is_network:
            yield f"{path}.net", "1\n"
    if len(nodes) > 1:
        names = "".join(f"{node.name}\n" for node in nodes)
        yield "hdaroot.order", f"{len(nodes)}\n{names}"
    yield "hdaroot.net", "1\n"


def _init(operator: str) -> str:
    return f"type = {operator}\nmatchesdef = 0\n"


def _root(table: str) -> Definition:
    flags = _flags(table, is_shown=table == "Object")
    return Definition(("0", "0"), flags, _before(table), stat=_STAT)


def _inside(table: str, node: Node) -> Definition:
    wires: tuple[Wire, ...] = ()
    inputs: tuple[tuple[int, str, int, int], ...] = ()
    if node.source is not None:
        from_asset = node.source.startswith("(")
        # With one input each, every node's output is its connector 1.
        wires = (Wire(0, node.source, '""' if from_asset else "1", 1, "input1"),)
        inputs = ((0, node.source, 0, 1),)
    first = len(wires)
    return Definition(
        node.place,
        _flags(table, is_shown=node.is_shown),
        _before(table),
        ((first, "output1"),) if node.has_output else (),
        wires,
        inputs,
        first + node.has_output,
        stat=_STAT,
    )


def _flags(table: str, *, is_shown: bool) -> Flags:
    is_object = table == "Object"
    on = _ON | ({"display", "render"} if is_shown else set())
    on |= {"compress"} if is_object else set()
    names = (*_FLAGS, "selectable") if is_object else _FLAGS
    on |= {"selectable"}
    return tuple((name, "on" if name in on else "off") for name in names)


def _before(table: str) -> tuple[str, ...]:
    return _OF_OBJECTS if table == "Object" else ()
