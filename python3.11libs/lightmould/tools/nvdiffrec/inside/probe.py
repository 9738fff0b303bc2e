"""Whether an interpreter has what nvdiffrec needs: small checks, one line of JSON for each.

Run as `python probe.py` by nvdiffrec's own interpreter, Python 3.8 or newer, where nothing of
lightmould is. A check that takes the interpreter down ends the list; whoever reads knows what was
next.
"""

import ctypes.util
import json
import math
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib import import_module
from pathlib import Path

MARK = "@check "
GRID = {
    "otype": "HashGrid",
    "n_levels": 2,
    "n_features_per_level": 2,
    "log2_hashmap_size": 8,
    "base_resolution": 4,
    "per_level_scale": 1.5,
}


_NAMED = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH")


class WrongError(Exception):
    """What was found instead."""


def python() -> str:
    """The interpreter."""
    return sys.version.split()[0]


def torch() -> str:
    """PyTorch, for CUDA."""
    module = import_module("torch")
    if not module.version.cuda:
        raise WrongError(f"{module.__version__}, built without CUDA")
    return f"{module.__version__}, CUDA {module.version.cuda}"


def gpu() -> str:
    """A GPU that it may use."""
    cuda = import_module("torch").cuda
    if not cuda.is_available():
        chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
        raise WrongError(f"none that torch can use, of {chosen or 'all'}")
    found = cuda.get_device_properties(0)
    memory = found.total_memory / 2**30
    return f"{found.name}, compute {found.major}.{found.minor}, {memory:.0f} GiB"


def numpy_bridge() -> str:
    """NumPy, of the kind that torch was built for."""
    import_module("torch").zeros(1).numpy()
    return str(import_module("numpy").__version__)


def nvdiffrast() -> str:
    """The rasterizer, with a context: it can be imported where it can't be used."""
    module = import_module("nvdiffrast.torch")
    version = str(getattr(import_module("nvdiffrast"), "__version__", "of no known version"))
    if re.match(r"0\.[0-3](\.|$)", version):
        return f"{version}, compiles itself at its first run"  # a context would do it now
    module.RasterizeCudaContext()
    return version


def tinycudann() -> str:
    """The encoding, of one point."""
    point = import_module("torch").zeros(1, 3, device="cuda")
    encoded = import_module("tinycudann").Encoding(3, GRID)(point)
    return f"{encoded.shape[-1]} numbers for a point"


def xatlas() -> str:
    """The unwrapper."""
    return str(getattr(import_module("xatlas"), "__version__", "there"))


def hdr() -> str:
    """A light, written and read again."""
    imageio, numpy = import_module("imageio"), import_module("numpy")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "probe.hdr")
        picture = numpy.linspace(0.1, 4.0, 8 * 16 * 3).reshape(8, 16, 3).astype("float32")
        imageio.imwrite(path, picture)
        found = numpy.asarray(imageio.imread(path))
    if found.shape != picture.shape or not math.isclose(found.max(), 4.0, rel_tol=0.02):
        raise WrongError("a picture that comes back as another")
    return f"imageio {getattr(imageio, '__version__', 'of no known version')}"


def ninja() -> str:
    """What torch compiles with."""
    return _program("ninja")


def compiler() -> str:
    """A C++ compiler."""
    usual = "cl" if sys.platform == "win32" else "c++"
    return _program(os.environ.get("CXX") or usual, "g++", "clang++")


def nvcc() -> str:
    """CUDA's compiler, of torch's CUDA."""
    named = str(_home() / "bin" / "nvcc")
    path = _program(named) if _NAMED else _program("nvcc", named)
    told = subprocess.check_output([path, "--version"], timeout=10).decode(errors="replace")
    found = re.search(r"release (\d+)\.(\d+)", told)
    if found is None:
        return f"of no known version, {path}"
    wanted = str(import_module("torch").version.cuda)
    if found[1] != wanted.partition(".")[0]:
        raise WrongError(f"{found[1]}.{found[2]} for a torch of CUDA {wanted}, {path}")
    return f"{found[1]}.{found[2]}, {path}"


def libraries() -> str:
    """The libraries cuda and nvrtc, to link with; stubs and torch's own packages will do."""
    if sys.platform == "win32":
        return "not asked for on Windows"
    site, home = Path(sysconfig.get_paths()["purelib"]), _home()
    places = [home / "lib64", home / "lib64" / "stubs", home / "lib", Path(sys.prefix) / "lib"]
    places.append(site / "nvidia" / "cuda_nvrtc" / "lib")
    places += map(Path, filter(None, os.environ.get("LIBRARY_PATH", "").split(os.pathsep)))
    for name in ("cuda", "nvrtc"):
        there = any((place / f"lib{name}.so").exists() for place in places)
        if not there and not ctypes.util.find_library(name):
            raise WrongError(f"no lib{name}.so")
    return "both"


def _home() -> Path:
    return Path(_NAMED or "/usr/local/cuda")


def _program(*names: str) -> str:
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise WrongError(f"no {' or '.join(names)}")


CHECKS = (
    python, torch, gpu, numpy_bridge, nvdiffrast, tinycudann, xatlas, hdr, ninja, compiler, nvcc,
    libraries,
)  # fmt: skip


def main() -> int:
    """Run every check; always 0: what is wrong is in the lines."""
    for check in CHECKS:
        try:
            found, good = check(), True
        except WrongError as wrong:
            found, good = str(wrong), False
        except BaseException as error:  # noqa: BLE001  # a library may raise anything as it loads
            found, good = f"{type(error).__name__}: {error}", False
        said = {"name": check.__name__, "good": good, "found": " ".join(found.split())[:300]}
        sys.stdout.write(f"{MARK}{json.dumps(said)}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
