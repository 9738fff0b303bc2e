"""Whoever comes to a producer, or is taken for one: refused, counted, and nobody else notices."""

import json
import pickle
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from lightmould.errors import ToolError
from lightmould.stream import BlenderLauncher, Connection, Endpoint, Endpoints, Request, Terms
from lightmould.tools.blender.inside import trust, wire
from lightmould.tools.blender.inside.reception import STRANGERS

Producers = Callable[..., BlenderLauncher]

# Less patient than usual with what is half said.
IMPATIENT = """
import numpy as np
import publisher, wire

limits = wire.Limits(header=1 << 12, payload=0, handshake_s=1.0, message_s=1.0)
publisher.serve(lambda item: {"a": np.full(3, item.index)}, limits)
"""
ASK = {"id": 1, "index": 0, "epoch": 0, "seed": 0, "parameters": {}, "slot": None, "limit_s": 0}
PICKLE = pickle.dumps(print)


@pytest.fixture(scope="module")
def endpoints(producers: Producers) -> Iterator[Endpoints]:
    """One producer that all are hostile to."""
    with producers(1, IMPATIENT) as launcher:
        yield launcher.endpoints


class Peer:
    """Somebody at the other end of a socket, who may say what he likes."""

    def __init__(self, connection: socket.socket, role: trust.Role, token: bytes) -> None:
        self.socket = connection
        self.link = wire.Link(connection, token, role, wire.MOST)
        self.heard: list[wire.Message] = []

    def greet(self) -> "Peer":
        while not self.link.ready:
            self.receive()
        return self

    def receive(self) -> None:
        assert select.select([self.socket], [], [], 60)[0], "nothing was said"
        self.heard += self.link.receive()

    def signed(self, header: bytes, payload: int = 0, number: int = 0) -> bytes:
        """A message as it would be his."""
        prefix = wire.PREFIX.pack(wire.MAGIC, len(header), payload)
        return prefix + wire._tag(self.link._keys.own, number, prefix + header) + header

    def wait_until_hung_up(self) -> None:
        self.socket.settimeout(60)
        with suppress(ConnectionResetError):
            while self.socket.recv(1 << 16):
                pass


def consumer(endpoints: Endpoints, token: bytes | None = None) -> Peer:
    (place,) = endpoints.instances
    connection = socket.create_connection((place.host, place.port), 60)
    return Peer(connection, "consumer", token or trust.read_token(endpoints.token))


def header(kind: str, fields: object, described: object = ()) -> bytes:
    return json.dumps([kind, fields, described]).encode()


def unharmed(endpoints: Endpoints) -> int:
    """The producer serves everybody else; how many it has refused."""
    with Connection(endpoints, Terms(shared=False)) as connection:
        found = [item.arrays["a"][0] for item in connection.ask(map(Request, range(3)))]
        assert found == [0, 1, 2]
        return connection.stats().turned_away


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HTTP/1.1\r\n\r\n" * 4, PICKLE * 4, bytes(64), wire.MAGIC + b"\xff" * 60],
    ids=["nothing", "HTTP", "pickle", "zeros", "a message"],
)
def test_who_has_no_token_is_refused(endpoints: Endpoints, said: bytes) -> None:
    before = unharmed(endpoints)
    peer = consumer(endpoints)
    with closing(peer.socket):
        peer.socket.sendall(said)
        peer.wait_until_hung_up()
    assert unharmed(endpoints) > before


def test_who_has_another_token_is_refused(endpoints: Endpoints) -> None:
    before = unharmed(endpoints)
    peer = consumer(endpoints, b"x" * 64)
    with closing(peer.socket), pytest.raises(trust.WireError):
        peer.greet()
    assert unharmed(endpoints) == before + 1


def test_what_another_said_does_not_let_one_in(endpoints: Endpoints) -> None:
    before = unharmed(endpoints)
    (place,) = endpoints.instances
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as door:
        between = Endpoint("between", "127.0.0.1", door.getsockname()[1])
        listener = threading.Thread(target=overhear, args=(door, place, heard))
        listener.start()
        through = replace(endpoints, instances=(between,))
        with Connection(through, Terms(shared=False)) as connection:
            assert len([*connection.ask([Request(0)])]) == 1
        listener.join(60)
    assert len(heard) > trust.NONCE + trust.PROOF
    peer = consumer(endpoints)
    with closing(peer.socket):
        peer.socket.sendall(heard)
        peer.wait_until_hung_up()
    assert unharmed(endpoints) == before + 1


def overhear(door: socket.socket, place: Endpoint, heard: bytearray) -> None:
    """Passes on what a consumer and a producer say; keeps the consumer's words."""
    guest, _ = door.accept()
    with guest, socket.create_connection((place.host, place.port), 60) as host:
        back = threading.Thread(target=pass_on, args=(host, guest, bytearray()))
        back.start()
        pass_on(guest, host, heard)
        back.join(60)


def pass_on(one: socket.socket, other: socket.socket, heard: bytearray) -> None:
    with suppress(OSError):
        while words := one.recv(1 << 16):
            heard += words
            other.sendall(words)
        other.shutdown(socket.SHUT_WR)


BAD = {
    "no JSON": b"{",
    "pickle": PICKLE,
    "deep": b"[" * 4000,
    "two parts": b'["ask", {}]',
    "unknown": header("drop", {}),
    "another id": header("ask", {**ASK, "id": "1"}),
    "negative": header("ask", {**ASK, "index": -1}),
    "a truth": header("ask", {**ASK, "epoch": True}),
    "no parameters": header("ask", {**ASK, "parameters": []}),
    "no end": header("ask", {**ASK, "limit_s": -1}),
    "objects": header("ask", ASK, [["a", "|O", [1]]]),
    "a shape": header("ask", ASK, [["a", "<f4", [-1]]]),
    "a huge shape": header("ask", ASK, [["a", "<f8", [1 << 40, 1 << 40]]]),
    "a fraction": header("ask", ASK, [["a", "<f4", [1.5]]]),
    "a payload": header("ask", ASK, [["a", "<f4", [1]]]),
    "another's file": header("share", {"name": "../x", "key": 1, "count": 1, "size": 1}),
}


@pytest.mark.parametrize("said", BAD.values(), ids=BAD.keys())
def test_who_has_the_token_and_talks_nonsense_is_refused(endpoints: Endpoints, said: bytes) -> None:
    before = unharmed(endpoints)
    peer = consumer(endpoints).greet()
    with closing(peer.socket):
        peer.socket.sendall(peer.signed(said))
        peer.wait_until_hung_up()
    assert unharmed(endpoints) == before + 1


@pytest.mark.parametrize("sizes", [(1 << 31, 0), (10, 1 << 62), (1 << 12, 1)])
def test_who_announces_too_much_is_refused_before_it_comes(
    endpoints: Endpoints, sizes: tuple[int, int]
) -> None:
    before = unharmed(endpoints)
    peer = consumer(endpoints).greet()
    with closing(peer.socket):
        peer.socket.sendall(wire.PREFIX.pack(wire.MAGIC, *sizes))
        peer.wait_until_hung_up()
    assert unharmed(endpoints) == before + 1


def test_a_request_that_is_said_twice_is_refused_the_second_time(endpoints: Endpoints) -> None:
    before = unharmed(endpoints)
    peer = consumer(endpoints).greet()
    with closing(peer.socket):
        peer.socket.sendall(peer.signed(header("ask", ASK)) * 2)
        peer.wait_until_hung_up()
    assert unharmed(endpoints) == before + 1


def test_half_a_message_is_not_waited_for_for_ever(endpoints: Endpoints) -> None:
    before = unharmed(endpoints)
    peer = consumer(endpoints).greet()
    with closing(peer.socket):
        peer.socket.sendall(peer.signed(header("ask", ASK))[:-5])
        peer.wait_until_hung_up()
    assert unharmed(endpoints) == before + 1


def test_a_crowd_that_says_nothing_keeps_nobody_out(endpoints: Endpoints) -> None:
    (place,) = endpoints.instances
    crowd = [socket.create_connection((place.host, place.port)) for _ in range(STRANGERS + 20)]
    try:
        assert unharmed(endpoints) >= 1
    finally:
        for each in crowd:
            each.close()


def test_memory_that_is_somebody_elses_is_not_taken(endpoints: Endpoints) -> None:
    peer = consumer(endpoints).greet()
    offer = {"name": f"lightmould-stream-{'0' * 32}", "key": "00", "count": 4, "size": 1 << 16}
    with closing(peer.socket):
        for name in (offer["name"], "../../etc/passwd", ""):
            peer.link.send("share", {**offer, "name": name})
            while not peer.heard:
                peer.receive()
            assert peer.heard.pop().kind == "unshared"


def test_a_token_that_others_may_read_is_not_used(endpoints: Endpoints, tmp_path: Path) -> None:
    copy = tmp_path / "token"
    copy.write_bytes(endpoints.token.read_bytes())
    copy.chmod(0o644)
    with pytest.raises(ToolError, match="can be read by others; `chmod 600` it"):
        Connection(replace(endpoints, token=copy))
    copy.write_bytes(b"short")
    copy.chmod(0o600)
    with pytest.raises(ToolError, match="has 5 bytes; a token has 32 at least"):
        Connection(replace(endpoints, token=copy))
    assert endpoints.token.stat().st_mode & 0o777 == 0o600


ANSWER = {"id": 1, "metadata": {}, "refused": 0, "render_s": 0.1, "pack_s": 0.1, "idle_s": 0.1}
LIES = {
    "of what nobody asked": header("answer", {**ANSWER, "id": 99}),
    "nothing": header("answer", {"id": 1}),
    "in a memory of its own": header("answer", {**ANSWER, "memory": "x", "layout": []}),
    "objects": header("answer", ANSWER, [["a", "|O", [1]]]),
    "what is not there": header("answer", ANSWER, [["a", "<f8", [1 << 20]]]),
    "a word": header("hello", {"id": 1}),
    "pickle": PICKLE,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_producer_that_lies_is_left_and_another_one_asked(
    endpoints: Endpoints, lie: bytes
) -> None:
    token = trust.read_token(endpoints.token)
    with liar(lambda connection: tell(connection, token, lie)) as place:
        check_left(endpoints, place)


@pytest.mark.parametrize(
    "said",
    [b"", PICKLE, trust.GREETING + bytes(64), b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["nothing", "pickle", "no proof", "HTTP"],
)
def test_a_producer_without_the_token_is_told_nothing(endpoints: Endpoints, said: bytes) -> None:
    heard = bytearray()

    def listen(connection: socket.socket) -> None:
        connection.sendall(said.ljust(64))
        while words := connection.recv(1 << 16):
            heard.extend(words)

    with liar(listen) as place:
        check_left(endpoints, place)
    assert b"ask" not in heard


def check_left(endpoints: Endpoints, place: Endpoint) -> None:
    """Of a producer that lies and an honest one, every item is had, and only from the latter."""
    both = replace(endpoints, instances=(place, *endpoints.instances))
    with Connection(both, Terms(ahead=2)) as connection:
        found = connection.ask(map(Request, range(10**6)))
        for index, item in enumerate(found):
            assert (item.instance, item.arrays["a"][0]) == ("blender-0", index)
            if connection.stats().refused:
                return


@contextmanager
def liar(talk: Callable[[socket.socket], None]) -> Iterator[Endpoint]:
    """A producer of a test's own, which talks to whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.1)
        done = threading.Event()
        thread = threading.Thread(target=receive, args=(door, talk, done))
        thread.start()
        try:
            yield Endpoint("liar", "127.0.0.1", door.getsockname()[1])
        finally:
            done.set()
            thread.join(60)


def receive(
    door: socket.socket, talk: Callable[[socket.socket], None], done: threading.Event
) -> None:
    while not done.is_set():
        with suppress(OSError, trust.WireError):
            guest, _ = door.accept()
            with guest:
                guest.settimeout(60)
                talk(guest)


def tell(connection: socket.socket, token: bytes, lie: bytes) -> None:
    """Answer the first request by a lie."""
    peer = Peer(connection, "producer", token).greet()
    while not peer.heard:
        peer.receive()
    connection.sendall(peer.signed(lie))
    peer.wait_until_hung_up()
