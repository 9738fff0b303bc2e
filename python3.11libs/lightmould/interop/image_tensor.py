"""Pixels of OpenGL as one tensor that is filled again at each call, whichever way they take."""

import logging
import weakref
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

import torch

from lightmould.errors import LightmouldError, SettingsError, ToolError
from lightmould.interop.gl import Owner
from lightmould.interop.images import check_alive, check_image
from lightmould.interop.parameters import GLTensorParam

log = logging.getLogger(__name__)


class Source(Protocol):
    """A way that pixels take from images to a tensor."""

    def fill(self, out: torch.Tensor) -> None:
        """Copy all pixels into a contiguous tensor, ordered with the device's stream."""

    def release(self) -> None:
        """Give back all that OpenGL and CUDA hold for it; called once."""


class ImageTensor:
    """One or more images as a tensor; belongs to the thread and the context that made it.

    Args:
        params: the images, already looked at by `open_images`.
        owner: the thread and the context that they belong to.
        source: the way that their pixels take.
        result: the tensor that `Tensor` fills and returns, contiguous.
    """

    def __init__(
        self, params: Sequence[GLTensorParam], owner: Owner, source: Source, result: torch.Tensor
    ) -> None:
        self._params, self._owner, self._source = tuple(params), owner, source
        self._result = result
        self._finalizer = weakref.finalize(self, _collect, owner, source)
        # The driver frees everything when the process ends; by then, nothing may be asked of it.
        self._finalizer.atexit = False

    def Tensor(self, out: torch.Tensor | None = None) -> torch.Tensor:
        """The images' pixels as they are now.

        Args:
            out: where they shall go, of the same shape, type and device; unset, to the same
                memory at each call.

        Returns:
            What was filled; the first row is OpenGL's, the lowest of the picture.

        Raises:
            SettingsError: `out` does not fit, or an image was deleted.
            ToolError: this is released, or of another thread or context; CUDA or OpenGL failed.
        """
        if not self._finalizer.alive:
            fix = "Ask for tensors before it is released."
            raise ToolError("OpenGL", "a tensor of what was released", "one in use", fix)
        self._owner.check("reading")
        for param in self._params:
            check_alive(self._owner.gl, param)
        target = self._result
        if out is not None:
            _check_out(out, target)
            target = out
        self._source.fill(target)
        return target

    def tensor(self, out: torch.Tensor | None = None) -> torch.Tensor:
        """The same as `Tensor`."""
        return self.Tensor(out)

    def release(self) -> None:
        """Give everything back; before the images are deleted and the context goes.

        Raises:
            ToolError: of another thread or context, or CUDA failed.
        """
        if self._finalizer.alive:
            self._owner.check("releasing")
            self._finalizer.detach()
            self._source.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def open_images(params: Sequence[GLTensorParam]) -> Owner:
    """The thread and the context that images of one tensor belong to, after a look at them.

    Raises:
        SettingsError: there are none, one is not what it is said to be, or they differ.
        ToolError: no context is current.
    """
    if not params:
        raise SettingsError("images", "none", "one or more", "Name them.")
    owner, first = Owner.here(), params[0]
    for param in params:
        check_image(owner.gl, param)
        alike = param.shape == first.shape and param.pixels.number == first.pixels.number
        if not (alike and param.device_id == first.device_id):
            wanted = f"the size, numbers and device of {first}"
            raise SettingsError("images", str(param), wanted, "Put the others in another batch.")
    return owner


def _check_out(out: torch.Tensor, like: torch.Tensor) -> None:
    for name in ("shape", "dtype", "device"):
        found, wanted = getattr(out, name), getattr(like, name)
        if found != wanted:
            raise SettingsError("out", f"{name} {found}", f"{wanted}", "Make it so.")
    if not out.is_contiguous():
        fix = "Hand over a contiguous tensor, for example a slice of a batch."
        raise SettingsError("out", "gaps between its numbers", "contiguous memory", fix)


def _collect(owner: Owner, source: Source) -> None:
    """Release what nobody holds any more, if that can be done from here."""
    if not owner.is_here():
        log.warning("Collected away from its OpenGL context: call release() there instead.")
        return
    try:
        source.release()
    except LightmouldError as error:
        log.warning("Not released: %s", error)
