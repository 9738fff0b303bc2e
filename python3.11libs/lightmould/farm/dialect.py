"""How farms want to be told: lines on a task's standard output."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Literal, TypeAlias

DialectName: TypeAlias = Literal["openjd", "tractor", "deadline", "plain"]

_LONGEST = 1000  # characters of a line; a status is a few words


@dataclass(frozen=True, slots=True)
class Dialect:
    """The lines of a farm, each a format of `percent` or of `text`.

    Attributes:
        percent: how much is done, 0 to 100.
        status: what is being done.
        failure: why it failed.
    """

    percent: str
    status: str = "{text}"
    failure: str = "{text}"

    def progress(self, fraction: float) -> str:
        """How much is done, without a line break; the fraction may be anything."""
        # Open Job Description ignores what is outside 0 to 100.
        inside = 0.0 if isnan(fraction) else min(max(0.0, fraction), 1.0)
        return self.percent.format(percent=100 * inside)

    def doing(self, text: str) -> str:
        """What is being done."""
        return self.status.format(text=one_line(text))

    def warning(self, text: str) -> str:
        """Something that a person should know."""
        return f"warning: {one_line(text)}"

    def failed(self, text: str) -> str:
        """Why it failed."""
        return self.failure.format(text=one_line(text))


DIALECTS: Mapping[DialectName, Dialect] = {
    # A space before the word, and it is not recognized.
    "openjd": Dialect(
        "openjd_progress: {percent:.1f}", "openjd_status: {text}", "openjd_fail: {text}"
    ),
    "tractor": Dialect("ALF_PROGRESS {percent:.0f}%"),
    "deadline": Dialect("PROGRESS: {percent:.0f}%"),
    "plain": Dialect("{percent:3.0f}%"),
}

_TOLD_BY: Mapping[str, DialectName] = {"DEADLINE_SESSION_ID": "openjd", "HQROOT": "tractor"}
"""Variables that Deadline Cloud's and HQueue's workers set; HQueue reads Alfred's lines."""


def spoken(environ: Mapping[str, str]) -> DialectName:
    """The dialect of the farm that runs us, as far as the environment tells."""
    return next((name for variable, name in _TOLD_BY.items() if environ.get(variable)), "plain")


def one_line(text: str) -> str:
    """The text in one line without anything that a terminal or a parser would act upon."""
    plain = "".join(" " if unicodedata.category(one).startswith("C") else one for one in text)
    return " ".join(plain.split())[:_LONGEST]
