"""How often and how long a job is tried."""

from dataclasses import dataclass, fields

from lightmould.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a job's steps are tried again, by what went wrong, and for how long each may hang.

    Attributes:
        transient: times that a step is tried again for causes that may pass by themselves.
        resource: times for a want of memory; each time half as many of its programs run at once,
            so that a step of one program is not tried again.
        pause: seconds before the first of them; twice as long before each that follows.
        quiet_minutes: how long a program of a step may say nothing before it is ended.
    """

    transient: int = 2
    resource: int = 4
    pause: float = 1.0
    quiet_minutes: float = 180.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not 0 <= value < float("inf"):
                fix = "Choose a value in range."
                raise SettingsError(f"patience.{one.name}", str(value), "0 or more", fix)
