import os
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from lightmould.errors import SettingsError
from lightmould.raster import cpu
from lightmould.raster.detail import Detail
from lightmould.raster.pool import Threads, available
from lightmould.raster.shares import bands, sums_and_shares


@pytest.fixture(autouse=True)
def every_core_again() -> Iterator[None]:
    yield
    cpu.set_threads(None)


def test_every_piece_is_done_once_and_chains_keep_their_order() -> None:
    done: list[tuple[int, int]] = []
    chains = [[(chain, step) for step in range(5)] for chain in range(20)]
    Threads(3).run_chains(lambda *piece: done.append(piece), chains)
    assert sorted(done) == [piece for chain in chains for piece in chain]
    for chain in chains:
        assert [piece for piece in done if piece[0] == chain[0][0]] == chain


def test_a_kernel_that_fails_in_any_thread_fails_the_call() -> None:
    barrier = threading.Barrier(2, timeout=10)

    def kernel(piece: int) -> None:
        barrier.wait()
        if piece == 1:
            raise ArithmeticError(piece)

    with pytest.raises(ArithmeticError):
        Threads(2).run(kernel, [(0,), (1,)])


def test_fewer_than_one_thread_is_an_error() -> None:
    with pytest.raises(SettingsError, match="threads"):
        Threads(0)
    assert Threads().count == available() >= 1


def test_bands_cover_all_rows_once() -> None:
    for rows, count in ((7, 3), (2, 8), (100, 1)):
        ranges = bands(rows, count)
        assert [row for first, last in ranges for row in range(first, last)] == list(range(rows))


@pytest.mark.parametrize("batch", [1, 3])
def test_shares_cover_all_rows_of_all_images_once(batch: int) -> None:
    _, shares = sums_and_shares((batch, 4, 2), (3, 11, 5))
    rows = [(n, row) for _, share in shares for n, a, b in share for row in range(a, b)]
    assert sorted(rows) == [(n, row) for n in range(3) for row in range(11)]
    owners = {(k, n % batch): i for i, (k, share) in enumerate(shares) for n, _, _ in share}
    for i, (k, share) in enumerate(shares):
        assert all(owners[k, n % batch] == i for n, _, _ in share)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_starts_its_own_threads() -> None:
    threads = Threads(2)
    threads.run(lambda _: None, [(0,), (1,)])
    before = threads._started()
    threads._process = -1
    after = threads._started()
    assert after is not before
    before.shutdown()


def test_the_number_of_threads_does_not_change_a_byte() -> None:
    rng = np.random.default_rng(5)
    clip = rng.normal(size=(3, 40, 4)).astype(np.float32)
    clip[..., 3] = 2
    faces = rng.integers(0, 40, (60, 3)).astype(np.int32)
    image = rng.random((1, 9, 8, 4)).astype(np.float32)
    cube = rng.random((1, 6, 4, 4, 2)).astype(np.float32)

    def all_of_it() -> bytes:
        fragments = cpu.rasterize(clip, faces, (33, 21))
        color = cpu.interpolate(clip, faces, fragments)
        smooth = cpu.antialias(color, clip, faces, fragments)
        back = cpu.antialias_backward(color, clip, faces, fragments, smooth)
        spread = cpu.interpolate_backward(clip[:1], faces, fragments, smooth)
        moved = cpu.rasterize_backward(clip, faces, fragments, spread[1])
        uv = smooth[..., :2]
        looked = cpu.texture(image, uv)
        chain = cpu.mip_chain(cube)
        detail = Detail(cpu.barycentric_derivatives(clip, faces, fragments)[..., [0, 0, 1], :])
        far = cpu.texture_mip(chain, smooth[..., :3], detail, "cube")
        deep = cpu.texture_mip_backward(chain, smooth[..., :3], detail, far, "cube")
        slopes = cpu.barycentric_derivatives(clip, faces, fragments)
        turned = cpu.barycentric_derivatives_backward(clip, faces, fragments, slopes)
        steps = cpu.attribute_derivatives(clip[:1], faces, fragments, slopes)
        parts = [far, deep.uv, deep.derivatives, cpu.mip_chain_backward(deep.levels), turned]
        parts += cpu.attribute_derivatives_backward(clip[:1], faces, fragments, slopes, steps)
        parts += [
            steps,
            smooth,
            *back,
            *spread,
            moved,
            looked,
            *cpu.texture_backward(image, uv, looked),
        ]
        return b"".join(part.tobytes() for part in (fragments.triangle, *parts))

    results = []
    for count in (1, 2, 3):
        cpu.set_threads(count)
        results.append(all_of_it())
    assert results[0] == results[1] == results[2]
