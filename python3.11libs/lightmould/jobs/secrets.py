"""Takes secrets out of what is kept of a run: logs are shown to many, and travel.

A secret is the value of a variable whose name says so, and what looks like one wherever it stands:
a user's name and password in a URL, a bearer's token, a key or a password that is assigned.
"""

import json
import re
from collections.abc import Callable, Mapping

HIDDEN = "***"

_KEYS = r"(?:api|access|private)[_-]?key"
_NAMES = rf"(?:secret|token|passw(?:or)?d|passphrase|credential|{_KEYS})"
_NAMED = re.compile(rf"{_NAMES}s?(?:_|$)|(?:^|_)(?:key|auth|pwd)$", re.IGNORECASE)
_SHORTEST = 6  # characters; a shorter value would be found in words that are none
_PLAIN = re.compile(r"[0-9.]+|true|false", re.IGNORECASE)
# Every part begins with a word of its own and looks no farther than so many characters ahead of it:
# a line of any length costs no more than its length.
_LOOKS = re.compile(
    r"(?P<url>://)[^\s/@\"']{1,256}@"
    rf"|(?P<assigned>{_NAMES}s?[\"']?\s{{0,3}}[=:]\s{{0,3}}[\"']?)[^\s\"'&,;]+"
    r"|(?P<bearer>\b(?:bearer|basic)\s{1,3})[\w.~+/=-]{12,}"
    rf"|(?P<flag>--[\w-]{{0,40}}{_NAMES}\s{{1,3}})[^\s-]\S*"
    r"|\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|sk-[\w-]{20,}|xox[abprs]-[\w-]{10,})",
    re.IGNORECASE,
)


def hider(*environs: Mapping[str, str | None]) -> Callable[[str], str]:
    """What takes secrets out of a text.

    Args:
        environs: variables to values; those that are secrets by their names are taken out
            wherever they stand.
    """
    values = {
        form
        for environ in environs
        for name, value in environ.items()
        if value and is_secret(name, value)
        for form in (value, json.dumps(value)[1:-1])
    }
    # The longest first, so that nothing is left of one that holds another.
    known = re.compile("|".join(map(re.escape, sorted(values, key=len, reverse=True))) or "(?!)")

    def hide(text: str) -> str:
        return _LOOKS.sub(_keep_names, known.sub(HIDDEN, text))

    return hide


def is_secret(name: str, value: str) -> bool:
    """Whether a variable holds a secret, by its name; numbers and short words are none."""
    long = len(value) >= _SHORTEST and not _PLAIN.fullmatch(value)
    return long and _NAMED.search(name) is not None


def _keep_names(found: re.Match[str]) -> str:
    """What leads to a secret, without it."""
    lead = next((part for part in found.groups() if part), "")
    return f"{lead}{HIDDEN}{'@' if found['url'] else ''}"
