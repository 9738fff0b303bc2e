# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Who may talk on a socket: whoever knows a token, and proves it without saying it.

Both sides of a stream use this file: the standard library, Python 3.10 and later. Each answers the
other's random bytes by an HMAC, so that nothing which was recorded is of any use. All parts have
fixed lengths: nothing of a peer that has not proved itself is parsed.
"""

import hmac
import secrets
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Literal, NamedTuple

Role = Literal["producer", "consumer"]

GREETING = b"lightmould stream 1\n"
NONCE = PROOF = 32
"""Bytes."""

MODE = 0o600
"""Of files that are nobody else's business."""


class WireError(Exception):
    """What a peer says must not be believed, or it says no more: the connection is to be closed."""


class RefusedError(WireError):
    """A peer broke the rules, rather than just its connection."""


class Keys(NamedTuple):
    """What signs messages, on one connection alone.

    Attributes:
        own: for what is said here.
        other: for what is heard.
    """

    own: bytes
    other: bytes


def read_token(path: Path) -> bytes:
    """The secret in a file.

    Raises:
        WireError: there is none, others may read it, or it is too short.
    """
    try:
        mode, token = path.stat().st_mode, path.read_bytes().strip()
    except OSError as error:
        raise WireError(f"{path}: {error.strerror}") from error
    if sys.platform != "win32" and mode & 0o077:
        raise WireError(f"{path} can be read by others; `chmod 600` it")
    if len(token) < PROOF:
        raise WireError(f"{path} has {len(token)} bytes; a token has {PROOF} at least")
    return token


def greet(
    role: Role, token: bytes, say: Callable[[bytes], None]
) -> Generator[bytearray, None, Keys]:
    """Prove that we know the token, and see that the peer does.

    Args:
        role: ours.
        token: the secret.
        say: sends bytes.

    Yields:
        memory that has to be filled with what the peer says next.

    Raises:
        RefusedError: it does not know it, or is something else altogether.
    """
    peer: Role = "consumer" if role == "producer" else "producer"
    own, other, proof = secrets.token_bytes(NONCE), bytearray(NONCE), bytearray(PROOF)
    if role == "producer":
        say(GREETING + own)
        yield other
        yield proof
        nonces = own + other
    else:
        greeting = bytearray(len(GREETING))
        yield greeting
        if greeting != GREETING:
            raise RefusedError("something that is no producer of this version")
        yield other
        nonces = bytes(other) + own
        say(own + _digest(token, "proof", role, nonces))
        yield proof
    if not hmac.compare_digest(_digest(token, "proof", peer, nonces), proof):
        raise RefusedError(f"a {peer} that does not know the token")
    if role == "producer":
        say(_digest(token, "proof", role, nonces))
    return Keys(_digest(token, "key", role, nonces), _digest(token, "key", peer, nonces))


def _digest(token: bytes, what: str, role: Role, nonces: Any) -> bytes:
    # The role keeps a peer from sending our own proof back to us.
    return hmac.digest(token, f"{what} of the {role}:".encode() + nonces, "sha256")
