"""What jobs were asked for: told, compared, changed."""

from pathlib import Path

import pytest

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.jobs import asked, job_file
from lightmould.model import Command, Job, Step
from lightmould.settings.reconstruction import Reconstruction
from lightmould.tools.own import ReconstructionRequest


def written(folder: Path, how: Reconstruction) -> Job:
    """A reconstruction as it is planned: views first, then the asset."""
    requests, dataset, asset = folder / "requests", folder / "dataset", folder / "asset"
    requests.mkdir(parents=True)
    request = requests / "reconstruct.json"
    wanted = ReconstructionRequest(dataset / "manifest.json", asset, how)
    request.write_text(codec.write(wanted))
    (requests / "render.json").write_text(codec.write({"folder": str(dataset), "views": [1] * 99}))
    (requests / "studio.hdr").write_bytes(b"light")
    command = Command("Work", ("python", str(request)), requests)
    steps = (
        Step("render", (command,), (), dataset, dataset / "views.json"),
        Step("reconstruct", (command,), (request,), asset, asset / "manifest.json"),
    )
    job = Job("vase", folder, steps)
    job_file.write(job)
    return job


def test_every_setting_has_a_name_and_long_lists_a_length(tmp_path: Path) -> None:
    written(tmp_path / "job", Reconstruction())
    found = asked.asked(tmp_path / "job")
    assert found["reconstruct.how.seed"] == Reconstruction().seed
    assert found["reconstruct.how.levels[0].cells"] == Reconstruction().levels[0].cells
    assert found["render.views"] == "99 items"
    (tmp_path / "job" / "requests" / "render.json").write_text("{torn")
    assert "JSON" in str(asked.asked(tmp_path / "job")["render"])


def test_only_what_differs_is_a_difference(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    written(one, Reconstruction())
    written(other, Reconstruction(seed=7))
    told = asked.differences(asked.asked(one), asked.asked(other), (one, other))
    assert told == ("reconstruct.how.seed",)


def test_a_duplicate_reads_the_same_views_and_writes_its_own_asset(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    written(old, Reconstruction())
    made = asked.duplicate(
        old, new, {"reconstruct.how.seed": 7, "reconstruct.how.levels[0].cells": 24}
    )
    assert job_file.read(new / "job.json") == made
    (step,) = made.steps
    assert step.folder == new / "asset"
    assert step.commands[0].argv[1] == str(new / "requests" / "reconstruct.json")
    text = (new / "requests" / "reconstruct.json").read_text()
    request = codec.read(ReconstructionRequest, text, "reconstruct.json")
    assert (request.how.seed, request.how.levels[0].cells) == (7, 24)
    assert request.dataset == old / "dataset" / "manifest.json"
    assert request.out == new / "asset"


def test_a_duplicate_may_make_its_views_again(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    written(old, Reconstruction())
    made = asked.duplicate(old, new, {}, again=True)
    assert [step.folder for step in made.steps] == [new / "dataset", new / "asset"]
    assert str(old) not in (new / "job.json").read_text()
    assert str(old) not in (new / "requests" / "reconstruct.json").read_text()
    assert (new / "requests" / "studio.hdr").read_bytes() == b"light"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reconstruct.how.seed": "many"}, "seed"),
        ({"reconstruct.how.faces": -5}, "faces"),
        ({"reconstruct.how.no_such": 1}, "no_such"),
        ({"reconstruct.how.levels[9].cells": 1}, "levels"),
    ],
)
def test_a_change_that_does_not_fit_is_told_and_nothing_is_written(
    tmp_path: Path, changes: dict[str, asked.Plain], said: str
) -> None:
    written(tmp_path / "old", Reconstruction())
    with pytest.raises(FormatError, match=said):
        asked.duplicate(tmp_path / "old", tmp_path / "new", changes)
    assert not (tmp_path / "new" / "job.json").exists()


def test_a_duplicate_overwrites_nothing(tmp_path: Path) -> None:
    written(tmp_path / "old", Reconstruction())
    with pytest.raises(JobError, match="an empty one"):
        asked.duplicate(tmp_path / "old", tmp_path / "old", {})
