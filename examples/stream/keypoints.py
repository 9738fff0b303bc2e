"""Train a small network on pictures that are rendered while it trains: where are cubes' corners?

    python examples/stream/keypoints.py --steps 150 --out keypoints.png

Every picture is new: random cubes in random colors, from `cubes.py` in as many Blenders as asked
for. With --by-loss, sizes of cubes that the network is bad at come more often. The picture that it
writes shows a batch: the corners that are seen in green, those that the network says in magenta.
"""

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lightmould.formats import png
from lightmould.formats.files import write_atomically
from lightmould.stream import BlenderLauncher, Duplex, LossWeights, Own, StreamDataset, loader

SCRIPT = Path(__file__).with_name("cubes.py")
SIZE = ("160", "120")  # pixels
GRID = 4  # pixels of the picture for each of the map
SPREAD = 1.0  # of a corner in the map
TRUE, SAID = (0, 255, 0), (255, 0, 255)


class Corners(nn.Module):
    """A network that makes maps, (N, H / 4, W / 4) logits, of pictures, (N, 3, H, W)."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 5, 2, 2), nn.ReLU(),
            nn.Conv2d(width, width, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 2, dilation=2), nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(width, 1, 1),
        )  # fmt: skip
        nn.init.constant_(self.layers[-1].bias, -3.0)  # hardly any pixel is a corner's

    def forward(self, pictures: Tensor) -> Tensor:
        """Maps of logits."""
        maps: Tensor = self.layers(pictures)
        return maps[:, 0]


def pictures_of(color: Tensor) -> Tensor:
    """(N, 3, H, W) from -1 to 1 of (N, H, W, 4) bytes."""
    return color[..., :3].permute(0, 3, 1, 2).float() / 127.5 - 1


def maps_of(corners: Tensor, visible: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, h, w) 0 to 1: a spot at each of corners, (N, K, 2) pixels, that is visible, (N, K)."""
    height, width = (side // GRID for side in size)
    y = (torch.arange(height) + 0.5)[:, None]
    x = (torch.arange(width) + 0.5)[None, :]
    at = corners.float()[..., None, None] / GRID
    near = torch.exp(-((x - at[:, :, 0]) ** 2 + (y - at[:, :, 1]) ** 2) / (2 * SPREAD**2))
    return (near * visible[..., None, None]).amax(1)


def train(
    network: nn.Module,
    batches: Iterable[dict[str, Tensor]],
    told: Callable[[dict[str, Tensor], Tensor], None],
) -> None:
    """Improve a network with each of some batches.

    Args:
        network: of maps.
        batches: of color, corners and visible.
        told: hears after each step of the batch and of the losses, (N,), of its pictures.
    """
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for batch in batches:
        wanted = maps_of(batch["corners"], batch["visible"], batch["color"].shape[1:3])
        said = network(pictures_of(batch["color"]))
        weight = 1 + 10 * wanted
        least = functional.binary_cross_entropy(wanted, wanted, weight, reduction="none")
        loss = functional.binary_cross_entropy_with_logits(said, wanted, weight, reduction="none")
        losses = (loss - least).mean((1, 2))
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()
        told(batch, losses.detach())


def peaks(maps: Tensor, least: float = 0.4) -> list[NDArray[np.float64]]:
    """For each of (N, h, w) logits the pixels, (K, 2), of its spots."""
    likely = maps.sigmoid()
    highest = functional.max_pool2d(likely[:, None], 5, 1, 2)[:, 0]
    spots = (likely == highest) & (likely > least)
    return [(np.argwhere(each)[:, ::-1] + 0.5) * GRID for each in spots.numpy()]


def figure(batch: dict[str, Tensor], maps: Tensor) -> NDArray[np.uint8]:
    """(H, W, 3) a batch's pictures side by side, true and found corners drawn on them."""
    drawn = []
    for index, found in enumerate(peaks(maps)):
        picture = batch["color"][index, ..., :3].numpy().copy()
        for point in batch["corners"][index][batch["visible"][index]].numpy():
            _draw(picture, point, TRUE, 3)
        for point in found:
            _draw(picture, point, SAID, 1)
        drawn.append(picture)
    return np.concatenate(drawn, axis=1)


def _draw(picture: NDArray[np.uint8], at: Iterable[float], color: Iterable[int], arm: int) -> None:
    """A square around a pixel, `arm` pixels from it."""
    x, y = (int(value) for value in at)
    rows, columns = (np.arange(max(value - arm, 0), value + arm + 1) for value in (y, x))
    rows, columns = rows[rows < picture.shape[0]], columns[columns < picture.shape[1]]
    far = np.maximum(abs(rows - y)[:, None], abs(columns - x)[None, :])
    picture[np.ix_(rows, columns)] = np.where(
        far[..., None] == arm, np.array([*color], np.uint8), picture[np.ix_(rows, columns)]
    )


def flags() -> argparse.Namespace:
    """What is asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--instances", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("keypoints.png"))
    parser.add_argument("--by-loss", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Train while Blender renders."""
    asked = flags()
    torch.manual_seed(0)
    torch.set_num_threads(1)  # the other processors render
    network, weights, steps = Corners(), LossWeights(3), itertools.count(1)

    def told(batch: dict[str, Tensor], losses: Tensor) -> None:
        for kind, loss in zip(batch["kind"].tolist(), losses.tolist(), strict=True):
            weights.tell(kind, max(loss, 0.0))
        if asked.by_loss:
            source.broadcast(weights=weights.weights)
        if (step := next(steps)) % 10 == 0:
            shares = " ".join(f"{share:.0%}" for share in weights.weights)
            print(f"step {step:4d}: loss {losses.mean():.4f}, by size {shares}", flush=True)

    with (
        tempfile.TemporaryDirectory() as folder,
        BlenderLauncher(None, SCRIPT, [Own(SIZE)] * asked.instances) as launcher,
    ):
        source = Duplex(launcher.endpoints, Path(folder) / "standing.json")
        dataset = StreamDataset(source, (asked.steps + 1) * asked.batch)
        stream = iter(loader(dataset, asked.batch))
        train(network, islice(stream, asked.steps), told)
        unseen = next(stream)
    with torch.no_grad():
        maps = network(pictures_of(unseen["color"]))
    write_atomically(asked.out, png.write(figure(unseen, maps)))
    print(f"wrote {asked.out}")


if __name__ == "__main__":
    main()
