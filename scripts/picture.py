"""The README's picture, made from a demo's folder alone: `python scripts/picture.py DEMO`.

    Blender's render  the reconstruction  in another light  the light found
    albedo            roughness           metallic          normals

Needs lightmould with its engine, which .venv/worker has. The channels and the other light are
drawn from the finished files of the asset, read back as anyone else would read them.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightmould.dataset import images, manifest
from lightmould.dataset.images import Pixels
from lightmould.engine.texturing import light, octahedron, picture, shading
from lightmould.engine.texturing.atlas import Corners, corners_of
from lightmould.engine.texturing.look import Look
from lightmould.errors import LightmouldError, SettingsError
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.model import Asset, Camera, View
from lightmould.raster import cpu

PAPER = 0.11
"""Gray behind everything, sRGB: white looks wrong on dark pages, and black on white ones."""

GAP = 8
"""Pixels between two tiles."""

SUN = np.array([-0.75, 0.35, 0.56])
"""Toward the evening's sun, in the camera's space: it comes over the photographer's shoulder."""


def main() -> int:
    """Write the picture; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("demo", type=Path, help="what demo.py wrote, or any reconstruction")
    parser.add_argument("--out", type=Path, default=Path("docs") / "demo.png")
    parser.add_argument("--view", help="name of a held-out view; else a level one")
    options = parser.parse_args()
    try:
        images.write_png(options.out, drawn(options.demo, options.view))
    except LightmouldError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(options.out)
    return 0


def drawn(demo: Path, name: str | None) -> Pixels:
    """All tiles, (height, width, 3), sRGB.

    Args:
        demo: a folder with `dataset` and `asset`.
        name: of a held-out view.
    """
    view = _view(demo / "dataset", name)
    asset = read_obj_asset(demo / "asset" / "mesh" / "mesh.obj")
    corners, texture = corners_of(asset.mesh), _texture(asset)
    previews = demo / "asset" / "previews"
    truth, found = (
        _on_paper(images.read(previews / f"{view.camera.name}_{kind}.png", channels=4))
        for kind in ("truth", "found")
    )
    relit = picture.render(view.camera, corners, Look(texture, evening(view.camera)))
    probe = _within(images.read(previews / "texture_light.png", channels=3), view.camera.size)
    first = (truth, found, _encoded(*relit), probe)
    return _laid_out((first, _channels(view.camera, corners, texture)))


def evening(camera: Camera) -> Pixels:
    """Linear radiance of a low warm sun behind the camera's left, under a blue sky."""
    toward = octahedron.directions(light.SIDE)[:, :, 0]
    sun = camera.world_from_camera[:3, :3] @ (SUN / np.linalg.norm(SUN))
    glow = np.exp(14.0 * (toward @ sun - 1.0))[..., None]
    sky = np.clip(toward[..., 1:2] + 0.4, 0.1, 1.0)
    return np.asarray(glow * [9.0, 4.4, 1.7] + sky * [0.14, 0.22, 0.42], np.float32)


def _view(dataset: Path, name: str | None) -> View:
    views = {view.camera.name: view for view in manifest.read(dataset / manifest.NAME).of("test")}
    chosen = name or min(views, key=lambda one: _tilt(views[one].camera), default="")
    if chosen not in views:
        wanted = f"a held-out view: {', '.join(views)}"
        raise SettingsError("--view", repr(chosen), wanted, "Name one of them.")
    return views[chosen]


def _tilt(camera: Camera) -> float:
    """How far a camera is from looking at the object as one does at a vase on a shelf."""
    return abs(float(camera.world_from_camera[1, 2]) - 0.15)


def _texture(asset: Asset) -> Pixels:
    """(H, W, 8) as the engine holds it, from the asset's three files."""
    (material,) = asset.materials
    maps = (material.base_color_map, material.roughness_map, material.normal_map)
    kd, ks, normal = (images.read(one.path, channels=3) for one in maps if one is not None)
    bent = normal * 2 - 1
    slopes = bent[..., :2] / np.maximum(bent[..., 2:], 0.1)
    whole = (linear_from_srgb(kd), ks[..., 1:], slopes, ks[..., :1])
    return np.asarray(np.concatenate(whole, axis=-1), np.float32)


def _channels(camera: Camera, corners: Corners, texture: Pixels) -> tuple[Pixels, ...]:
    """Albedo, roughness, metallic and world normals as the camera sees them, on paper."""
    scale = picture.SAMPLES
    fine = _enlarged(camera, scale)
    homogeneous = np.pad(corners.positions, ((0, 0), (0, 1)), constant_values=1.0)
    clip = (homogeneous @ camera.clip_from_world.T).astype(np.float32)[None]
    seen = cpu.rasterize(clip, corners.faces, fine.size)
    frames = (corners.uvs, corners.normals, corners.tangents, corners.bitangents)
    spread = cpu.interpolate(np.concatenate(frames, axis=1)[None], corners.faces, seen)
    uvs, normals, tangents, bitangents = np.split(spread[0], (2, 5, 8), axis=-1)
    texels = cpu.texture(texture[None], uvs[None], "clamp")[0]
    slope = texels[..., shading.SLOPE]
    bent = normals + slope[..., :1] * tangents + slope[..., 1:] * bitangents
    bent = bent / np.maximum(np.linalg.norm(bent, axis=-1, keepdims=True), 1e-9)
    shown = (
        srgb_from_linear(texels[..., shading.KD]),
        np.repeat(texels[..., shading.ROUGHNESS, None], 3, axis=-1),
        np.repeat(texels[..., shading.METALLIC, None], 3, axis=-1),
        bent / 2 + 0.5,
    )
    hit = seen.triangle[0][..., None] >= 0
    width, height = camera.size
    blocks = (height, scale, width, scale, 3)
    return tuple(
        np.where(hit, one, PAPER).astype(np.float32).reshape(blocks).mean(axis=(1, 3))
        for one in shown
    )


def _enlarged(camera: Camera, scale: int) -> Camera:
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    return replace(
        camera,
        size=(width * scale, height * scale),
        focal=(fx * scale, fy * scale),
        center=(cx * scale, cy * scale),
    )


def _encoded(color: Pixels, coverage: Pixels) -> Pixels:
    """A render on black as a tile."""
    alpha = coverage[..., None]
    straight = np.clip(color / np.maximum(alpha, 1e-6), 0, 1)
    return _on_paper(np.concatenate([srgb_from_linear(straight), alpha], axis=-1))


def _on_paper(picture: Pixels) -> Pixels:
    """Straight RGBA to RGB."""
    alpha = picture[..., 3:]
    return np.asarray(picture[..., :3] * alpha + PAPER * (1 - alpha), np.float32)


def _within(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """A picture as large as it fits into the middle of a tile, by nearest pixels."""
    width, height = size
    scale = min(width / picture.shape[1], height / picture.shape[0])
    rows = (np.arange(int(picture.shape[0] * scale)) / scale).astype(int)
    columns = (np.arange(int(picture.shape[1] * scale)) / scale).astype(int)
    tile = np.full((height, width, 3), PAPER, np.float32)
    top, left = (height - len(rows)) // 2, (width - len(columns)) // 2
    tile[top : top + len(rows), left : left + len(columns)] = picture[rows][:, columns]
    return tile


def _laid_out(rows: tuple[tuple[Pixels, ...], ...]) -> Pixels:
    """Tiles of one size in a grid."""
    edge = ((GAP, 0), (GAP, 0), (0, 0))
    lines = [
        np.concatenate([np.pad(tile, edge, constant_values=PAPER) for tile in row], axis=1)
        for row in rows
    ]
    grid = np.concatenate(lines, axis=0)
    return np.pad(grid, ((0, GAP), (0, GAP), (0, 0)), constant_values=PAPER)


if __name__ == "__main__":
    sys.exit(main())
