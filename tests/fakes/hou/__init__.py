"""A Houdini for tests: as much of `hou` as our code uses, strict where Houdini is.

Every public name here and every signature is compared with the type stubs of both versions
(`tests/houdini/test_fake_hou.py`), so that it can't drift from the real one. What is stated about
its behavior is what `reference/houdini.md` states; what that calls unverified is unverified here.
"""

from fakes.hou.attributes import Attrib
from fakes.hou.geometry import Geometry, Point, Polygon, Prim, PrimGroup
from fakes.hou.items import (
    NetworkMovableItem,
    NodeConnection,
    NodeType,
    NodeTypeCategory,
    StickyNote,
)
from fakes.hou.nodes import (
    Node,
    ObjNode,
    OpNode,
    SopNode,
    TopNode,
    VopNode,
)
from fakes.hou.parms import Parm, ParmTuple
from fakes.hou.scene import SCENE
from fakes.hou.session import node, selectedNodes, undos
from fakes.hou.ui import (
    Desktop,
    InterruptableOperation,
    PythonPanel,
    PythonPanelInterface,
    getenv,
    hipFile,
    isUIAvailable,
    pypanel,
    qt,
    text,
    ui,
)
from fakes.hou.values import (
    BoundingBox,
    Color,
    EnumValue,
    Error,
    Matrix4,
    NodeError,
    NodeWarning,
    OperationFailed,
    OperationInterrupted,
    PermissionError,
    Vector2,
    Vector3,
    attribData,
    attribType,
    fileChooserMode,
    fileType,
    nodeFlag,
    numericData,
    paneTabType,
    primType,
    severityType,
)
from fakes.hou.verbs import OpNodeTypeCategory, SopVerb, sopNodeTypeCategory

__all__ = [
    "SCENE",
    "Attrib",
    "BoundingBox",
    "Color",
    "Desktop",
    "EnumValue",
    "Error",
    "Geometry",
    "InterruptableOperation",
    "Matrix4",
    "NetworkMovableItem",
    "Node",
    "NodeConnection",
    "NodeError",
    "NodeType",
    "NodeTypeCategory",
    "NodeWarning",
    "ObjNode",
    "OpNode",
    "OpNodeTypeCategory",
    "OperationFailed",
    "OperationInterrupted",
    "Parm",
    "ParmTuple",
    "PermissionError",
    "Point",
    "Polygon",
    "Prim",
    "PrimGroup",
    "PythonPanel",
    "PythonPanelInterface",
    "SopNode",
    "SopVerb",
    "StickyNote",
    "TopNode",
    "Vector2",
    "Vector3",
    "VopNode",
    "attribData",
    "attribType",
    "fileChooserMode",
    "fileType",
    "getenv",
    "hipFile",
    "isUIAvailable",
    "node",
    "nodeFlag",
    "numericData",
    "paneTabType",
    "primType",
    "pypanel",
    "qt",
    "selectedNodes",
    "severityType",
    "sopNodeTypeCategory",
    "text",
    "ui",
    "undos",
]

TESTS_ONLY = frozenset({
    "Attributes", "attributes", "blank", "calls", "category", "cooks", "count", "displayed",
    "expanded", "groups", "members", "open", "others", "polygons", "press", "presses", "rows",
    "wire",
})  # fmt: skip
"""Members that are the tests' own, not Houdini's."""


def reset() -> None:
    """An empty scene with the networks that every scene has."""
    SCENE.reset()
    SCENE.root = Node(None, "", "root")
    for name in ("obj", "mat", "tasks"):
        kind = {"obj": "obj", "mat": "mat", "tasks": "topnet"}[name]
        SCENE.root._children[name] = OpNode(SCENE.root, name, kind)


reset()
