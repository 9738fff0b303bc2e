"""The units of work of a prepared folder: which there are, where each is done, whether it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from lightmould.dataset import records
from lightmould.errors import LightmouldError, SettingsError
from lightmould.farm.prepared import Prepared
from lightmould.formats import codec
from lightmould.jobs import job_file, recipe, stamp
from lightmould.jobs.path_map import moved
from lightmould.model import Job, PathMap, Step
from lightmould.model.path_map import rule

StepName: TypeAlias = Literal["render", "assemble", "reconstruct", "best", "import"]

PARTS = "parts"
WEDGES = "wedges"

_SHOWN = 20  # parts that an error names


@dataclass(frozen=True, slots=True)
class Unit:
    """Work that one task does.

    Attributes:
        step: of all the work.
        part: which of the step's, from 0.
    """

    step: StepName
    part: int


def units(prepared: Prepared) -> tuple[Unit, ...]:
    """All units of work; those of a step need all those of the steps before it.

    Raises:
        FormatError: a request is damaged.
    """
    division = prepared.division
    counts: dict[StepName, int] = {
        "render": division.parts,
        "assemble": int(division.parts > 0 or prepared.intake is not None),
        "reconstruct": len(division.wedges),
        "best": 1,
        "import": int(division.scene is not None),
    }
    return tuple(Unit(step, part) for step, count in counts.items() for part in range(count))


def chosen(prepared: Prepared, step: str | None, part: str | None) -> tuple[Unit, ...]:
    """The units that a command line names, in order.

    Args:
        prepared: the folder.
        step: of which; None for all of them.
        part: a number from 0, or a wedge's name; None for every part.

    Raises:
        SettingsError: there is none such.
    """
    found = [unit for unit in units(prepared) if step in (None, unit.step)]
    if part is None and found:
        return tuple(found)
    names = {_name(prepared, unit): unit for unit in found}
    numbers = {str(unit.part): unit for unit in found}
    unit = (numbers | names).get(part or "")
    if unit is None or step is None:
        known = ", ".join([*names][:_SHOWN])
        wanted = f"one of {known}" if found and step else "a step that this folder has"
        raise SettingsError(f"task {step}", f"part {part}", wanted, "Name one of them.")
    return (unit,)


def is_done(prepared: Prepared, unit: Unit) -> bool:
    """Whether a unit is finished, as it was planned, by whatever machine.

    Of what is rendered the list of views is believed: all is looked at when it is assembled.
    """
    if unit.step == "render":
        _, asked = prepared.part(unit.part)
        return records.lists(place(prepared, unit), {view.name: view.key for view in asked.views})
    try:
        written = job_file.look(place(prepared, unit) / job_file.NAME)
        return all(_is_done(prepared, written, step) for step in written.steps)
    except LightmouldError:
        return False  # not even planned; or damaged, which planning it again mends


def _is_done(prepared: Prepared, written: Job, step: Step) -> bool:
    """Whether a step is done of a job that was perhaps written where folders have other names."""
    home = str(written.home or prepared.folder)
    rules = PathMap((rule(home, str(prepared.folder)),)).joined(prepared.rules)
    plain = moved(codec.encode(written), rules)
    local: Job = codec.decoded(Job, plain, str(written.folder))
    (here,) = (one for one in local.steps if one.name == step.name)
    key = recipe.key(written, step, lambda path: Path(rules.apply(str(path))))
    return stamp.is_done(local, here, key)


def place(prepared: Prepared, unit: Unit) -> Path:
    """The folder of a unit's job."""
    match unit.step:
        case "render":
            return prepared.folder / PARTS / f"{unit.part:06d}"
        case "assemble":
            return prepared.division.dataset.parent
        case "reconstruct":
            return prepared.folder / WEDGES / prepared.division.wedges[unit.part].name
        case _:
            return prepared.folder / unit.step


def _name(prepared: Prepared, unit: Unit) -> str:
    if unit.step == "reconstruct":
        return prepared.division.wedges[unit.part].name
    return str(unit.part)
