"""The fake Houdini, under Houdini's name, before a module that imports it is looked at."""

import sys
from collections.abc import Iterator

import pytest
from fakes import hou

sys.modules["hou"] = hou  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def scene() -> Iterator[object]:
    """An empty scene for each test."""
    hou.reset()
    return hou.SCENE
