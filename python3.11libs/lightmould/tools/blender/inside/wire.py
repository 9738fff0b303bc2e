# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""How a producer of frames and its consumers talk: typed messages over a socket, none executable.

Both sides use this file: the standard library and NumPy, Python 3.10 and later. First both prove
that they know a token (`trust`). Then messages follow:

    4s magic | u32 length of header | u64 length of payload | 32s tag | header | payload

The header is JSON: `[kind, fields, arrays]`, the last as `arrays.Layout.described` has them; they
lie in the payload. The tag is an HMAC of the message's number, its lengths and its header, under a
key of this connection alone, so that none can be said twice, or by anybody else. Nothing is
allocated before lengths, dtypes and shapes were found to agree with each other and with the limits.
Pixels are neither signed nor encrypted: between hosts, use a network that you trust, or a tunnel.
"""

import hmac
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING or __package__:
    from lightmould.tools.blender.inside import arrays as memory
    from lightmould.tools.blender.inside import trust
else:  # in Blender, this folder is on the path and nothing else of ours is
    import arrays as memory
    import trust

PREFIX = struct.Struct("<4sIQ")
MAGIC = b"LMS1"

_PIECES = 16  # messages that one call takes in, so that nobody else has to wait for ever
_SENT_AHEAD = 1 << 22  # bytes that the system may hold for us, so that a frame goes out at once


class Limits(NamedTuple):
    """What is believed at most.

    Attributes:
        header: bytes.
        payload: bytes.
        handshake_s: seconds until a peer has proved that it knows the token.
        message_s: seconds from a message's first byte to its last.
    """

    header: int = 1 << 20
    payload: int = 1 << 30
    handshake_s: float = 10.0
    message_s: float = 60.0


MOST = Limits()


class Message(NamedTuple):
    """What a peer says.

    Attributes:
        kind: a word.
        fields: plain JSON.
        arrays: what came with it; the receiver's own.
    """

    kind: str
    fields: dict[str, Any]
    arrays: dict[str, Any]


class Link:
    """One end of a connection. It never waits: call `receive` and `flush` as the socket is ready.

    One thread may receive while another one sends.

    Args:
        connection: a connected socket.
        token: what both have to know.
        role: of this end.
        limits: of the other end.

    Attributes:
        ready: whether the other end has proved that it knows the token.
        deadline: when what has begun to arrive must be complete (`time.monotonic`); None if
            nothing has.
    """

    def __init__(
        self, connection: socket.socket, token: bytes, role: trust.Role, limits: Limits
    ) -> None:
        self._socket = connection
        connection.setblocking(False)  # noqa: FBT003  # so the standard library has it
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT_AHEAD)
        if connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._limits = limits
        self._lock = threading.Lock()
        self._out: deque[memoryview] = deque()
        self._keys = trust.Keys(b"", b"")
        self._sent = self._received = 0
        self._arrived: list[Message] = []
        self.ready = False
        self.deadline: float | None = time.monotonic() + limits.handshake_s
        self._steps = self._listen(token, role)
        self._wanted = memoryview(next(self._steps))

    def fileno(self) -> int:
        """The socket's, for selectors; -1 once it is closed."""
        return self._socket.fileno()

    def close(self) -> None:
        """Say no more."""
        self._socket.close()

    @property
    def unsent(self) -> bool:
        """Whether `flush` has something to do once the socket can be written."""
        return bool(self._out)

    def late(self, now: float) -> bool:
        """Whether the peer began to say something, and takes too long to end."""
        return self.deadline is not None and now > self.deadline

    def excuse(self, now: float) -> None:
        """Begin to wait again for the end of what has begun: it may have come, and was not read."""
        if self.deadline is not None:
            self.deadline = now + self._limits.message_s

    def receive(self) -> list[Message]:
        """The messages that have arrived whole; if there are many, the first of them.

        Raises:
            trust.RefusedError: the peer broke the rules.
            trust.WireError: it has hung up.
        """
        try:
            while len(self._arrived) < _PIECES and (count := self._fill()):
                self._take(count)
        except memory.LayoutError as error:
            raise trust.RefusedError(str(error)) from error
        found, self._arrived = self._arrived, []
        return found

    def send(
        self,
        kind: str,
        fields: Mapping[str, Any],
        where: memory.Layout = memory.NOTHING,
        payload: Any = b"",
    ) -> None:
        """Say something, now as far as the socket takes it, the rest when it is flushed.

        Args:
            kind: a word.
            fields: plain JSON.
            where: arrays lie in the payload.
            payload: bytes, which must not change any more.

        Raises:
            memory.LayoutError: too much at once.
            ValueError, TypeError: fields that are no JSON.
            trust.WireError: the peer has hung up.
        """
        header = json.dumps([kind, fields, where.described()], allow_nan=False).encode()
        if len(header) > MOST.header or where.size > MOST.payload:
            raise memory.LayoutError(f"{len(header)} + {where.size} bytes, more than may be sent")
        with self._lock:
            prefix = PREFIX.pack(MAGIC, len(header), where.size)
            tag = _tag(self._keys.own, self._sent, prefix + header)
            self._sent += 1
            self._out += [
                memoryview(part) for part in (prefix + tag + header, payload) if len(part)
            ]
            self._flush()

    def flush(self) -> None:
        """Send what is left, as far as the socket takes it.

        Raises:
            trust.WireError: the peer has hung up.
        """
        with self._lock:
            self._flush()

    def _say(self, data: bytes) -> None:
        with self._lock:
            self._out.append(memoryview(data))
            self._flush()

    def _flush(self) -> None:
        try:
            while self._out:
                rest = self._out[0][self._socket.send(self._out[0]) :]
                if rest:
                    self._out[0] = rest
                else:
                    self._out.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise trust.WireError(str(error)) from error

    def _fill(self) -> int:
        """How many of the wanted bytes have arrived; 0 where one has to wait."""
        try:
            count = self._socket.recv_into(self._wanted)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise trust.WireError(str(error)) from error
        if not count and not self._arrived:
            raise trust.WireError("the other end has hung up")
        return count

    def _take(self, count: int) -> None:
        if self.deadline is None:
            self.deadline = time.monotonic() + self._limits.message_s
        self._wanted = self._wanted[count:]
        while not self._wanted:
            self._wanted = memoryview(next(self._steps))

    def _listen(self, token: bytes, role: trust.Role) -> Generator[Any, None, None]:
        """Yields the memory that is to be filled next."""
        self._keys = yield from trust.greet(role, token, self._say)
        self.ready = True
        while True:
            self.deadline = None
            prefix, tag = bytearray(PREFIX.size), bytearray(trust.PROOF)
            yield prefix
            magic, length, size = PREFIX.unpack(prefix)
            if magic != MAGIC or length > self._limits.header or size > self._limits.payload:
                raise trust.RefusedError(f"{magic!r} and a message of {length} + {size} bytes")
            header = bytearray(length)
            yield tag
            yield header
            expected = _tag(self._keys.other, self._received, prefix + header)
            if not hmac.compare_digest(expected, tag):
                raise trust.RefusedError("a message that is not its peer's, or was said before")
            self._received += 1
            kind, fields, described = _parsed(header)
            where = memory.read(described)
            if where.size != size:
                raise trust.RefusedError(f"{size} bytes for arrays of {where.size}")
            payload = np.zeros(size, np.uint8)
            yield payload
            self._arrived.append(Message(kind, fields, memory.views(where, payload)))


def _tag(key: bytes, number: int, text: bytes | bytearray) -> bytes:
    return hmac.digest(key, struct.pack("<Q", number) + text, "sha256")


def _parsed(header: bytearray) -> tuple[str, dict[str, Any], Any]:
    try:
        kind, fields, described = json.loads(header)
    except (ValueError, TypeError, RecursionError) as error:
        raise trust.RefusedError("a header that is not JSON of three parts") from error
    if not isinstance(kind, str) or not isinstance(fields, dict):
        raise trust.RefusedError("a header without a kind or fields")
    return kind, fields, described
