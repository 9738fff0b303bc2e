"""A reconstruction can be watched: a picture and a score of one held-out view after each stage."""

from pathlib import Path

import pytest

from lightmould.dataset import images
from lightmould.engine import preview, reconstruct, stages
from lightmould.engine.checkpoint import Checkpoints
from lightmould.engine.journal import Journal
from lightmould.engine.preview import CURVE, Previews
from lightmould.model import Event, Metric, Wrote
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction, ShapeLevel

HOW = Reconstruction(
    levels=(ShapeLevel(20, 10, 0, 4),), texture_size=128, appearance=(AppearanceLevel(0, 10, 2),)
)


class Watched:
    """A small reconstruction and all that it says."""

    def __init__(self, folder: Path, scene) -> None:
        self.said = list[Event]()
        plan = stages.plan(scene.train, HOW)
        self.journal = Journal(folder / "metrics.jsonl", plan, self.said.append)
        self.previews = Previews(folder / "previews", scene.test, self.journal)
        self.checkpoints = Checkpoints(folder / "checkpoints", "key")

    def run(self) -> None:
        self.said.clear()
        reconstruct.run_stages(
            self.journal.plan, self.checkpoints, self.journal, self.previews.draw
        )

    @property
    def drawn(self) -> list[str]:
        """The previews that it told of."""
        return [one.path for one in self.said if isinstance(one, Wrote) and one.kind == "preview"]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, scene) -> Watched:
    found = Watched(tmp_path_factory.mktemp("watched"), scene)
    found.run()
    return found


def test_every_stage_leaves_a_picture_and_says_so(watched: Watched) -> None:
    plan = watched.journal.plan
    assert len(watched.drawn) == len(plan)
    film = preview.drawn(Path(watched.drawn[0]).parent, plan)
    assert [str(path) for _, path in film[:-1]] == watched.drawn
    assert [title for title, _ in film] == [*(stage.title for stage in plan), "truth"]
    for path in watched.drawn:
        assert images.read(Path(path), 4).shape == (64, 64, 4)


def test_the_scores_become_a_curve_that_ends_higher_than_it_began(watched: Watched) -> None:
    told = [one.value for one in watched.said if isinstance(one, Metric) and one.name == CURVE]
    curve = watched.journal.curves()[CURVE]
    assert list(curve.values()) == told
    assert sorted(curve) == list(curve)
    assert told[-1] > told[0] + 3


def test_what_is_done_is_not_drawn_again(watched: Watched) -> None:
    curve = watched.journal.curves()[CURVE]
    watched.run()
    assert not watched.drawn
    assert watched.journal.curves()[CURVE] == curve
