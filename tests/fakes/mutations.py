"""Damage to an asset's files as people, merges and disks do it, one piece at a time."""

import random
from collections.abc import Callable

Files = dict[str, bytes]

STRUCTURE = (
    "INDEX__SECTION",
    "Sections.list",
    "DialogScript",
    "CreateScript",
    "TypePropertiesOptions",
    "InternalFileOptions",
    "ExtraFileOptions",
    "Tools.shelf",
    "Contents.mime",
)
"""Files that have a form; the others hold texts of ours."""


def mutated(files: Files, rng: random.Random) -> tuple[str, Files]:
    """What was done, and the files after it."""
    while True:
        path = rng.choice([path for path in sorted(files) if path.endswith(STRUCTURE)])
        name, change = rng.choice(KINDS)
        after = change(files[path].decode(), rng)
        if after is not None and after.encode() != files[path]:
            return f"{name} in {path}", {**files, path: after.encode()}


def lost(files: Files, rng: random.Random) -> tuple[str, Files]:
    """The same for a file that is not there, or not where it was."""
    path = rng.choice([path for path in sorted(files) if path.endswith(STRUCTURE)])
    rest = {other: data for other, data in files.items() if other != path}
    if rng.random() < 0.5:
        return f"lost {path}", rest
    return f"renamed {path}", {**rest, path.replace("S", "s").replace("t", "T"): files[path]}


def _without(letters: str) -> Callable[[str, random.Random], str | None]:
    def change(text: str, rng: random.Random) -> str | None:
        places = [place for place, letter in enumerate(text) if letter in letters]
        if not places:
            return None
        place = rng.choice(places)
        return text[:place] + text[place + 1 :]

    return change


def _doubled(text: str, rng: random.Random) -> str | None:
    lines = text.split("\n")
    place = rng.choice([number for number, line in enumerate(lines) if line.strip()])
    return "\n".join((*lines[: place + 1], *lines[place:]))


def _swapped(text: str, rng: random.Random) -> str | None:
    lines = text.split("\n")
    if len(lines) < 3:
        return None
    place = rng.randrange(len(lines) - 2)
    return "\n".join((*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]))


def _misspelled(text: str, rng: random.Random) -> str | None:
    lines = text.split("\n")
    places = [number for number, line in enumerate(lines) if line.strip()[:1].isalpha()]
    if not places:
        return None
    place = rng.choice(places)
    word = lines[place].split()[0]
    lines[place] = lines[place].replace(word, f"{word[:-1]}q", 1)
    return "\n".join(lines)


def _cut(text: str, rng: random.Random) -> str | None:
    return text[: rng.randrange(len(text) - 1)] if len(text) > 2 else None


def _marked(text: str, rng: random.Random) -> str | None:
    """What a merge that nobody finished leaves."""
    lines = text.split("\n")
    lines.insert(rng.randrange(len(lines)), rng.choice(("<<<<<<< HEAD", "=======", ">>>>>>> a")))
    return "\n".join(lines)


def _returned(text: str, rng: random.Random) -> str | None:
    places = [place for place, letter in enumerate(text) if letter == "\n"]
    if len(places) < 2:
        return None
    place = rng.choice(places)
    return f"{text[:place]}\r{text[place:]}"


KINDS: tuple[tuple[str, Callable[[str, random.Random], str | None]], ...] = (
    ("a quotation mark less", _without('"')),
    ("a bracket less", _without("{}[]()<>")),
    ("a blank or tab less", _without(" \t")),
    ("a line break less", _without("\n")),
    ("a line twice", _doubled),
    ("two lines swapped", _swapped),
    ("a word misspelled", _misspelled),
    ("an end cut off", _cut),
    ("a mark of a merge", _marked),
    ("a carriage return", _returned),
)
