import errno
import os
from pathlib import Path

import pytest

from lightmould.errors import JobError
from lightmould.formats import events
from lightmould.model import Event, Failed, Finished, Metric, Progress, Started, Warned, Wrote

EVERY: tuple[Event, ...] = (
    Started("render"),
    Progress(0.25, "view 1 of 4", 3.5),
    Progress(0.0, "loading"),
    Metric("loss", 7, 0.125),
    Wrote("color/000000.png", "color"),
    Warned("ein Wörtchen\nin two lines"),
    Failed("no such file", 1),
    Finished(skipped=True),
)


@pytest.mark.parametrize("event", EVERY)
def test_an_event_survives_its_line(event: Event) -> None:
    line = events.line(event)
    assert line.count("\n") == 1
    assert events.parse(line) == event
    assert events.parse(line.rstrip("\n") + "\r\n") == event


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "Fra:1 Mem:10.00M | Sample 3/16",
        '{"event": {"is": "started", "title": "no mark"}}',
        "@lightmould",
        "@lightmould {",
        "@lightmould []",
        '@lightmould {"event": {"is": ["started"], "title": "x"}}',
        '@lightmould {"event": {"is": "exploded"}}',
        '@lightmould {"event": {"is": "started", "title": 3}}',
        '@lightmould {"event": {"is": "started", "title": "\\ud800"}}',
        '@lightmould {"event": {"is": "progress", "fraction": NaN, "status": ""}}',
        '@lightmould {"event": {"is": "progress", "fraction": 1e999, "status": ""}}',
        '@lightmould {"event": {"is": "progress", "fraction": 1' + "0" * 5000 + ', "status": ""}}',
        '@lightmould {"event": {"is": "progress", "fraction": 1' + "0" * 400 + ', "status": ""}}',
        "@lightmould " + "[" * 50_000,
        "@lightmould " + "x" * 1_000_000,
        "@lightmould \udcff\udcfe",
        "\0\x01\udc80",
    ],
)
def test_foreign_output_is_no_event(foreign: str) -> None:
    assert events.parse(foreign) is None


def test_a_program_tells_an_error_of_the_system_with_its_cause(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def act() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert events.exit_code(act) == JobError.exit_code
    said = events.parse(capsys.readouterr().out.rstrip("\n"))
    assert isinstance(said, Failed)
    assert said.cause == "disk full"
    assert said.message.startswith(f"{Path.cwd()}: found No space left on device")
