"""docs/farm.md: its lines are started as those farms would, with names that are no plain words."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xmlrpc.client import ServerProxy

import pytest
from fakes.programs import program

from lightmould.__main__ import _parser

PAGE = Path(__file__).parents[2] / "docs" / "farm.md"

# Writes what it was started with as a line of JSON.
RECORDER = """
import json, os, sys
with open(os.environ["TOLD"], "a") as told:
    told.write(json.dumps(sys.argv[1:]) + "\\n")
"""


def block(heading: str, language: str, number: int = 0) -> str:
    section = PAGE.read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2]
    section = section.partition("\n### ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[number]


class Farm:
    """A farm's machine: programs that note what they are started with."""

    def __init__(self, folder: Path) -> None:
        self.job = folder / 'it\'s a "job" $(touch owned) `id` ü'
        self.job.mkdir()
        self._told = folder / "told.jsonl"
        python = program(folder / "a bin" / "python", RECORDER)
        self.deadline = program(folder / "a bin" / "deadlinecommand", RECORDER)
        self.environ = {
            "PATH": os.defpath,
            "PYTHON": str(python),
            "FOLDER": str(self.job),
            "TOLD": str(self._told),
        }

    def shell(self, script: str, **variables: str) -> None:
        environ = {**self.environ, **variables}
        subprocess.run(("/bin/sh", "-c", script), cwd=self.job, env=environ, check=True, timeout=60)
        assert not [*self.job.iterdir()]

    def told(self) -> list[list[str]]:
        return [json.loads(line) for line in self._told.read_text().splitlines()]


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    if sys.platform == "win32":
        pytest.skip("these farms' lines are for sh")
    return Farm(tmp_path)


def asked(argv: Sequence[str]) -> tuple[Path, str | None, str | None, str | None]:
    """What `python ARGV` would be asked for."""
    assert list(argv[:3]) == ["-m", "lightmould", "task"]
    options = _parser().parse_args(argv[2:])
    return options.folder, options.step, options.part, options.progress


def test_slurm_starts_one_part_of_an_array(farm: Farm) -> None:
    farm.shell(block("SLURM", "sh"), SLURM_ARRAY_TASK_ID="7")
    assert [asked(argv) for argv in farm.told()] == [(farm.job, "render", "7", None)]


def test_slurm_lets_machines_share_everything(farm: Farm) -> None:
    farm.shell(block("SLURM", "sh", 1), SLURM_ARRAY_TASK_ID="2")
    assert [asked(argv) for argv in farm.told()] == [(farm.job, None, None, None)]


def test_hqueue_is_given_a_tree_of_lines_that_its_shell_takes_apart_rightly(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, object]] = []

    class Queue:
        def newjob(self, job: dict[str, object]) -> list[int]:
            sent.append(job)
            return [1]

    def connect(address: str) -> Queue:
        ServerProxy(address)  # is one
        return Queue()

    monkeypatch.setattr("xmlrpc.client.ServerProxy", connect)
    for name, value in {**farm.environ, "HQSERVER": "http://hqueue:5000"}.items():
        monkeypatch.setenv(name, value)
    exec(compile(block("HQueue", "python"), str(PAGE), "exec"), {})  # noqa: S102  # the page's own

    def lines(job: dict[str, object]) -> list[str]:
        """In the order in which HQueue has them done."""
        children = job["children"]
        assert isinstance(children, list)
        return [*(line for child in children for line in lines(child)), str(job["command"])]

    (job,) = sent
    for line in lines(job):
        farm.shell(line)
    wanted = [("render", str(part)) for part in range(9)]
    wanted += [("assemble", None), ("reconstruct", "draft-0"), ("best", None)]
    assert [asked(argv) for argv in farm.told()] == [
        (farm.job, step, part, "tractor") for step, part in wanted
    ]


def test_deadline_starts_one_part_for_each_frame(farm: Farm) -> None:
    script = block("Deadline 10", "sh").replace("deadlinecommand", shlex.quote(str(farm.deadline)))
    plain = str(farm.job.parent / "a job")  # quotes within quotes are Deadline's to refuse
    farm.shell(script, FOLDER=plain)
    (argv,) = farm.told()
    given = dict(zip(argv[1::2], argv[2::2], strict=True))
    assert argv[0] == "-SubmitCommandLineJob"
    assert given["-executable"] == farm.environ["PYTHON"]
    assert (given["-frames"], given["-chunksize"]) == ("0-8", "1")
    line = given["-arguments"].replace("<QUOTE>", '"').replace("<STARTFRAME>", "4")
    assert asked(shlex.split(line)) == (Path(plain), "render", "4", "deadline")


def test_tractor_makes_these_lines_of_its_script() -> None:
    tkinter = pytest.importorskip("tkinter", reason="needs Tcl")
    tcl = tkinter.Tcl()
    ran: list[tuple[str, ...]] = []
    tcl.createcommand("RemoteCmd", lambda line: ran.append(tcl.splitlist(line)) or "")
    tcl.eval("""
        proc Job args {array set given $args; eval $given(-subtasks)}
        proc Task {title args} {
            array set given $args
            if {[info exists given(-subtasks)]} {eval $given(-subtasks)}
            if {[info exists given(-cmds)]} {eval $given(-cmds)}
        }
        proc Iterate {name args} {
            array set given $args
            for {set i $given(-from)} {$i <= $given(-to)} {incr i $given(-by)} {
                eval [string map [list $$name $i] $given(-template)]
            }
        }
    """)
    tcl.eval(block("Tractor", "tcl"))
    assert {argv[0] for argv in ran} == {"/opt/worker/bin/python"}
    wanted = [("render", str(part)) for part in range(9)]
    wanted += [("assemble", None), ("reconstruct", None), ("best", None)]
    assert [asked((*argv[1:], "--progress", "tractor")) for argv in ran] == [
        (Path("/mnt/a show/job"), step, part, "tractor") for step, part in wanted
    ]


def test_pdg_starts_one_part_for_each_work_item() -> None:
    line = block("PDG", "text").replace("__PDG_DIR__", "/mnt/a show").replace("`@pdg_index`", "5")
    argv = shlex.split(line)
    assert asked(argv[1:]) == (Path("/mnt/a show/job"), "render", "5", None)


def test_the_pages_own_command_lines_are_taken() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## Other farms")[0]
    lines = [
        line
        for found in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        for line in found.splitlines()
    ]
    tasks = [line for line in lines if line.startswith("python")]
    assert [asked(shlex.split(line)[1:])[1] for line in tasks] == [
        "render", "assemble", "reconstruct", "best", "import", None
    ]  # fmt: skip
