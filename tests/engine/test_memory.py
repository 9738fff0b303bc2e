"""What a reconstruction needs is known before it begins, and compared with what there is."""

from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from lightmould.engine import memory
from lightmould.engine.memory import Estimate
from lightmould.errors import ReconstructionError
from lightmould.jobs import machine
from lightmould.model import Camera, Dataset, View
from lightmould.settings.presets import PRESETS

GB = 10**9


def views(count: int, side: int) -> Dataset:
    """A dataset of which only the numbers matter."""
    cameras = [
        Camera(f"{i}", (side, side), (side, side), (side / 2, side / 2), np.eye(4))
        for i in range(count)
    ]
    color = PurePosixPath("color.png")
    splits = ["test" if i % 5 == 0 else "train" for i in range(count)]
    return Dataset(Path(), tuple(View(c, s, color) for c, s in zip(cameras, splits, strict=True)))


def test_more_of_anything_needs_more() -> None:
    peak = memory.estimate(views(50, 256), PRESETS["draft"]).peak
    assert memory.estimate(views(100, 256), PRESETS["draft"]).peak > peak
    assert memory.estimate(views(50, 512), PRESETS["draft"]).peak > peak
    assert memory.estimate(views(50, 256), PRESETS["hero"]).peak > peak


def test_what_cannot_fit_is_refused_with_what_to_lower() -> None:
    needed = Estimate(pictures=1 * GB, shape=5 * GB, atlas=0, appearance=2 * GB)
    message = r"manifest\.json: found 4\.0 GB of free memory; wanted about 6\.\d GB\. Lower the ce"
    with pytest.raises(ReconstructionError, match=message):
        memory.check(needed, "manifest.json", 4.0 * GB, lambda _: None)


def test_what_is_close_is_told_and_what_is_not_is_not() -> None:
    needed, warnings = Estimate(3 * GB, 0, 0, GB), list[str]()
    memory.check(needed, "manifest.json", 6.0 * GB, warnings.append)
    memory.check(needed, "manifest.json", None, warnings.append)
    assert not warnings
    memory.check(needed, "manifest.json", needed.peak / 0.9, warnings.append)
    (warning,) = warnings
    assert "use fewer or smaller pictures" in warning


def found_on(root: Path, files: dict[str, str]) -> float | None:
    """What is available on a machine whose system has these files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return machine.memory(root)


MEMINFO = "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    8000 kB\n"


def test_a_machine_alone_says_what_it_has(tmp_path: Path) -> None:
    assert found_on(tmp_path, {"proc/meminfo": MEMINFO}) == 8000 * 1024


def test_a_system_that_does_not_say_is_not_guessed_at(tmp_path: Path) -> None:
    assert machine.memory(tmp_path) is None


def test_the_tightest_control_group_counts_without_its_idle_pages(tmp_path: Path) -> None:
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/cgroup": "0::/a/b\n",
        "sys/fs/cgroup/a/b/memory.max": "max\n",
        "sys/fs/cgroup/a/b/memory.current": "1000\n",
        "sys/fs/cgroup/a/memory.max": "3000000\n",
        "sys/fs/cgroup/a/memory.current": "1000000\n",
        "sys/fs/cgroup/a/memory.stat": "anon 5\ninactive_file 400000\nfile 7\n",
    }
    assert found_on(tmp_path, files) == 2_400_000


def test_a_container_of_the_older_kind_is_understood(tmp_path: Path) -> None:
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/cgroup": "5:devices:/x\n4:memory:/docker/abc\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "500000\n",
    }
    assert found_on(tmp_path, files) == 1_500_000


def test_this_machine_has_some() -> None:
    free = machine.memory()
    assert free is None or free > 0
