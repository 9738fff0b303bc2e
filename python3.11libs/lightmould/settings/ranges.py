"""Numbers that are refused outside of their range."""

from dataclasses import field, fields
from typing import Any

from lightmould.errors import SettingsError


def within(default: Any, low: float, high: float) -> Any:
    """A number, or a tuple of them, from `low` to `high`."""
    return field(default=default, metadata={"range": (low, high)})


def needed(low: float, high: float) -> Any:
    """The same without a default."""
    return field(metadata={"range": (low, high)})


def check_ranges(tool: Any) -> None:
    """Refuse numbers outside the range that their field declares."""
    for one in fields(tool):
        if "range" not in one.metadata:
            continue
        low, high = one.metadata["range"]
        value = getattr(tool, one.name)
        numbers = value if isinstance(value, tuple) else (value,)
        if not all(low <= number <= high for number in numbers):
            where = f"{type(tool).__name__.lower()}.{one.name}"
            raise SettingsError(where, str(value), f"{low} to {high}", "Choose a value in range.")
