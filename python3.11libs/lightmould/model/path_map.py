"""Where folders of other machines lie on this one."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from lightmould.errors import SettingsError

_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


@dataclass(frozen=True, slots=True)
class PathRule:
    """A folder as another machine calls it, and as it is called here.

    Attributes:
        source: elsewhere; absolute.
        target: here; absolute.
        windows: whether the source is a path of Windows: its letters' case is of no meaning, and
            either slash parts its names.
    """

    source: str
    target: str
    windows: bool

    def __post_init__(self) -> None:
        known = PureWindowsPath(self.source) if self.windows else PurePosixPath(self.source)
        for path in (known, PurePath(self.target)):
            if not path.is_absolute() or ".." in path.parts:
                fix = "Write both folders whole."
                raise SettingsError("a path rule", f"{path}", "an absolute path without ..", fix)

    @property
    def depth(self) -> int:
        """How many names its source has."""
        return len(self._parts(self.source))

    def rest(self, path: str) -> tuple[str, ...] | None:
        """The names of a path after the source; None if it does not begin there."""
        source, parts = self._parts(self.source), self._parts(path)
        if self._folded(parts[: len(source)]) != self._folded(source):
            return None
        return parts[len(source) :]

    def _parts(self, path: str) -> tuple[str, ...]:
        return (PureWindowsPath(path) if self.windows else PurePosixPath(path)).parts

    def _folded(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        # Letters with accents are two characters to some systems and one to others.
        same = (unicodedata.normalize("NFC", part) for part in parts)
        return tuple(part.lower() if self.windows else part for part in same)


@dataclass(frozen=True, slots=True)
class PathMap:
    """Paths of other machines to paths of this one.

    Attributes:
        rules: longest source first: the first one that fits holds.
    """

    rules: tuple[PathRule, ...] = ()

    def __post_init__(self) -> None:
        longest = sorted(self.rules, key=lambda rule: -rule.depth)
        object.__setattr__(self, "rules", tuple(longest))

    def apply(self, path: str) -> str:
        """The path as it is here: without `.` and `..`, within the rule's target.

        Anything that no rule fits, be it a path or not, comes back as it is.

        Raises:
            SettingsError: by its `..` a path leaves the folder that the rule is about.
        """
        for rule in self.rules:
            rest = rule.rest(path)
            if rest is not None:
                return str(PurePath(rule.target, *_straight(rest, path, rule)))
        return path

    def joined(self, other: "PathMap") -> "PathMap":
        """The rules of both; of two about the same folder ours holds."""
        return PathMap((*self.rules, *other.rules))


def rule(source: str, target: str) -> PathRule:
    """A rule whose source tells by its look whether it is a path of Windows.

    Raises:
        SettingsError: one of both is no absolute path.
    """
    return PathRule(source, target, windows=is_of_windows(source))


def is_of_windows(path: str) -> bool:
    """Whether a path looks like one of Windows, with a drive or a server."""
    return _OF_WINDOWS.match(path) is not None


def _straight(rest: tuple[str, ...], path: str, rule: PathRule) -> list[str]:
    straight: list[str] = []
    for name in rest:
        if name != "..":
            straight.append(name)
        elif straight:
            straight.pop()
        else:
            wanted, fix = f"a path within {rule.source}", "Correct the path."
            raise SettingsError(path, "a path that leaves its folder", wanted, fix)
    return straight
