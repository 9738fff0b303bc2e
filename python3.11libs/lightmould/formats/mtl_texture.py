"""What follows map_Kd and its like: options, then a file name that may have spaces.

Source: Wavefront's "MTL material format", version 4.2, "Texture map statements".
"""

import posixpath
import re
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple, cast

from lightmould.errors import FormatError, SettingsError
from lightmould.formats.wavefront import inner_path, writable_path
from lightmould.model import Map
from lightmould.model.asset import Channel, ColorSpace

_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$", re.ASCII)
_OPTION: Final = re.compile(
    r"-(blendu|blendv|boost|bm|cc|clamp|imfchan|mm|o|s|texres|type|t)\s+", re.IGNORECASE
)
_NUMBERS: Final = {"boost": 1, "bm": 1, "mm": 2, "o": 3, "s": 3, "t": 3, "texres": 1}
_IDENTITY: Final = {
    "bm": (1.0,),
    "mm": (0.0, 1.0),
    "o": (0.0,) * 3,
    "s": (1.0,) * 3,
    "t": (0.0,) * 3,
}
_CHANNELS: Final = {"r": "r", "g": "g", "b": "b", "m": "a"}


class _Option(NamedTuple):
    name: str
    values: tuple[str, ...]


def texture_path(text: str) -> PurePosixPath:
    """The file's path, not checked."""
    return PurePosixPath(posixpath.normpath(_split(text)[1].replace("\\", "/")))


def read_texture(text: str, where: str, space: ColorSpace, channel: Channel) -> Map:
    """The texture that a statement names.

    Args:
        text: options and file name.
        where: file and line, for errors.
        space: how the statement's colors are encoded.
        channel: where its value is unless -imfchan says otherwise.

    Raises:
        FormatError: the path leaves its folder, or an option would change the texture.
    """
    options, path = _split(text)
    for option in options:
        if option.name == "imfchan" and channel != "rgb" and option.values[0] in _CHANNELS:
            channel = cast(Channel, _CHANNELS[option.values[0]])
        elif option.name == "imfchan" or not _changes_nothing(option):
            found = " ".join([f"the option -{option.name}", *option.values])
            wanted = "a texture as it is: not moved, scaled or mixed"
            raise FormatError(where, found, wanted, "Bake it into the uvs or the texture.")
    return Map(Path(inner_path(path, where)), space, channel)


def texture_text(texture: Map, folder: Path, channel: Channel) -> str:
    """What to say for a texture whose value is in `channel` unless said otherwise.

    Args:
        texture: its path is relative, or absolute and within the folder.
        folder: the MTL's.
        channel: of statements of this kind.

    Raises:
        SettingsError: MTL has no words for it.
    """
    path = texture.path
    if path.is_absolute() and path.is_relative_to(folder):
        path = path.relative_to(folder)
    text = writable_path(path, "texture")
    if text.startswith("-"):
        text = f"./{text}"  # not an option
    if texture.channel == channel:
        return text
    if channel == "rgb" or texture.channel == "rgb":
        found, wanted = f"channel {texture.channel}", f"channel {channel}"
        raise SettingsError(f"texture {texture.path}", found, wanted, "Write it as an own file.")
    names = {value: key for key, value in _CHANNELS.items()}
    return f"-imfchan {names[texture.channel]} {text}"


def _split(text: str) -> tuple[list[_Option], str]:
    """Options and the file's name, which is whatever follows them."""
    options = []
    while match := _OPTION.match(text):
        option = match[1].lower()
        text = text[match.end() :]
        values: list[str] = []
        while len(values) < _NUMBERS.get(option, 1):
            words = text.split(None, 1)
            if len(words) < 2 or (option in _NUMBERS and not _NUMBER.match(words[0])):
                break
            values.append(words[0])
            text = words[1]
        options.append(_Option(option, tuple(values)))
    return options, text


def _changes_nothing(option: _Option) -> bool:
    if not option.values:
        return False
    identity = _IDENTITY.get(option.name)
    return identity is None or all(
        float(value) == same for value, same in zip(option.values, identity, strict=False)
    )
