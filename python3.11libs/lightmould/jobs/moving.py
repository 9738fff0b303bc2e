"""Paths that were written elsewhere, as they are here: JSON with folders put in other places."""

from collections.abc import Mapping
from typing import Any


def moved(data: Any, moves: Mapping[str, str]) -> Any:
    """JSON with every path below an old folder put below the new one, names of fields included."""
    if isinstance(data, dict):
        return {moved(name, moves): moved(item, moves) for name, item in data.items()}
    if isinstance(data, list):
        return [moved(item, moves) for item in data]
    if isinstance(data, str):
        for old in sorted(moves, key=len, reverse=True):
            if data == old or data.startswith(f"{old}/"):
                return moves[old] + data[len(old) :]
    return data
