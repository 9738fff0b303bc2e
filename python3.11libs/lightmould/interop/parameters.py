"""Which image of OpenGL is wanted as a tensor, and what its pixels are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from lightmould.errors import SettingsError

GL_TEXTURE_2D = 0x0DE1
GL_RENDERBUFFER = 0x8D41
GL_RGBA = 0x1908
GL_DEPTH_COMPONENT = 0x1902
LARGEST_DEVICE = 1023

TARGETS = {
    GL_TEXTURE_2D: "GL_TEXTURE_2D",
    GL_RENDERBUFFER: "GL_RENDERBUFFER",
}
MULTISAMPLED = {0x9100: "GL_TEXTURE_2D_MULTISAMPLE", 0x9102: "GL_TEXTURE_2D_MULTISAMPLE_ARRAY"}

Number: TypeAlias = Literal["uint8", "float16", "float32", "int32"]


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How an image's pixels are stored, and how they are read.

    Attributes:
        name: OpenGL's, of the internal format.
        channels: numbers of a pixel.
        number: the tensor's type; unsigned integers of 32 bits keep their bits in an int32.
        layout: OpenGL's `format` for reading.
        kind: OpenGL's `type` for reading.
    """

    name: str
    channels: int
    number: Number
    layout: int
    kind: int

    @property
    def registered(self) -> bool:
        """Whether CUDA can use such an image directly."""
        return self.layout not in (RGB, GL_DEPTH_COMPONENT)

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel, as it is read."""
        return self.channels * {"uint8": 1, "float16": 2, "float32": 4, "int32": 4}[self.number]


BYTE, HALF, FLOAT, INT, UINT = 0x1401, 0x140B, 0x1406, 0x1404, 0x1405
RED, RG, RGB, RGBA, RED_INTEGER = 0x1903, 0x8227, 0x1907, GL_RGBA, 0x8D94
FORMATS = {
    GL_RGBA: PixelFormat("GL_RGBA", 4, "uint8", RGBA, BYTE),
    0x8058: PixelFormat("GL_RGBA8", 4, "uint8", RGBA, BYTE),
    0x8229: PixelFormat("GL_R8", 1, "uint8", RED, BYTE),
    0x822B: PixelFormat("GL_RG8", 2, "uint8", RG, BYTE),
    0x822D: PixelFormat("GL_R16F", 1, "float16", RED, HALF),
    0x822F: PixelFormat("GL_RG16F", 2, "float16", RG, HALF),
    0x881A: PixelFormat("GL_RGBA16F", 4, "float16", RGBA, HALF),
    0x822E: PixelFormat("GL_R32F", 1, "float32", RED, FLOAT),
    0x8230: PixelFormat("GL_RG32F", 2, "float32", RG, FLOAT),
    0x8814: PixelFormat("GL_RGBA32F", 4, "float32", RGBA, FLOAT),
    0x8235: PixelFormat("GL_R32I", 1, "int32", RED_INTEGER, INT),
    0x8236: PixelFormat("GL_R32UI", 1, "int32", RED_INTEGER, UINT),
    0x8051: PixelFormat("GL_RGB8", 3, "uint8", RGB, BYTE),
    0x81A5: PixelFormat("GL_DEPTH_COMPONENT16", 1, "float32", GL_DEPTH_COMPONENT, FLOAT),
    0x81A6: PixelFormat("GL_DEPTH_COMPONENT24", 1, "float32", GL_DEPTH_COMPONENT, FLOAT),
    0x88F0: PixelFormat("GL_DEPTH24_STENCIL8", 1, "float32", GL_DEPTH_COMPONENT, FLOAT),
    0x8CAC: PixelFormat("GL_DEPTH_COMPONENT32F", 1, "float32", GL_DEPTH_COMPONENT, FLOAT),
}
"""What can be read, by OpenGL's number of the internal format."""

MODERNGL = {
    ("f1", 1): 0x8229, ("f1", 2): 0x822B, ("f1", 3): 0x8051, ("f1", 4): 0x8058,
    ("f2", 1): 0x822D, ("f2", 2): 0x822F, ("f2", 4): 0x881A,
    ("f4", 1): 0x822E, ("f4", 2): 0x8230, ("f4", 4): 0x8814,
    ("i4", 1): 0x8235, ("u4", 1): 0x8236,
}  # fmt: skip
"""Internal formats of moderngl's types and numbers of components."""


class ModernglImage(Protocol):
    """What is asked of moderngl's textures and renderbuffers."""

    glo: int
    size: tuple[int, int]
    components: int
    dtype: str
    depth: bool
    samples: int


@dataclass(frozen=True, slots=True)
class GLTensorParam:
    """An image of OpenGL that is wanted as a tensor.

    Attributes:
        image: OpenGL's name of it.
        target: GL_TEXTURE_2D, of which level 0 is meant, or GL_RENDERBUFFER.
        width: pixels.
        height: pixels.
        format: its internal format, one of `FORMATS`; GL_RGBA means 8 bits each.
        device_id: CUDA's number of the device that the tensor shall be on.
    """

    image: int
    target: int
    width: int
    height: int
    format: int = GL_RGBA
    device_id: int = 0

    def __post_init__(self) -> None:
        if self.target in MULTISAMPLED:
            raise multisampled(MULTISAMPLED[self.target])
        if self.target not in TARGETS:
            wanted = ", ".join(TARGETS.values())
            raise SettingsError("target", f"{self.target:#06x}", wanted, "Draw into one of them.")
        if self.format not in FORMATS:
            wanted = ", ".join(one.name for one in FORMATS.values())
            fix = "Draw into such an image, or copy it there with glBlitFramebuffer."
            raise SettingsError("format", f"{self.format:#06x}", wanted, fix)
        least = {"image": 1, "width": 1, "height": 1, "device_id": 0}
        most = {"image": 2**32 - 1, "width": 2**15, "height": 2**15, "device_id": LARGEST_DEVICE}
        for name, low in least.items():
            if not low <= getattr(self, name) <= most[name]:
                wanted = f"{low} to {most[name]}"
                raise SettingsError(name, str(getattr(self, name)), wanted, "Correct it.")

    @classmethod
    def from_moderngl(cls, image: ModernglImage, device_id: int = 0) -> "GLTensorParam":
        """The same of a texture or a renderbuffer of moderngl.

        Raises:
            SettingsError: it is multisampled, or its pixels are of a kind that can't be read.
        """
        # Only textures can be bound to a unit that shaders sample.
        target = GL_TEXTURE_2D if hasattr(image, "use") else GL_RENDERBUFFER
        if image.samples:
            raise multisampled(f"{image.samples} samples a pixel")
        internal = 0x81A6 if image.depth else MODERNGL.get((image.dtype, image.components))
        if internal is None:
            found = f"moderngl's {image.components} x {image.dtype}"
            wanted = ", ".join(f"{count} x {name}" for name, count in MODERNGL)
            raise SettingsError("format", found, wanted, "Draw into such an image.")
        return cls(image.glo, target, *image.size, internal, device_id)

    @property
    def pixels(self) -> PixelFormat:
        """What its pixels are."""
        return FORMATS[self.format]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels; the first row is OpenGL's, the lowest of the picture."""
        return self.height, self.width, self.pixels.channels

    @property
    def row_bytes(self) -> int:
        """Bytes of a row, as it is read."""
        return self.width * self.pixels.pixel_bytes

    def __str__(self) -> str:
        kind = TARGETS[self.target].removeprefix("GL_").lower()
        return f"{kind} {self.image} ({self.width} x {self.height} {self.pixels.name})"


def batch_of(params: Sequence[GLTensorParam]) -> tuple[tuple[int, ...], Number]:
    """The shape of a batch of like images, (K, H, W, C), and the type of its numbers."""
    return (len(params), *params[0].shape), params[0].pixels.number


def multisampled(found: str) -> SettingsError:
    """The error of an image with several samples a pixel."""
    fix = "Resolve it into an image of one sample with glBlitFramebuffer, and read that one."
    return SettingsError("image", found, "one sample a pixel", fix)
