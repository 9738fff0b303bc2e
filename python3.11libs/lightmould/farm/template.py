"""A prepared job as an Open Job Description template, version 2023-09, without any extension.

Every action is a program and its arguments, each an item of its own: nothing reaches a shell.

Source: https://github.com/OpenJobDescription/openjd-specifications, 2023-09 template schemas.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from lightmould.errors import SettingsError
from lightmould.farm.prepared import Division, Prepared
from lightmould.farm.units import StepName, units
from lightmould.tools.own import LIBRARY

Json: TypeAlias = dict[str, Any]

GRACE = 30  # seconds between the request to end, which a task heeds at once, and the end

TITLES: dict[StepName, str] = {
    "render": "RenderViews",
    "assemble": "Assemble",
    "reconstruct": "Reconstruct",
    "best": "Best",
    "import": "Import",
}
"""What the steps are called."""

_LONGEST_NAME = 64  # characters of a job's name


@dataclass(frozen=True, slots=True)
class Needs:
    """What a task needs of the machine that it runs on.

    Attributes:
        cores: processors.
        memory_gb: memory, GB.
        gpu: whether a reconstruction wants a GPU.
        hours: the longest that a task may take.
    """

    cores: int = 2
    memory_gb: float = 4.0
    gpu: bool = False
    hours: float = 24.0

    def __post_init__(self) -> None:
        for name in ("cores", "memory_gb", "hours"):
            value = getattr(self, name)
            if not 0 < value < 1e6:
                flag = "--" + name.replace("_", "-")
                raise SettingsError(flag, f"{value}", "more than 0", "Correct it.")


def template(prepared: Prepared, name: str, python: str, needs: Needs) -> Json:
    """The template of a prepared job.

    Args:
        prepared: the job; its folder is called `job` beside the template.
        name: the job's.
        python: the worker's interpreter, where nobody says otherwise.
        needs: of every task; the small steps ask for one processor.
    """
    work = units(prepared)
    steps, before = [], ""
    for step in dict.fromkeys(unit.step for unit in work):
        count = sum(unit.step == step for unit in work)
        space = _space(prepared.division, step, count)
        steps.append(_step(step, space, needs, before))
        before = TITLES[step]
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "name": _plain(name),
        "parameterDefinitions": _parameters(python),
        "jobEnvironments": [
            {"name": "lightmould", "variables": {"PYTHONPATH": "{{Param.Library}}"}}
        ],
        "steps": steps,
    }


def _parameters(python: str) -> list[Json]:
    return [
        {
            "name": "Folder",
            "type": "PATH",
            "objectType": "DIRECTORY",
            "dataFlow": "INOUT",
            "default": "job",
            "description": "The prepared job: what is asked, and what is made of it.",
        },
        {
            "name": "Python",
            "type": "STRING",
            "default": python,
            "description": "The interpreter that has lightmould's engine, on every machine.",
        },
        {
            "name": "Library",
            "type": "STRING",
            "default": str(LIBRARY),
            "description": "The folder that holds lightmould; empty where Python has it installed.",
        },
    ]


def _space(division: Division, step: StepName, count: int) -> Json | None:
    """What the tasks of a step differ by."""
    if step == "render":
        return {"Part": {"type": "INT", "range": f"0-{count - 1}" if count > 1 else "0"}}
    if step != "reconstruct":
        return None
    presets = list(dict.fromkeys(one.preset for one in division.wedges))
    seeds = list(dict.fromkeys(one.seed for one in division.wedges if one.seed is not None))
    found: Json = {"Preset": {"type": "STRING", "range": presets}}
    return found | ({"Seed": {"type": "INT", "range": seeds}} if seeds else {})


def _step(step: StepName, space: Json | None, needs: Needs, before: str) -> Json:
    arguments = ["-m", "lightmould", "task", "{{Param.Folder}}", step]
    if space is not None:
        # A wedge is named by its preset and its seed: draft-0.
        arguments += ["--part", "-".join(f"{{{{Task.Param.{name}}}}}" for name in space)]
    arguments += ["--map", "{{Session.PathMappingRulesFile}}", "--progress", "openjd"]
    run = {
        "command": "{{Param.Python}}",
        "args": arguments,
        "timeout": max(1, round(3600 * needs.hours)),
        "cancelation": {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": GRACE},
    }
    found: Json = {
        "name": TITLES[step],
        "hostRequirements": _requirements(step, needs),
        "script": {"actions": {"onRun": run}},
    }
    if space is not None:
        definitions = [{"name": name, **value} for name, value in space.items()]
        found["parameterSpace"] = {"taskParameterDefinitions": definitions}
    if before:
        found["dependencies"] = [{"dependsOn": before}]
    return found


def _requirements(step: StepName, needs: Needs) -> Json:
    large = step in ("render", "reconstruct")
    amounts = {
        "amount.worker.vcpu": needs.cores if large else 1,
        "amount.worker.memory": round(953.67 * needs.memory_gb),  # MiB
    }
    if needs.gpu and step == "reconstruct":
        amounts["amount.worker.gpu"] = 1
    return {"amounts": [{"name": name, "min": least} for name, least in amounts.items()]}


def _plain(name: str) -> str:
    """A name without what would be taken for a format, or is no letter."""
    return re.sub(r"[{}]|[^\w .,()#+&'-]", "_", name)[:_LONGEST_NAME].strip() or "lightmould"
