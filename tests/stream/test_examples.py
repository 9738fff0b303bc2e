"""The examples learn: with pictures drawn here, and a few with Blender's."""

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from lightmould.dataset import images
from lightmould.formats import png
from lightmould.stream import BlenderLauncher, Connection, Item, RemoteEnvironment, Request

EXAMPLES = Path(__file__).parents[2] / "examples" / "stream"


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """The same chance for each test, and one thread, as in the examples."""
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Ellipses:
    """What `ellipsoids.py` shows, without Blender."""

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        y, x = (np.mgrid[:32, :32] + 0.5) / 8 - 2
        for request in requests:
            width, height = request.parameters["size"]
            ids = ((x / width) ** 2 + (y / height) ** 2 < 1).astype(np.uint16)
            yield Item(request, {"ids": ids}, {}, "", 0.0)


def test_a_distribution_moves_to_that_of_the_pictures() -> None:
    densities = example("densities")
    found = densities.optimize(Ellipses(), 40, 32, lambda *_: None)
    (width, height), _ = densities.THEIRS
    assert found[0].item() == pytest.approx(width, rel=0.12)
    assert found[1].item() == pytest.approx(height, rel=0.12)


def squares(rng: np.random.Generator, count: int) -> dict[str, torch.Tensor]:
    """Pictures of bright squares, their corners and whether one sees these."""
    color = rng.integers(0, 60, (count, 48, 64, 4), np.uint8)
    corners, visible = np.zeros((count, 4, 2), np.float32), np.ones((count, 4), bool)
    for picture, points in zip(color, corners, strict=True):
        x, y, side = (int(rng.integers(*limits)) for limits in ((4, 40), (4, 24), (10, 20)))
        picture[y : y + side, x : x + side] = rng.integers(120, 256, 4)
        points[:] = [(x, y), (x + side, y), (x, y + side), (x + side, y + side)]
    named = {"color": color, "corners": corners, "visible": visible}
    return {name: torch.from_numpy(array) for name, array in named.items()}


def test_a_network_learns_where_corners_are_and_a_figure_shows_them() -> None:
    keypoints, rng, losses = example("keypoints"), np.random.default_rng(0), []
    network = keypoints.Corners(8)
    batches = (squares(rng, 4) for _ in range(60))
    keypoints.train(network, batches, lambda _, found: losses.append(found.mean()))
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:5])
    unseen = squares(rng, 3)
    with torch.no_grad():
        maps = network(keypoints.pictures_of(unseen["color"]))
    drawn = keypoints.figure(unseen, maps)
    assert drawn.shape == (48, 3 * 64, 3)
    true = (drawn == keypoints.TRUE).all(2).reshape(48, 3, 64)
    assert true.any((0, 2)).all()


def test_spots_of_a_map_are_found_where_they_were_put() -> None:
    keypoints = example("keypoints")
    corners = torch.tensor([[[10.0, 6.0], [30.0, 22.0], [50.0, 30.0]]])
    maps = keypoints.maps_of(corners, torch.tensor([[True, True, False]]), (48, 64))
    (found,) = keypoints.peaks(torch.logit(maps, 1e-6))
    assert sorted(map(tuple, found.tolist())) == [(10.0, 6.0), (30.0, 22.0)]


def run(name: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """An example as one starts it; its scene runs in a Blender."""
    monkeypatch.setattr("sys.argv", [name, *arguments])
    example(name).main()


@pytest.mark.blender
def test_the_network_trains_on_blenders_cubes_and_draws_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "batch.png"
    run("keypoints", monkeypatch, "--steps", "4", "--batch", "2", "--by-loss", "--out", str(out))
    assert png.header(out.read_bytes(), out).size == (2 * 160, 120)
    drawn = images.read(out, 3)
    assert (drawn == [0, 1, 0]).all(2).any()
    assert len({tuple(color) for color in drawn[::4, ::4].reshape(-1, 3)}) > 6


@pytest.mark.blender
def test_blenders_ellipsoids_are_as_large_as_asked() -> None:
    densities = example("densities")
    with (
        BlenderLauncher(None, EXAMPLES / "ellipsoids.py") as launcher,
        Connection(launcher.endpoints) as source,
    ):
        sizes = torch.tensor([[1.2, 0.5], [0.6, 1.0]])
        seen = densities.silhouettes(source, sizes, 0)
    expected = densities.silhouettes(Ellipses(), sizes, 0)
    assert (seen - expected).abs().mean((1, 2, 3)).max() < 0.02


@pytest.mark.blender
def test_the_pole_is_a_sound_environment_that_can_be_learned() -> None:
    balance, earned = example("balance"), []
    with BlenderLauncher(None, EXAMPLES / "cartpole.py") as launcher:
        pole = RemoteEnvironment(launcher.endpoints, render_mode="rgb_array")
        check_env(pole, skip_render_check=True)
        pole.reset(seed=0)
        before = pole.render()
        policy = balance.learn(pole, 1, lambda _, mean: earned.append(mean))
        _, pictures = balance.episode(pole, policy, 0)
        pole.close()
    assert earned[0] > 60  # doing nothing, it falls within thirty steps
    assert before.shape == (120, 160, 3)
    assert len(pictures) > 1
    assert (pictures[-1] != before).any()
