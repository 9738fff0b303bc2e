"""Where producers of frames can be reached."""

from dataclasses import dataclass, replace
from pathlib import Path

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.formats.files import write_atomically


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One producer.

    Attributes:
        name: for people.
        host: name or address.
        port: TCP.
        log: file of what it prints, on the host where it runs; None if nobody keeps that.
    """

    name: str
    host: str
    port: int
    log: Path | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Producers that make the same items.

    Attributes:
        instances: at least one.
        token: the file of the secret that they let in by; it may be read by its owner alone.
    """

    instances: tuple[Endpoint, ...]
    token: Path

    def __post_init__(self) -> None:
        if not self.instances:
            raise SettingsError("endpoints", "no instance", "at least one", "Name a producer.")


def write(endpoints: Endpoints, path: Path) -> None:
    """Write a file that `read` reads on any host that sees the token's file, too.

    A relative path of the token begins in the file's folder, so that both may be copied.

    Raises:
        JobError: it can't be written.
    """
    write_atomically(path, codec.write(endpoints))


def read(path: Path) -> Endpoints:
    """The producers that a file names.

    Raises:
        FormatError: it can't be read as such.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fix = "Name the file that was written where the producers were started."
        raise FormatError(path, str(error), "a file of endpoints", fix) from error
    found = codec.read(Endpoints, text, str(path))
    return replace(found, token=path.parent / found.token)
