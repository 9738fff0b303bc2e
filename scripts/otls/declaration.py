"""What a declaration of an asset holds."""

from dataclasses import dataclass
from typing import Literal

from lightmould.formats.hda.dialog import Folder, Parm

NAMESPACE = "lightmould"
VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One asset of ours.

    Attributes:
        table: the kind of network that it is for.
        name: without namespace and version.
        label: what people call it, after "Lightmould".
        summary: one sentence, for help and tooltips.
        text: paragraphs of help, in Houdini's wiki markup.
        module: of `lightmould.houdini`; what its callbacks call.
        parms: what it is asked.
        inputs: what each is called, and for: none has to be wired.
        outputs: what its items or its geometry carry, for the help: name and meaning.
        related: other assets, `Table/name`.
        waits: whether a `waitforall` stands before the pythonprocessor, so that it gets all items
            of above as one partition.
        cooks_in_houdini: whether work items of a Top run in Houdini itself, by `tops.cook_task`.
    """

    table: Literal["Object", "Sop", "Top"]
    name: str
    label: str
    summary: str
    text: str
    module: str
    parms: tuple[Parm | Folder, ...]
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    related: tuple[str, ...] = ()
    waits: bool = False
    cooks_in_houdini: bool = False
