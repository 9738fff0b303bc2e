"""What a look at an installation found."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["PASS", "WARN", "FAIL"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what it is.
        state: PASS; WARN: something works less well, or not everything; FAIL: what it is for fails.
        found: version, place or what is wrong.
        purpose: what it is for.
        fix: the one command, or sentence, that mends it; empty where nothing is wrong.
    """

    name: str
    state: State
    found: str
    purpose: str
    fix: str = ""
