"""Metashape's cameras in XML ("Export Cameras", Agisoft XML).

A sensor's calibration is f, b1, b2, cx, cy in pixels, the principal point measured from the
picture's middle, and k1 to k4, p1, p2; Metashape's p1 is OpenCV's p2 and the reverse. A camera's
transform is 4 x 4, world_from_camera with +Z forward and +Y down, in the coordinates of its
component, whose rotation, translation and scale are applied. Cameras that were not aligned have
none and are left out. The world is kept as it is.

Source: Metashape Pro's manual, appendix "Camera models"; Agisoft's knowledge base, "What does
camera calibration results mean in Metashape?".
"""

from pathlib import PurePath, PurePosixPath
from xml.sax.saxutils import quoteattr

import numpy as np

from lightmould.errors import FormatError
from lightmould.formats.poses import limits, markup, reading, writing
from lightmould.formats.poses.format import Holds
from lightmould.formats.poses.markup import Element
from lightmould.formats.poses.reading import OURS_FROM_OPENCV, whole_word, words
from lightmould.formats.poses.transforms import SUFFIXES
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.distortion import Distortion, Fisheye, radial_tangential

HOLDS = Holds(terms=frozenset({"k1", "k2", "k3", "p1", "p2"}), fisheye=True)

_TYPES = ("frame", "fisheye")
_TERMS = ("k1", "k2", "k3", "k4", "p1", "p2", "p3", "p4")
_FIX = "Undistort the photos in Metashape, and export cameras of those."


def read(data: bytes, source: PurePath) -> Poses:
    """The aligned cameras of the first chunk that has any.

    Raises:
        FormatError: naming the line.
    """
    document = markup.read(data, source)
    if document.tag != "document":
        fix = "Export cameras as Agisoft XML."
        raise FormatError(document.where, f"<{document.tag}>", "<document>", fix)
    for chunk in document.all("chunk"):
        elements = [one for one in _cameras(chunk) if one.first("transform") is not None]
        if elements:
            return _poses(chunk, elements)
    found, fix = "no aligned cameras", "Align the photos first."
    raise FormatError(document.where, found, "cameras with a transform", fix)


def _cameras(chunk: Element) -> list[Element]:
    """The cameras of a chunk, those in groups too."""
    whole = chunk.first("cameras")
    groups = [] if whole is None else [whole, *whole.all("group")]
    return [camera for group in groups for camera in group.all("camera")]


def _poses(chunk: Element, elements: list[Element]) -> Poses:
    labels = [PurePosixPath(one.attribute("label")) for one in elements]
    known = [label.suffix.lower() in SUFFIXES for label in labels]
    pictures = [
        reading.picture(str(label), one.where) if has_suffix else None
        for label, has_suffix, one in zip(labels, known, elements, strict=True)
    ]
    named = [
        label if has_suffix else PurePosixPath(f"{label}.png")
        for label, has_suffix in zip(labels, known, strict=True)
    ]
    names = reading.names_of(named, [one.where for one in elements])
    sensors = {one.attribute("id"): one for one in chunk.needed("sensors").all("sensor")}
    return Poses(
        tuple(
            Shot(_camera(name, element, sensors, chunk), picture)
            for name, element, picture in zip(names, elements, pictures, strict=True)
        )
    )


def _camera(name: str, element: Element, sensors: dict[str, Element], chunk: Element) -> Camera:
    sensor = sensors.get(element.attribute("sensor_id"))
    if sensor is None:
        found, wanted = f"sensor {element.attribute('sensor_id')}", f"one of {sorted(sensors)}"
        raise FormatError(element.where, found, wanted, "Export the file again.")
    resolution = sensor.needed("resolution")
    width, height = (
        whole_word(resolution.attribute(side), resolution.where) for side in ("width", "height")
    )
    told = element.needed("transform")
    pose = words(told.text.split(), 16, told.where).reshape(4, 4)
    if pose[3].tolist() != [0, 0, 0, 1]:
        raise FormatError(told.where, str(pose[3].tolist()), "0 0 0 1 in its last row", _FIX)
    lens = _calibration(sensor)
    value = {key: _number(lens, key) for key in ("f", "cx", "cy", "b1", "b2")}
    if value["b2"]:
        raise FormatError(lens.where, f"skew b2 = {value['b2']}", "b2 = 0", _FIX)
    with np.errstate(all="ignore"):  # what overflows is refused as a camera
        world = _placed(pose, element, chunk) @ OURS_FROM_OPENCV
    return reading.camera(
        told.where,
        name=name,
        size=(width, height),
        focal=(value["f"] + value["b1"], value["f"]),
        center=(width / 2 + value["cx"], height / 2 + value["cy"]),
        world_from_camera=world,
        distortion=_distortion(sensor, lens),
    )


def _calibration(sensor: Element) -> Element:
    """The adjusted calibration, else the first."""
    found = list(sensor.all("calibration"))
    adjusted = [one for one in found if one.attributes.get("class") == "adjusted"]
    return (adjusted or found or [sensor.needed("calibration")])[0]


def _number(parent: Element, tag: str) -> float:
    child = parent.first(tag)
    if child is None:
        return 0.0
    return float(words(child.text.split(), 1, child.where)[0])


def _distortion(sensor: Element, lens: Element) -> Distortion | None:
    kind = sensor.attributes.get("type", "frame")
    if kind not in _TYPES:
        found, wanted = f"a {kind} sensor", f"one of {', '.join(_TYPES)}"
        raise FormatError(sensor.where, found, wanted, _FIX)
    terms = {key: _number(lens, key) for key in _TERMS}
    unfit = ("p1", "p2", "p3", "p4") if kind == "fisheye" else ("k4", "p3", "p4")
    odd = [f"{key} = {terms[key]}" for key in unfit if terms[key]]
    if odd:
        raise FormatError(lens.where, f"{kind} {', '.join(odd)}", "0: OpenCV has no such", _FIX)
    if kind == "fisheye":
        return Fisheye(terms["k1"], terms["k2"], terms["k3"], terms["k4"])
    radial = {key: terms[key] for key in ("k1", "k2", "k3")}
    return radial_tangential(**radial, p1=terms["p2"], p2=terms["p1"])


def _placed(pose: Floats, element: Element, chunk: Element) -> Floats:
    """The pose in the world: its component's, else its chunk's rotation, translation and scale."""
    transform = chunk.first("transform")
    components = chunk.first("components")
    for component in components.all("component") if components is not None else ():
        if component.attributes.get("id") == element.attributes.get("component_id"):
            transform = component.first("transform") or transform
    if transform is None or transform.first("rotation") is None:
        return pose
    placed = pose.copy()
    rotation, scale = transform.needed("rotation"), _number(transform, "scale") or 1.0
    turn = words(rotation.text.split(), 9, rotation.where).reshape(3, 3)
    moved = transform.needed("translation")
    placed[:3, :3] = turn @ pose[:3, :3]
    placed[:3, 3] = scale * turn @ pose[:3, 3]
    placed[:3, 3] += words(moved.text.split(), 3, moved.where)
    return placed


def write(poses: Poses) -> str:
    """A document of one chunk whose coordinates are the world's.

    Raises:
        SettingsError: naming the camera: a lens that the format can't hold.
    """
    limits.check(poses, HOLDS)
    ids: dict[str, int] = {}
    for camera in poses.cameras:
        ids.setdefault(_sensor(camera), len(ids))
    sensors = "".join(text.format(id=number) for text, number in ids.items())
    cameras = "".join(
        _camera_text(shot, number, ids[_sensor(shot.camera)])
        for number, shot in enumerate(poses.shots)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<document version="2.0.0">\n <chunk label="lightmould" enabled="true">\n'
        f'  <sensors next_id="{len(ids)}">\n{sensors}  </sensors>\n'
        f'  <cameras next_id="{len(poses.shots)}" next_group_id="0">\n{cameras}  </cameras>\n'
        " </chunk>\n</document>\n"
    )


def _sensor(camera: Camera) -> str:
    """A sensor's element, with a place for its id."""
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    size = f'<resolution width="{width}" height="{height}"/>'
    values = {"f": fy, "cx": cx - width / 2, "cy": cy - height / 2, "b1": fx - fy}
    fisheye = isinstance(camera.distortion, Fisheye)
    kind, names = ("fisheye", _TERMS[:4]) if fisheye else ("frame", ("k1", "k2", "k3", "p2", "p1"))
    told = _TERMS[:4] if fisheye else ("k1", "k2", "k3", "p1", "p2")
    values |= dict(zip(told, writing.terms(camera.distortion, names), strict=True))
    lens = "".join(f"     <{key}>{value!r}</{key}>\n" for key, value in values.items())
    return (
        f'   <sensor id="{{id}}" label="{kind} {width}x{height}" type="{kind}">\n    {size}\n'
        f'    <calibration type="{kind}" class="adjusted">\n     {size}\n{lens}'
        "    </calibration>\n   </sensor>\n"
    )


def _camera_text(shot: Shot, number: int, sensor: int) -> str:
    pose = writing.text((shot.camera.world_from_camera @ OURS_FROM_OPENCV).reshape(-1))
    label = quoteattr(writing.picture(shot) if shot.picture else shot.camera.name)
    head = f'<camera id="{number}" sensor_id="{sensor}" label={label} enabled="true">'
    return f"   {head}\n    <transform>{pose}</transform>\n   </camera>\n"
