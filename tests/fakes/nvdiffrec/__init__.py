"""A stand-in for an installed nvdiffrec: a checkout, an environment, and any fault in either."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightmould.formats import nvdiffrec
from lightmould.formats.nvdiffrec import Config
from lightmould.settings import Nvdiffrec
from lightmould.tools.nvdiffrec import Setup

TORCH = """
class version:
    cuda = "12.4"
__version__ = "2.6.0"
class _Array:
    shape = (1, 32)
    def numpy(self):
        return self
def zeros(*shape, device="cpu"):
    return _Array()
class cuda:
    @staticmethod
    def is_available():
        import os
        return os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("0", "1")
    @staticmethod
    def get_device_properties(index):
        class GPU:
            name, major, minor, total_memory = "Fake GPU", 8, 6, 24 * 2**30
        return GPU
"""
MODULES = {
    "torch.py": TORCH,
    "nvdiffrast/__init__.py": "__version__ = '0.4.0'\n",
    "nvdiffrast/torch.py": "class RasterizeCudaContext:\n    pass\n",
    "tinycudann.py": "def Encoding(dims, grid):\n    return lambda points: points\n",
    "xatlas.py": "",
    "imageio.py": "import numpy\ndef imwrite(path, a):\n    numpy.save(open(path, 'wb'), a)\n"
    "def imread(path):\n    return numpy.load(path)\n",
}
PROGRAMS = {
    "ninja": "echo 1.11",
    "c++": "echo 12",
    "nvcc": "echo Cuda compilation tools, release 12.4, V12.4.131",
}
FILES = {
    "data/tets/32_tets.npz": 2000,
    "data/tets/64_tets.npz": 4000,
    "data/irrmaps/bsdf_256_256.bin": 524_288,
}


@dataclass(frozen=True)
class Fake:
    """Where everything is."""

    checkout: Path
    environment: Path
    extensions: Path

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    @property
    def site(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.environment / "lib" / version / "site-packages"

    @property
    def setup(self) -> Setup:
        return Setup(self.checkout, str(self.python), self.extensions)

    @property
    def settings(self) -> Nvdiffrec:
        return Nvdiffrec(
            checkout=str(self.checkout), python=str(self.python), extensions=self.extensions
        )

    @property
    def path(self) -> str:
        """A PATH that finds the fake programs and no real ones."""
        return str(self.python.parent)

    def plan(self, **how: object) -> None:
        """Tell train.py how to behave."""
        (self.checkout / "fake.json").write_text(json.dumps(how))


def installed(
    folder: Path, *, without: Sequence[str] = (), instead: Mapping[str, str] | None = None
) -> Fake:
    """Write an installation.

    Args:
        folder: for all of it.
        without: files of `MODULES`, `PROGRAMS` and `FILES`, or of the libraries, to leave out.
        instead: files with another content.
    """
    fake = Fake(folder / "checkout", folder / "env", folder / "extensions")
    texts = contents(fake)
    for name, text in (instead or {}).items():
        texts[next(path for path in texts if path.as_posix().endswith(name))] = text
    for path, text in texts.items():
        if not any(path.as_posix().endswith(f"/{name}") for name in without):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
    fake.python.parent.mkdir(parents=True, exist_ok=True)
    fake.python.symlink_to(Path(sys.executable).resolve())
    fake.site.mkdir(parents=True, exist_ok=True)
    numpy = Path(np.__file__).parent
    for real in (numpy, numpy.with_name("numpy.libs")):
        if real.exists():
            (fake.site / real.name).symlink_to(real)
    fake.plan()
    return fake


def contents(fake: Fake) -> dict[Path, str]:
    """Every file of a whole installation."""
    texts = {fake.site / name: text for name, text in MODULES.items()}
    texts |= {fake.python.parent / name: f"#!/bin/sh\n{text}\n" for name, text in PROGRAMS.items()}
    texts |= {fake.environment / "lib" / name: "" for name in ("libcuda.so", "libnvrtc.so")}
    texts |= {fake.checkout / name: "0" * size for name, size in FILES.items()}
    texts[fake.environment / "pyvenv.cfg"] = f"home = {Path(sys.base_prefix, 'bin')}\n"
    texts[fake.checkout / "defaults.json"] = json.dumps(nvdiffrec.flags(Config("views", "it")))
    texts[fake.checkout / "train.py"] = Path(__file__).with_name("train.py").read_text()
    return texts
