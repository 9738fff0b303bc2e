"""Every documented line of nvdiffrec is understood, and what it means is told in time."""

from dataclasses import dataclass, replace
from math import isclose
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightmould.errors import ReconstructionError
from lightmould.formats.nvdiffrec import Config, lines, log
from lightmould.formats.nvdiffrec.lines import (
    Base,
    Building,
    Built,
    Caution,
    Counted,
    Encoder,
    Exported,
    Locked,
    Note,
    NotSaved,
    Pictures,
    Reference,
    Score,
    Told,
    Validation,
    Writing,
)
from lightmould.formats.nvdiffrec.log import Step
from lightmould.model import Event, Metric, Progress, Warned
from lightmould.tools.nvdiffrec.monitor import Monitor, Stage

DOCUMENTED: dict[str, Told] = {
    "DatasetMesh: ref mesh has 10688 triangles and 5344 vertices": Reference(10688, 5344),
    "DatasetNERF: 100 images with shape [800, 600]": Pictures("NERF", 100, (600, 800)),
    "DatasetLLFF: 66 images with shape [512, 512]": Pictures("LLFF", 66, (512, 512)),
    "DatasetLLFF: auto-centering at [0.1 0.2 0.3]": Note(
        "DatasetLLFF: auto-centering at [0.1 0.2 0.3]"
    ),
    "---> WARNING: Picked a texture resolution lower than the reference mesh [64, 64] < [2048]": (
        Caution("Picked a texture resolution lower than the reference mesh [64, 64] < [2048]")
    ),
    "FlexiCubes grid min/max -1.05 1.05": Note("FlexiCubes grid min/max -1.05 1.05"),
    "Encoder output: 32 dims": Encoder(32),
    "Warning: Lock file exists in build directory: '/c/renderutils_plugin/lock'": Locked(
        "/c/renderutils_plugin/lock"
    ),
    "Building extension module renderutils_plugin...": Building("renderutils_plugin"),
    "Loading extension module renderutils_plugin...": Built("renderutils_plugin"),
    "iter=   10, img_loss=0.031200, reg_loss=nan, lr=0.00300, time=247.0 ms, rem=4.12 m": Step(
        10, 0.0312, float("nan"), 0.003, 0.247, 1001
    ),
    "Running validation": Validation(),
    "MSE,      PSNR": Note("MSE,      PSNR"),
    "0.00123000, 29.101": Score(0.00123, 29.101),
    "Base mesh has 10180 triangles and 5090 vertices.": Base(10180, 5090),
    "Writing mesh:  out/bob/mesh/mesh.obj": Writing("out/bob/mesh/mesh.obj", "mesh"),
    "    writing 5090 vertices": Counted(5090, "vertices"),
    "    writing 10180 faces": Counted(10180, "faces"),
    "Writing material:  out/bob/mesh/mesh.mtl": Writing("out/bob/mesh/mesh.mtl", "material"),
    "Done exporting mesh": Exported(),
    "WARNING: FAILED to save image out/bob/mesh/probe.hdr": NotSaved("out/bob/mesh/probe.hdr"),
    "EnvProbe, 256": Note("EnvProbe, 256"),
}

CONFIG = Config(ref_mesh="views", out_dir="it", iter=1000, batch=4, validate=False)


@pytest.mark.parametrize("line", DOCUMENTED)
def test_a_documented_line_is_understood(line: str) -> None:
    assert repr(lines.read(line)) == repr(DOCUMENTED[line])  # nan is nan in words


@pytest.mark.parametrize("line", DOCUMENTED)
def test_a_documented_line_becomes_an_event(line: str) -> None:
    assert list(Monitor(CONFIG, 0.0).hear(line, 1.0))


@pytest.mark.parametrize("line", ["", "Traceback", "iter= x", "iter=   1, img_loss=--", "12, 3"])
def test_what_is_not_documented_is_nobodys(line: str) -> None:
    assert lines.read(line) is None


@given(st.text())
def test_no_line_breaks_the_reader(line: str) -> None:
    list(Monitor(CONFIG, 0.0).hear(line, 1.0))


@given(
    st.integers(0, 99999),
    st.floats(0, 1e6),
    st.floats(1e-3, 100),
    st.integers(0, 100_000),
)
def test_a_step_as_our_own_engine_tells_it_is_understood(
    iteration: int, loss: float, seconds: float, left: int
) -> None:
    told = lines.read(log.step(Step(iteration, loss, 0.0, 0.01, seconds, left)).rstrip("\n"))
    assert isinstance(told, Step)
    assert told.iteration == iteration
    assert isclose(told.image_loss, loss, abs_tol=1e-6)
    assert isclose(told.seconds, seconds, abs_tol=1e-4)
    assert isclose(told.left * told.seconds, left * seconds, rel_tol=0.01, abs_tol=40)


@dataclass(frozen=True)
class Course:
    """How a run goes: milliseconds a step of each pass, seconds of what lies around them."""

    first: float
    second: float
    build: float = 0.0
    atlas: float = 10.0
    steps: int = 1000
    slowing: float = 1.0

    def lines(self) -> list[tuple[float, str]]:
        now, told = self.build, [(self.build, "Encoder output: 32 dims")]
        for index, each in enumerate((self.first, self.second)):
            for it in range(self.steps + 1):
                if it % 10 == 0:
                    left = self.steps - it
                    told.append((now, log.step(Step(it, 0.1, 0.0, 0.01, each / 1000, left))))
                # Meshes get smaller while a pass goes on, and steps faster.
                now += each / 1000 * (self.slowing if it < self.steps / 4 else 1.0)
            if index == 0:
                now += self.atlas
                told.append((now, "Base mesh has 10180 triangles and 5090 vertices."))
        return [*told, (now + 3, "Done exporting mesh")]


# Paces of the logs that are known: bob's own, and those of issues 13, 79 and 3.
RECORDED = {
    "bob": Course(247, 247),
    "issue 13": Course(270, 270, steps=5000, atlas=40),
    "issue 79": Course(196, 196, steps=5000, build=120),
    "issue 3": Course(338, 338, steps=5000, atlas=60),
    "a second pass that is slower": Course(247, 285),
    "a first pass that begins slowly": Course(247, 247, slowing=1.2),
}


@pytest.mark.parametrize("name", RECORDED)
def test_progress_never_falls_and_the_rest_is_known_within_a_fifth(name: str) -> None:
    course = RECORDED[name]
    monitor = Monitor(replace(CONFIG, iter=course.steps), 0.0)
    told = course.lines()
    end, before, seen = told[-1][0], 0.0, 0
    for now, line in told:
        for event in monitor.hear(line.rstrip("\n"), now):
            if isinstance(event, Progress):
                assert event.fraction >= before
                before = event.fraction
        if 0.1 * end < now < 0.97 * end:
            eta, truth = monitor.eta(now), end - now
            assert eta is not None
            assert abs(eta - truth) <= 0.2 * max(truth, 0.02 * end), (now, eta, truth)
            seen += 1
    assert seen > 50
    assert (before, monitor.stage) == (1.0, Stage.DONE)


def test_progress_is_of_both_passes() -> None:
    monitor = Monitor(CONFIG, 0.0)
    for line in Course(100, 100).lines()[:101]:
        list(monitor.hear(line[1].rstrip("\n"), line[0]))
    assert monitor.iteration == 990
    assert isclose(monitor.fraction, 991 / 2002)


def test_a_build_that_says_nothing_is_told_as_one() -> None:
    monitor = Monitor(CONFIG, 0.0)
    assert monitor.progress(40.0).status == f"{Stage.STARTING.value}, silent for 40 s"
    monitor.compiling = True
    assert monitor.progress(90.0).status == f"{Stage.BUILDING.value}, silent for 90 s"
    list(monitor.hear("Encoder output: 32 dims", 100.0))
    assert monitor.progress(101.0).status == Stage.SHAPE.value


def test_flags_that_are_taken_otherwise_are_told() -> None:
    monitor = Monitor(CONFIG, 0.0)
    said: list[Event] = []
    printed = ("Config / Flags:", "-" * 9, "iter 1000", "batch 99", "train_res [512, 512]",
               "ks_min [0, 0.08, 0]", "background checker", "-" * 9)  # fmt: skip
    for line in printed:
        said += monitor.hear(line, 0.0)
    warnings = [one.message for one in said if isinstance(one, Warned)]
    assert warnings == ["nvdiffrec took batch as 99, not as 4."]


def test_one_loss_that_is_no_number_is_odd_and_two_are_the_end() -> None:
    monitor = Monitor(CONFIG, 0.0)
    line = "iter={:5d}, img_loss={}, reg_loss=0.1, lr=0.01000, time=1.0 ms, rem=1.00 s"
    first = list(monitor.hear(line.format(0, "nan"), 0.0))
    assert [one for one in first if isinstance(one, Warned)]
    assert not [one for one in first if isinstance(one, Metric) and one.name == "img_loss"]
    list(monitor.hear(line.format(10, "0.5"), 1.0))
    list(monitor.hear(line.format(20, "nan"), 2.0))
    with pytest.raises(ReconstructionError, match="img_loss not a number for 10 steps, at step 30"):
        list(monitor.hear(line.format(30, "inf"), 3.0))


def test_our_own_engines_recorded_output_is_understood_line_by_line() -> None:
    golden = Path(__file__).parents[1] / "golden" / "nvdiffrec_stdout.txt"
    after = golden.read_text().split("-" * 9 + "\n")[-1].replace("# #", "1 s").replace("#", "1")
    known = [line for line in after.splitlines() if lines.read(line) is None]
    assert known == ["Base mesh has 1 triangles."]  # ours alone leaves the vertices out
