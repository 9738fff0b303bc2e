"""The pictures that a configuration names: rendered from a mesh, or lying in a folder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from lightmould.dataset import images, photos
from lightmould.engine import views
from lightmould.engine.train import mesh_views
from lightmould.engine.train.mapping import Inputs
from lightmould.engine.views import Views
from lightmould.errors import DatasetError
from lightmould.formats.nvdiffrec import Config, log
from lightmould.formats.poses import transforms
from lightmould.model import Camera, Dataset, View
from lightmould.model.dataset import Split

VIEWS = 80
"""Pictures of a mesh to learn from, at most: ours are kept, nvdiffrec's are new in each step."""

FEWEST = 24
"""Pictures of a mesh, at least, however few steps there are."""

FRAMES = 50
"""Pictures of a mesh to validate with, once around it."""

JUDGED = 8
"""Pictures that the scores of metrics.json are about, at most, where nothing is validated."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Pictures to learn from and to compare with.

    Attributes:
        dataset: what they are; pictures rendered here are in no file.
        train: to learn from.
        test: cameras of those to compare with.
        truth: the picture of a test camera, by its index.
        lines: what nvdiffrec would say of them.
    """

    dataset: Dataset
    train: Views
    test: tuple[Camera, ...]
    truth: Callable[[int], Views]
    lines: tuple[str, ...]

    def judged(self) -> Views:
        """Some of the pictures to compare with, evenly chosen."""
        count = min(JUDGED, len(self.test))
        chosen = [self.truth(index * len(self.test) // count) for index in range(count)]
        color = np.concatenate([one.color for one in chosen])
        alpha = np.concatenate([one.alpha for one in chosen])
        return Views(tuple(one.cameras[0] for one in chosen), color, alpha)


def read(config: Config, files: Inputs) -> Source:
    """The pictures of `ref_mesh`.

    Raises:
        DatasetError: it is neither an .obj nor a folder of posed pictures.
        FormatError: a file of it can't be read.
    """
    reference = files.ref_mesh
    if reference.suffix.lower() == ".obj" and reference.is_file():
        return _of_mesh(config, files)
    if reference.is_dir():
        return _of_folder(config, reference)
    wanted = "an .obj, or a folder with transforms_train.json or poses_bounds.npy"
    raise DatasetError(reference, "neither a mesh nor a folder", wanted, "Correct ref_mesh.")


def _of_mesh(config: Config, files: Inputs) -> Source:
    scene = mesh_views.scene_of(files, config.env_scale)
    rng = np.random.default_rng(0)
    count = max(FEWEST, min(VIEWS, (config.iter + 1) * config.batch))
    train = mesh_views.around(count, config.train_res, config.cam_near_far, rng)
    frames = mesh_views.turntable(FRAMES, config.display_res or config.train_res)
    test = tuple(replace(one, near=train[0].near, far=train[0].far) for one in frames)
    described = Dataset(
        files.ref_mesh.parent,
        (*_unwritten(train, "train"), *_unwritten(test, "test")),
        color_space="linear",
        source=files.ref_mesh,
    )
    lines = [log.reference(scene.asset.mesh)]
    size = scene.look.texture.shape[:2]
    if min(config.texture_res) < max(size):
        lines.append(log.coarser_than(config.texture_res, size))
    return Source(
        described,
        mesh_views.render(scene, train),
        test,
        lambda index: mesh_views.render(scene, (test[index],)),
        tuple(lines),
    )


def _unwritten(cameras: tuple[Camera, ...], split: Split) -> Iterator[View]:
    for camera in cameras:
        yield View(camera, split, PurePosixPath(f"{camera.name}.png"))


def _of_folder(config: Config, folder: Path) -> Source:
    found = photos.find(folder)
    cameras = photos.cameras(found, lambda path: images.header(folder / path).size)
    near, far = config.cam_near_far
    planes = found.kind in transforms.HOLDS
    taken = tuple(
        View(
            replace(camera, near=near, far=far) if planes else camera,
            photo.split,
            photo.color,
            photo.mask,
        )
        for photo, camera in zip(found.photos, cameras, strict=True)
    )
    dataset = Dataset(folder, taken, up_axis="y" if found.upright else "unknown")
    train, tests = views.load(dataset, "train"), dataset.of("test")
    kind = "NERF" if planes else "LLFF"
    counts = (len(train.cameras), len(tests))
    return Source(
        dataset,
        train,
        tuple(view.camera for view in tests),
        lambda index: views.load(replace(dataset, views=(tests[index],)), "test"),
        tuple(log.pictures(kind, count, train.size) for count in counts),
    )
