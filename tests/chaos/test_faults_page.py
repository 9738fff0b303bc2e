"""The page about faults has all of them, and names tests that there are."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8")


def test_every_fault_has_tests_and_every_named_test_is_there() -> None:
    rows = dict(re.findall(r"^\| (F\d+) \|(.*)\|$", PAGE, re.MULTILINE))
    assert list(rows) == [f"F{number}" for number in range(1, 17)]
    for fault, row in rows.items():
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", row)
        assert named, fault
        for file, name in named:
            text = (TESTS / file).read_text(encoding="utf-8")
            assert f"\ndef {name}(" in text, f"{fault}: {file}::{name}"
