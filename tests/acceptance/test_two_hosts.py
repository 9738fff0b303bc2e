"""Two machines that mount one folder at places of their own render one dataset."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import fakes.blender
import pytest
from fakes import hosts
from fakes.hosts import Host

from lightmould.dataset import manifest
from lightmould.farm import bundle, wedge
from lightmould.farm.prepared import Division
from lightmould.farm.template import Needs
from lightmould.formats import codec
from lightmould.formats.files import file_hash
from lightmould.jobs import log, plan
from lightmould.model import Finished, Record, Started, Wrote
from lightmould.settings import Render, Settings
from lightmould.tools.own import LIBRARY

if TYPE_CHECKING:
    from benchmarks import resume as resume_module

VIEWS = 12


@dataclass(frozen=True)
class Farm:
    """Two hosts, and a job in the folder that they share.

    Attributes:
        a: knows the rules as Open Job Description writes them.
        b: knows them as Houdini has them; other mount, other name.
        folder: the prepared job, where it really lies.
    """

    a: Host
    b: Host
    folder: Path

    def render(self, host: Host, **environ: str) -> "subprocess.Popen[str]":
        """Have a host do what the other one does not."""
        return self.task(host, "render", **environ)

    def task(self, host: Host, *asked: str, **environ: str) -> "subprocess.Popen[str]":
        rules = {"HOUDINI_PATHMAP": json.dumps({str(host.shared): str(host.mount)})}
        if host == self.a:
            rules = {"LIGHTMOULD_PATHMAP": str(self._written(host))}
        argv = ("lightmould", "task", host.sees(self.folder), *asked)
        return host.start(*argv, environ={**rules, **environ})

    @staticmethod
    def _written(host: Host) -> Path:
        rule = {"source_path_format": "POSIX", "source_path": str(host.shared)}
        rule["destination_path"] = str(host.mount)
        path = host.mount.parent / f"{host.name}.json"
        listed = {"version": "pathmapping-1.0", "path_mapping_rules": [rule]}
        path.write_text(json.dumps(listed))
        return path

    def records(self) -> Iterator[Record]:
        """Everything that was told of any part, by any host."""
        for path in sorted((self.folder / "parts").glob("*/events.jsonl")):
            yield from log.read(path).records

    def rendered(self) -> Counter[str]:
        """How often each picture was made."""
        told = [record.event for record in self.records()]
        return Counter(
            each.path for each in told if isinstance(each, Wrote) and each.kind == "color"
        )

    def workers(self) -> Counter[str]:
        """How many parts each host began."""
        told = [record.event for record in self.records() if not record.step]
        return Counter(each.host for each in told if isinstance(each, Started))

    def check_dataset(self, views: int) -> None:
        """It is whole, wherever it is looked at, and but for its job knows of nobody's mount."""
        place = self.folder / "dataset"
        found = manifest.read(place / manifest.NAME)
        assert len(found.views) == views
        assert all((place / path).is_file() for view in found.views for path in view.paths)
        assert {name: file_hash(place / name) for name in found.hashes} == found.hashes
        assert found.source == self.a.shared / "models" / "ring.obj"
        for path in {*place.glob("*.json"), *place.glob("views/*.json")} - {place / "job.json"}:
            assert str(self.a.shared.parent) not in path.read_text(), path


def until(ready: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 120
    while not ready():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def ended(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    return said


@pytest.fixture
def farm(tmp_path: Path, work: "resume_module.Work") -> Farm:
    """A small job whose model lies in the shared folder, too, beside it."""
    if not hosts.are_possible():
        pytest.skip("this system lets us have no namespaces")
    shared = tmp_path / "nas"
    (shared / "models").mkdir(parents=True)
    for path in work.model.parent.iterdir():
        if path.is_file():
            (shared / "models" / path.name).write_bytes(path.read_bytes())
    render = Render(size=(32, 32), views_train=VIEWS - 2, views_test=2, samples=1, test_samples=1)
    out = shared / "jobs" / "bündle 1"
    model = shared / "models" / work.model.name
    _, dataset = plan.dataset(model, out / bundle.JOB, Settings(render=render), os.environ)
    division = Division(4, dataset, wedge.every(("ring",), (), lambda _: work.how))
    template = bundle.write(out, division, "a ring", sys.executable, Needs())
    return Farm(
        Host("farm-a", shared, tmp_path / "mnt a"),
        Host("farm-b", shared, tmp_path / "völumes" / "b"),
        template.parent / bundle.JOB,
    )


@pytest.fixture
def fake(tmp_path: Path) -> str:
    """A Blender that needs no time."""
    path = tmp_path / "blender"
    script = f'exec "{sys.executable}" "{fakes.blender.__file__}" "$@"'
    path.write_text(f'#!/bin/sh\nexport PYTHONPATH="{LIBRARY}"\n{script}\n')
    path.chmod(0o755)
    return str(path)


def test_two_hosts_render_each_view_once(farm: Farm, fake: str) -> None:
    waits = farm.folder / "parts" / "000000" / "requests"
    waits.mkdir(parents=True)
    (waits / "fate.json").write_text(codec.write({"waits": "go"}))
    first = farm.render(farm.a, LIGHTMOULD_BLENDER=fake)
    until((waits / "story.txt").exists)
    second = farm.render(farm.b, LIGHTMOULD_BLENDER=fake)
    until((farm.folder / "parts" / "000002" / "views.json").exists)
    (waits / "go").touch()
    ended(first)
    ended(second)
    assert farm.workers() == {"farm-a": 1, "farm-b": 2}
    assert sorted(farm.rendered()) == [f"color/{number:06d}.png" for number in range(VIEWS)]
    assert set(farm.rendered().values()) == {1}
    before = len([*farm.records()])
    ended(farm.render(farm.a, LIGHTMOULD_BLENDER=fake))
    assert len([*farm.records()]) == before


@pytest.mark.blender
def test_two_hosts_make_one_asset_and_nothing_twice(farm: Farm) -> None:
    for process in [farm.task(farm.a), farm.task(farm.b)]:
        ended(process)
    assert sorted(farm.rendered()) == [f"color/{number:06d}.png" for number in range(VIEWS)]
    assert set(farm.rendered().values()) == {1}
    farm.check_dataset(VIEWS)
    assert (farm.folder / "asset" / manifest.NAME).is_file()
    for name in ("dataset", "wedges/ring-0", "best"):
        told = log.read(farm.folder / name / log.NAME).records
        assert [one.event.skipped for one in told if isinstance(one.event, Finished)] == [False] * 2
