"""A dataset's views as a table: one row each, RFC 4180, so that any spreadsheet reads it.

Columns that say nothing in any row are left out. Numbers are as the manifest has them, to the last
bit; units are in the columns' names, and angles are radians.
"""

import csv
import io
from typing import TypeAlias

from lightmould.model import Camera, Dataset, Paint, Stance, Sun, View, ViewLook

Cells: TypeAlias = dict[str, str | float]

NAME = "views.csv"


def write(dataset: Dataset) -> str:
    """The table as text, its lines ended as RFC 4180 wants it."""
    rows = [_row(view) for view in dataset.views]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _row(view: View) -> Cells:
    cells: Cells = {"view": view.camera.name, "split": view.split, "color": view.color.as_posix()}
    cells |= _camera(view.camera)
    if view.stance is not None:
        cells |= _stance(view.stance)
    if view.look is not None:
        cells |= _look(view.look)
    if view.engine:
        cells |= {"engine": view.engine, "device": view.device}
    return cells


def _camera(camera: Camera) -> Cells:
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    pose = {
        f"world_from_camera_{row}{column}": float(camera.world_from_camera[row, column])
        for row in range(3)
        for column in range(4)
    }
    lens: Cells = {
        "width_px": width, "height_px": height, "focal_x_px": fx, "focal_y_px": fy,
        "center_x_px": cx, "center_y_px": cy, "near_m": camera.near, "far_m": camera.far,
    }  # fmt: skip
    return lens | pose


def _stance(stance: Stance) -> Cells:
    return _triple("target", stance.target, "xyz", "_m") | {
        "distance_m": stance.distance,
        "elevation_rad": stance.elevation,
        "azimuth_rad": stance.azimuth,
        "roll_rad": stance.roll,
        "fov_rad": stance.fov,
    }


def _look(look: ViewLook) -> Cells:
    cells: Cells = {}
    if look.light is not None and look.light_hash is not None:
        cells |= {"light": look.light.as_posix(), "light_sha256": look.light_hash}
    cells |= {"light_turn_rad": look.light_turn, "light_strength": look.light_strength}
    if look.sun is not None:
        cells |= _sun(look.sun)
    cells["background"] = look.background
    if look.background == "color":
        cells |= _triple("background", look.background_color, "rgb")
    for number, paint in enumerate(look.paints, 1):
        cells |= _paint(f"object_{number}", paint)
    if look.noise is not None:
        cells["noise_seed"] = look.noise
    return cells


def _sun(sun: Sun) -> Cells:
    return (
        _triple("sun_toward", sun.toward, "xyz")
        | {"sun_w_per_m2": sun.strength, "sun_angle_rad": sun.angle}
        | _triple("sun", sun.color, "rgb")
    )


def _paint(name: str, paint: Paint) -> Cells:
    return {
        f"{name}_hue_rad": paint.hue,
        f"{name}_value": paint.value,
        f"{name}_roughness": paint.roughness,
        f"{name}_metallic": paint.metallic,
    }


def _triple(name: str, values: tuple[float, float, float], letters: str, unit: str = "") -> Cells:
    pairs = zip(letters, values, strict=True)
    return {f"{name}_{letter}{unit}": value for letter, value in pairs}
