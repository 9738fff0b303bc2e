# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""How a script in Blender talks to whoever started it: lines of JSON, and pixels."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

MARK = "@lightmould "


class Voice:
    """Speaks on standard output, where Blender's own chatter is silenced."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._out = os.dup(1)
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  # else pixels that look like line breaks change

            msvcrt.setmode(self._out, os.O_BINARY)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.close(silence)

    def say(self, event: str, /, **fields: Any) -> None:
        """An event, as `lightmould.formats.events` has them."""
        self._line({"event": {"is": event, **fields}})

    def tell(self, what: str, /, pixels: Iterable[Any] = (), **fields: Any) -> None:
        """A part of the conversation (`lightmould.tools.blender.conversation`), then pixels."""
        self._line({"said": {"is": what, **fields}})
        for each in pixels:
            self._write(memoryview(each).cast("B"))

    def _line(self, value: dict[str, Any]) -> None:
        self._write(memoryview(f"{MARK}{json.dumps(value)}\n".encode()))

    def _write(self, data: memoryview) -> None:
        while data:
            data = data[os.write(self._out, data) :]


def hear() -> dict[str, Any] | None:
    """What we are told next; None when there is no more."""
    line = sys.stdin.readline()
    return json.loads(line) if line else None
