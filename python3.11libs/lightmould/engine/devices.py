"""The devices that stages compute on: whether they can be used, and their names."""

import importlib
import platform

from lightmould.errors import ToolError
from lightmould.settings.reconstruction import Device


def check(device: Device, *, draws: bool = False) -> None:
    """Refuse a device that can't be used.

    Args:
        device: its name in settings.
        draws: whether pictures of a mesh are drawn there, as the shape needs; textures do not.

    Raises:
        ToolError: it is not in this machine, or what is needed to use it is missing.
    """
    if device == "cpu":
        return
    # By name: torch is a heavy thing to import for whoever does not ask for it.
    torch = importlib.import_module("torch")
    if not torch.cuda.is_available():
        found = f"torch {torch.__version__}, which finds no GPU"
        fix = "Install a driver and a torch for CUDA (pytorch.org), or set device to cpu."
        raise ToolError("device", found, "a GPU with CUDA", fix)
    probe = importlib.import_module("lightmould.engine.differentiable.cuda").PROBE
    if draws and probe.reason() is not None:
        fix = "Install nvdiffrast (github.com/NVlabs/nvdiffrast), or set device to cpu."
        raise ToolError("device", probe.reason(), "nvdiffrast, which draws pictures there", fix)


def title(device: Device) -> str:
    """A device's kind and what it calls itself."""
    if device == "cpu":
        return f"CPU, {platform.machine()}"
    return f"CUDA, {importlib.import_module('torch').cuda.get_device_name()}"
