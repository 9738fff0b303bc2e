"""No secret of whoever starts a job reaches anything that is kept of it."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.jobs import failure, job, python, step, views

from lightmould.jobs import log, secrets
from lightmould.jobs.run import run
from lightmould.model import Started

VALUE = 'hunter2 "quoted\\'  # a value that JSON writes differently
PLANTED = {"STUDIO_TOKEN": VALUE, "DB_PASSWORD": "correct-horse", "AWS_SECRET_ACCESS_KEY": "wJalrX"}

# Prints every secret in every way, then fails with some of them.
CARELESS = """
import json, os, sys
from lightmould.errors import ToolError
from lightmould.formats import events
from lightmould.model import Warned

for name, value in os.environ.items():
    print(name, value)
print("https://artist:pa55@farm.example/queue?api_key=deadbeef99")
print("Authorization: Bearer abcdef0123456789abcdef")
print("--token s3cr3t-value --size 4")
print("AKIAABCDEFGHIJKLMNOP", file=sys.stderr)

def fail():
    events.say(Warned("token is " + os.environ["STUDIO_TOKEN"]))
    raise ToolError("https://artist:pa55@farm.example", os.environ["DB_PASSWORD"], "none", "Stop.")

sys.exit(events.exit_code(fail))
"""
SECRETS = (
    VALUE, json.dumps(VALUE)[1:-1], "correct-horse", "wJalrX", "pa55", "deadbeef99",
    "abcdef0123456789abcdef", "s3cr3t-value", "AKIAABCDEFGHIJKLMNOP",
)  # fmt: skip


def test_nothing_that_a_job_keeps_has_a_secret(tmp_path: Path) -> None:
    command = python(CARELESS, tmp_path / "out", "--password", "correct-horse")
    careless = job(tmp_path, step(tmp_path, replace(command, env={**PLANTED})))
    error = failure(careless)
    kept = [path.read_text() for path in careless.folder.rglob("*") if path.is_file()]
    assert any("STUDIO_TOKEN" in text for text in kept)
    for text in (*kept, str(error)):
        assert [secret for secret in SECRETS if secret in text] == []
    assert "https://***@farm.example" in str(error)


def test_secrets_of_the_runners_own_environment_are_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARM_API_KEY", "0123abcd4567")
    leak = python("print('found', '0123' + 'abcd4567'); raise SystemExit(1)", tmp_path)
    error = failure(job(tmp_path, step(tmp_path, leak)))
    assert "found ***" in str(error)


@pytest.mark.parametrize(
    "plain",
    [
        "Fra:12 Mem:8.20M | Rendering 1 / 64 samples",
        "iter=   10, img_loss=0.012, lr=0.03, tokens 12 per key frame",
        "https://docs.blender.org/manual?page=4",
        "/home/me/projects/keys/monkey.obj",
        '@lightmould {"event": {"is": "metric", "name": "loss", "step": 3, "value": 0.1}}',
    ],
)
def test_what_is_no_secret_is_left_as_it_is(plain: str) -> None:
    assert secrets.hider({"KEY_FRAMES": "24.0", "HOME": "/home/me"})(plain) == plain


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("HF_TOKEN", "abcdefgh", True),
        ("PGPASSWORD", "abcdefgh", True),
        ("SSH_KEY", "abcdefgh", True),
        ("OPENAI_API_KEY", "abcdefgh", True),
        ("DEBUG_TOKENS", "true", False),
        ("HOTKEYS", "abcdefgh", False),
        ("PATH", "/usr/bin:/bin", False),
        ("SECRET", "abc", False),
    ],
)
def test_a_variable_holds_a_secret_by_its_name(name: str, value: str, *, secret: bool) -> None:
    assert secrets.is_secret(name, value) == secret


def test_a_log_says_who_ran_the_job_and_with_what(tmp_path: Path) -> None:
    one = views(tmp_path, "a.png")
    run(one, lambda _: None)
    first = log.read(one.folder / log.NAME).records[0].event
    assert isinstance(first, Started)
    assert first.runner is not None
    assert first.runner.pid == os.getpid()
    assert set(first.runner.versions) == {"maker", "python"}
    assert first.runner.command
    text = (one.folder / "logs" / "work.log").read_text()
    assert text.startswith(f"# process {os.getpid()} on {first.host}: ")
    assert "; maker 1, python 3." in text.partition("\n")[0]


@pytest.mark.parametrize(
    "part", ["x", "a-", "a.", "token ", "--a", "http://a ", "://", "secret=", "sk-"]
)
def test_a_line_of_any_text_costs_no_more_than_its_length(part: str) -> None:
    hide = secrets.hider({})

    def steps(length: int) -> float:
        began = time.process_time()
        hide(part * (length // len(part)))
        return time.process_time() - began

    # Were it more, 64 times the length would cost 4096 times as much.
    assert steps(1 << 18) < 1000 * max(steps(1 << 12), 1e-4)
