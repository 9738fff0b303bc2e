"""A pole on a cart, to be balanced: the scene, in Blender.

The motion is that of Barto, Sutton and Anderson, Neuronlike adaptive elements that can solve
difficult learning control problems, 1983: semi-implicit Euler, 50 steps a second.
"""

import math

import bpy
import environment
import live
import numpy as np

MASS_OF_CART, MASS_OF_POLE, HALF_LENGTH = 1.0, 0.1, 0.5  # kg, kg, m
GRAVITY, FORCE, STEP = 9.8, 10.0, 0.02  # m/s2, N, s
TRACK, LEAN = 2.4, math.radians(12)  # m, rad: beyond, the pole has fallen
LONGEST = 200  # steps


class CartPole:
    """What `environment.serve` wants, over two of Blender's objects."""

    spaces = {  # noqa: RUF012 - JSON, and not changed
        "observation": {"box": {"shape": [4], "low": [-3, -50, -1, -50], "high": [3, 50, 1, 50]}},
        "action": {"box": {"shape": [1], "low": -1, "high": 1}},
    }

    def __init__(self) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._cart = _box("cart", (0.4, 0.3, 0.2), 0.0)
        self._pole = _box("pole", (0.05, 0.05, 2 * HALF_LENGTH), HALF_LENGTH)
        self._pole.parent = self._cart
        camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        camera.location, camera.rotation_euler = (0, -6, 0.5), (math.pi / 2, 0, 0)
        bpy.context.scene.collection.objects.link(camera)
        bpy.context.scene.camera = camera
        bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = 160, 120
        self._state = np.zeros(4)
        self._steps = 0

    def reset(self, rng, options):
        """Almost upright."""
        self._state = rng.uniform(-0.05, 0.05, 4)
        self._steps = 0
        return self._observed(), {}

    def step(self, action, rng):
        """Push the cart; 1 for every step that the pole stands."""
        place, speed, lean, turn = self._state
        push = FORCE * float(np.clip(action[0], -1, 1))
        mass = MASS_OF_CART + MASS_OF_POLE
        swing = (push + MASS_OF_POLE * HALF_LENGTH * turn**2 * math.sin(lean)) / mass
        arm = HALF_LENGTH * (4 / 3 - MASS_OF_POLE * math.cos(lean) ** 2 / mass)
        turned = (GRAVITY * math.sin(lean) - math.cos(lean) * swing) / arm
        pushed = swing - MASS_OF_POLE * HALF_LENGTH * turned * math.cos(lean) / mass
        speed, turn = speed + STEP * pushed, turn + STEP * turned
        self._state = np.array([place + STEP * speed, speed, lean + STEP * turn, turn])
        self._steps += 1
        fallen = bool(abs(self._state[0]) > TRACK or abs(self._state[2]) > LEAN)
        return self._observed(), float(not fallen), fallen, self._steps >= LONGEST, {}

    def render(self):
        """(120, 160, 3) the scene from the side, sRGB."""
        self._cart.location.x = self._state[0]
        self._pole.rotation_euler.y = self._state[2]
        return live.render(color=True)["color"][..., :3]

    def _observed(self):
        return self._state.astype(np.float32)


def _box(name, size, lift):
    """A box of a size, its pivot `lift` metres below its center."""
    corners = [
        (x * size[0] / 2, y * size[1] / 2, z * size[2] / 2 + lift)
        for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)
    ]  # fmt: skip
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], faces)
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


environment.serve(CartPole())
