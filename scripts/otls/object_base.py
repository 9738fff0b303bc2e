"""Parameters that every object inherits, which an asset has to repeat; all hidden.

Cameras of a rig stand in world space, so that moving the object is not offered.
"""

from lightmould.formats.hda.dialog import Folder, Parm

_TRANSFORM = (
    ("xOrd", "Transform Order"),
    ("rOrd", "Rotate Order"),
    ("t", "Translate"),
    ("r", "Rotate"),
    ("s", "Scale"),
    ("p", "Pivot"),
    ("scale", "Uniform Scale"),
    ("pre_xform", "Modify Pre-Transform"),
    ("keeppos", "Keep Position When Parenting"),
    ("childcomp", "Child Compensation"),
    ("constraints_on", "Enable Constraints"),
    ("constraints_path", "Constraints"),
    ("lookatpath", "Look At"),
    ("lookupobjpath", "Look Up Object"),
    ("lookup", "Look At Up Vector"),
    ("pathobjpath", "Path Object"),
    ("roll", "Roll"),
    ("pos", "Position"),
    ("uparmtype", "Parameterization"),
    ("pathorient", "Orient Along Path"),
    ("up", "Orient Up Vector"),
    ("bank", "Auto-Bank factor"),
)

_SUBNET = (
    ("label1", "Input #1 Label"),
    ("label2", "Input #2 Label"),
    ("label3", "Input #3 Label"),
    ("label4", "Input #4 Label"),
    ("tdisplay", "Display"),
    ("display", "Display"),
    ("outputobj", "Output Transform"),
    ("visibleobjects", "Visible Children"),
    ("picking", "Viewport Selecting Enabled"),
    ("pickscript", "Select Script"),
    ("caching", "Cache Object Transform"),
    ("use_dcolor", "Set Wireframe Color"),
    ("dcolor", "Wireframe Color"),
)


def _hidden(names: tuple[tuple[str, str], ...]) -> tuple[Parm, ...]:
    return tuple(Parm(name, label, export="none", is_base=True) for name, label in names)


HIDDEN: tuple[Folder | Parm, ...] = (
    Folder("stdswitcher3", "Transform", _hidden(_TRANSFORM), is_invisible_tab=True),
    Folder("stdswitcher3_1", "Subnet", _hidden(_SUBNET), is_invisible_tab=True),
    Parm("pr", "Pivot Rotate", export="none", is_base=True, is_invisible=True),
)
"""What a subnet of objects inherits, in the order in which Houdini has it."""
