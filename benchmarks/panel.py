"""What the panel costs: a thousand jobs of which twenty run, and a log of a million lines.

`python benchmarks/panel.py`: needs PySide; without a screen it draws into memory. A process of its
own writes, so that only the panel is measured. The interface's longest pause is the longest time
between two ticks of a timer of 5 ms, less those 5 ms.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from pathlib import Path

from lightmould.formats import codec
from lightmould.jobs import claim, job_file, lease, log
from lightmould.model import Command, Finished, Job, Metric, Progress, Record, Started, Step, Wrote

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from lightmould.panel import look
from lightmould.panel.actions import Powers
from lightmould.panel.qt import QtCore, QtWidgets
from lightmould.panel.window import JobPanel

JOBS, RUNNING, PACE = 1000, 20, 100  # of them; events a second in all
LINES = 1_000_000
PAST = 1.7e9


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to watch")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_on(options.write, options.seconds)
        return
    application = QtWidgets.QApplication([])
    look.dress(application)
    root = Path(tempfile.mkdtemp(prefix="panel "))
    try:
        print(f"Qt {QtCore.qVersion()}, Python {sys.version.split()[0]}\n")
        print("| what | bar | measured |\n| --- | --- | --- |")
        thousand_jobs(root / "jobs", options.seconds)
        million_lines(root / "million")
    finally:
        shutil.rmtree(root)


def row(what: str, bar: str, measured: str) -> None:
    """One line of the table."""
    print(f"| {what} | {bar} | {measured} |", flush=True)


def make_job(folder: Path, text: str, *, runs: bool) -> None:
    """A reconstruction's folder with a log."""
    asset = folder / "asset"
    asset.mkdir(parents=True)
    command = Command("Reconstruct", (sys.executable, "-m", "lightmould.engine"), folder)
    step = Step("reconstruct", (command,), (), asset, asset / "manifest.json")
    job_file.write(Job(f"Reconstruct {folder.name}", folder, (step,)))
    if runs:
        owner = lease.Owner("another machine", "boot", 1, "birth", "token")
        (folder / claim.NAME).write_text(codec.write(owner))
    else:
        (asset / "metrics.json").write_text('{"psnr": 30.5}')
    (folder / log.NAME).write_text(text)


def log_text(lines: int, *, runs: bool) -> str:
    """A log of about so many lines."""
    begin = [Record(PAST, "", Started("vase", "farm")), Record(PAST, "reconstruct", Started("r"))]
    end = [Record(PAST, "reconstruct", Finished()), Record(PAST, "", Finished())]
    told = [
        Record(PAST + i, "reconstruct", event)
        for i in range(200)
        for event in (
            Metric("10_shape", i, 1 / (i + 1)),
            Progress(i / 200, f"shape, step {i}", 9.0),
            Wrote(f"previews/{i}.png", "png"),
        )
    ]
    body = "".join(map(codec.write_line, told)) * max(1, round(lines / 600))
    first, last = ("".join(map(codec.write_line, part)) for part in (begin, end))
    return first + body + ("" if runs else last)


def write_on(root: Path, seconds: float) -> None:
    """Append events to the running jobs, evenly, at their pace; print when each was written."""
    rng = random.Random(0)  # noqa: S311  # a choice of jobs, no secret
    logs = {path.parent: log.Log(path.parent / log.NAME) for path in root.glob(f"*/{claim.NAME}")}
    folders, begin, count = sorted(logs), time.monotonic(), 0
    while (now := time.monotonic()) < begin + seconds:
        if count < (now - begin) * PACE:
            folder, count = rng.choice(folders), count + 1
            told = Progress(rng.random(), f"view {count} of many", 60.0)
            event = told if count % 2 else Metric("10_shape", count, rng.random())
            wrote = time.time()
            logs[folder].append(Record(wrote, "reconstruct", event))
            print(f"{wrote!r} {folder}")
        else:
            time.sleep(0.002)


class Eye(QtCore.QObject):
    """Sees when the table is drawn, and what was in it."""

    def __init__(self, panel: JobPanel) -> None:
        super().__init__()
        self.panel = panel
        self.known: dict[str, float] = {}
        self.seen: dict[str, list[tuple[float, float]]] = {}  # when drawn, the newest event
        panel.list.table.viewport().installEventFilter(self)

    def eventFilter(  # noqa: N802  # Qt's name
        self, watched: QtCore.QObject, event: QtCore.QEvent
    ) -> bool:
        """Note what is drawn now."""
        if event.type() == QtCore.QEvent.Type.Paint:
            now = time.time()
            for job in self.panel.list.model.jobs:
                if job.state == "running" and self.known.get(str(job.folder)) != job.time:
                    self.known[str(job.folder)] = job.time
                    self.seen.setdefault(str(job.folder), []).append((job.time, now))
        return super().eventFilter(watched, event)

    def delays(self, wrote: list[tuple[float, str]]) -> list[float]:
        """Seconds from each event to the first drawing that knew it."""
        found = []
        for when, folder in wrote:
            seen = self.seen.get(folder, [])
            place = bisect_left(seen, (when, 0.0))
            if place < len(seen):
                found.append(seen[place][1] - when)
        return sorted(found)


class Pulse:
    """The longest time in which the interface heard nothing."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QtCore.QTimer()
        self._timer.setTimerType(QtCore.Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(5)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last - 0.005)
        self._last = now

    def end(self) -> list[float]:
        """All of them, sorted."""
        self._timer.stop()
        return sorted(self.gaps)


def spin(seconds: float) -> None:
    """Let the interface run."""
    loop = QtCore.QEventLoop()
    QtCore.QTimer.singleShot(int(1000 * seconds), loop.quit)
    begin = getattr(loop, "exec", None) or loop.exec_  # PySide2 has only the latter
    begin()


def shown(root: Path) -> JobPanel:
    """A panel on the screen."""
    ini = QtCore.QSettings(str(root.parent / "panel.ini"), QtCore.QSettings.Format.IniFormat)
    panel = JobPanel((root,), Powers(lambda: sys.executable, {}), ini)
    panel.resize(1200, 900)
    panel.show()
    return panel


def thousand_jobs(root: Path, seconds: float) -> None:
    """Watch a thousand jobs."""
    texts = {runs: log_text(600, runs=runs) for runs in (True, False)}
    for i in range(JOBS):
        make_job(root / f"vase_{i:04}", texts[i < RUNNING], runs=i < RUNNING)
    begin = time.perf_counter()
    panel = shown(root)
    spin(0.2)
    row("the window is open after", "-", f"{1000 * (time.perf_counter() - begin - 0.2):.0f} ms")
    pulse = Pulse()
    while len(panel.list.model.jobs) < JOBS:
        spin(0.02)
    row("1,000 jobs are all there after", "-", f"{time.perf_counter() - begin:.1f} s")
    spin(1.0)
    row("longest pause of the interface until then", "50 ms", f"{1000 * pulse.end()[-1]:.0f} ms")
    panel.list.select(root / "vase_0000")
    eye = Eye(panel)
    for what, beats in (("", False), ("pause", True)):
        argv = (sys.executable, __file__, "--write", str(root), "--seconds", str(seconds))
        writer = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        spin(1.5)  # until it writes
        pulse = Pulse() if beats else None
        begin, busy = time.perf_counter(), time.process_time()
        spin(seconds - 1.0)
        share = (time.process_time() - busy) / (time.perf_counter() - begin)
        gaps = pulse.end() if pulse else []
        spin(1.5)
        said = (line.split(" ", 1) for line in writer.communicate()[0].splitlines())
        wrote = [(float(when), folder) for when, folder in said]
        if what == "pause":
            row("longest pause, 20 of them at 100 events/s", "50 ms", f"{1000 * gaps[-1]:.0f} ms")
            row(
                "99.9 % of pauses are shorter than",
                "-",
                f"{1000 * gaps[int(0.999 * len(gaps))]:.0f} ms",
            )
        else:
            delays = eye.delays(wrote)
            row("event to visible, longest of all", "500 ms", f"{1000 * delays[-1]:.0f} ms")
            row("event to visible, median", "-", f"{1000 * delays[len(delays) // 2]:.0f} ms")
            row("of a core", "10 %", f"{share:.1%}")
    panel.end()
    panel.close()


def resident() -> float:
    """Memory of this process, MB."""
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def million_lines(root: Path) -> None:
    """Open a long log and follow it."""
    folder = root / "vase"
    make_job(folder, log_text(LINES, runs=True), runs=True)
    panel = shown(root)
    page = panel.details.log
    panel.details.tabs.setCurrentWidget(page)
    while not panel.list.model.jobs:
        spin(0.02)
    spin(0.5)
    pulse, before, begin = Pulse(), resident(), time.perf_counter()
    panel.list.select(folder)
    view = page.view
    while not (view.rows > LINES * 0.99 and view._line(view.rows - 1)):  # noqa: SLF001
        spin(0.005)
    opened = time.perf_counter() - begin
    row("a log of 10⁶ lines: opens in", "300 ms", f"{1000 * opened:.0f} ms")
    spin(8.0)
    row("longest pause meanwhile, curves read too", "50 ms", f"{1000 * pulse.end()[-1]:.0f} ms")
    first, size = resident(), view.rows
    line = codec.write_line(Record(PAST, "reconstruct", Metric("10_shape", LINES, 0.5)))
    with (folder / log.NAME).open("a") as file:
        for _ in range(20):
            file.write(line * 10_000)
            file.flush()
            spin(0.5)
    spin(3.0)
    row("memory for it", "-", f"{first - before:.0f} MB")
    row(f"memory for {view.rows - size:,} lines more", "flat", f"{resident() - first:+.1f} MB")
    panel.end()
    panel.close()


if __name__ == "__main__":
    main()
