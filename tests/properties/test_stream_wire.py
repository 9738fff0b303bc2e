"""Whatever arrives on a wire: it is what was sent, or it is refused."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lightmould.tools.blender.inside import arrays, trust, wire

TOKEN = b"t" * 64
LIMITS = wire.Limits(header=1 << 16, payload=1 << 20)

FEW = settings(max_examples=50, deadline=None)

DTYPES = st.sampled_from([*sorted(arrays.DTYPES), ">f4", ">i8", "=u2"]).map(np.dtype)
ARRAYS = st.dictionaries(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=10),
    hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, min_side=0, max_side=5)),
    max_size=4,
)
FIELDS = st.dictionaries(
    st.text(max_size=5), st.recursive(st.integers() | st.text() | st.none(), st.lists), max_size=3
)


class Pair:
    """A producer and a consumer at the ends of a socket."""

    def __init__(self, one: socket.socket, other: socket.socket) -> None:
        self.sockets = one, other
        self.producer = wire.Link(one, TOKEN, "producer", LIMITS)
        self.consumer = wire.Link(other, TOKEN, "consumer", LIMITS)
        while not (self.producer.ready and self.consumer.ready):
            self.consumer.receive()
            self.producer.receive()


@contextmanager
def linked() -> Iterator[Pair]:
    one, other = socket.socketpair()
    with one, other:
        yield Pair(one, other)


def packed(contents: dict[str, Any]) -> tuple[arrays.Layout, Any]:
    where = arrays.layout(contents)
    payload = np.zeros(where.size, np.uint8)
    arrays.put(contents, where, payload)
    return where, payload


@given(ARRAYS, FIELDS)
@FEW
def test_what_is_sent_is_what_arrives(contents: dict[str, Any], fields: dict[str, Any]) -> None:
    with linked() as pair:
        pair.producer.send("answer", fields, *packed(contents))
        found: list[wire.Message] = []
        while not found:
            pair.producer.flush()
            found = pair.consumer.receive()
        (message,) = found
        assert (message.kind, message.fields) == ("answer", fields)
        assert list(message.arrays) == list(contents)
        for name, array in contents.items():
            there = message.arrays[name]
            assert there.dtype == array.dtype.newbyteorder("<")
            assert np.array_equal(there, array, equal_nan=array.dtype.kind == "f")
            assert there.flags.writeable


@FEW
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_message_with_one_wrong_byte_is_refused_unless_it_is_a_pixel(at: int, by: int) -> None:
    with linked() as pair:
        pair.producer.send("answer", {"id": 1}, *packed({"a": np.arange(6, dtype=np.uint8)}))
        raw = bytearray(pair.sockets[1].recv(1 << 16))
        at %= len(raw) - 6  # the pixels are the end of it, and not signed
        raw[at] = (raw[at] + by) % 256
        pair.sockets[0].sendall(raw)
        pair.sockets[0].shutdown(socket.SHUT_WR)
        with pytest.raises(trust.WireError):
            pair.consumer.receive()


@FEW
@given(st.binary(max_size=500))
def test_noise_is_refused_before_the_handshake_and_after(noise: bytes) -> None:
    for greeted in (False, True):
        one, other = socket.socketpair()
        with one, other:
            if greeted:
                link = Pair(one, other).producer
            else:
                link = wire.Link(one, TOKEN, "producer", LIMITS)
            other.sendall(noise)
            other.shutdown(socket.SHUT_WR)
            with pytest.raises(trust.WireError):
                link.receive()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@given(JSON | st.lists(st.tuples(st.text(max_size=3), JSON, st.lists(JSON)).map(list)))
@FEW
def test_nonsense_about_arrays_is_refused_and_nothing_is_allocated(described: Any) -> None:
    try:
        where = arrays.read(described)
    except arrays.LayoutError:
        return
    assert [place.name for place in where.places] == [each[0] for each in described]
    assert where.size < 1 << 60 or described


@FEW
@given(st.lists(st.integers(0, 1 << 47), max_size=8))
def test_shapes_of_any_size_are_measured_exactly(shape: list[int]) -> None:
    where = arrays.read([["a", "<f8", shape]])
    product = 8
    for length in shape:
        product *= length
    assert where.size == product


@pytest.mark.parametrize(
    "array",
    [np.array([object()]), np.array(["text"]), np.zeros(2, "M8[s]"), np.zeros(2, "c8"), [1, 2]],
    ids=["objects", "text", "dates", "complex", "list"],
)
def test_what_is_no_array_of_numbers_is_not_sent(array: Any) -> None:
    with pytest.raises(arrays.LayoutError, match="'a'"):
        arrays.layout({"a": array})


def test_truth_values_that_are_neither_true_nor_false_are_refused() -> None:
    where = arrays.read([["a", "|b1", [3]]])
    with pytest.raises(arrays.LayoutError, match="neither 0 nor 1"):
        arrays.views(where, bytearray(b"\x00\x01\x02"))
