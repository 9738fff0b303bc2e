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
        inputs: fewest and most.
        input_labels: what each input is for.
        outputs: what its items or its geometry carry, for the help: name and meaning.
        related: other assets, `Table/name`.
        generate_when: when a Top makes work items: pythonprocessor's token.
        waits: whether a `waitforall` stands before the pythonprocessor, so that it gets all items
            of above as one partition.
    """

    table: Literal["Object", "Sop", "Top"]
    name: str
    label: str
    summary: str
    text: str
    module: str
    parms: tuple[Parm | Folder, ...]
    inputs: tuple[int, int] = (0, 0)
    input_labels: tuple[str, ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    related: tuple[str, ...] = ()
    generate_when: Literal["0", "1", "2", "3"] = "0"
    waits: bool = False

    @property
    def operator(self) -> str:
        """The whole name of the node type, with namespace and version."""
        return f"{NAMESPACE}::{self.name}::{VERSION}"
