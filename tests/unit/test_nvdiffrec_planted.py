"""Broken installations and configurations: each is named before the start, with its fix."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.nvdiffrec import TORCH, Fake, installed

from lightmould.errors import LightmouldError
from lightmould.formats import nvdiffrec
from lightmould.jobs.asking import ask
from lightmould.model import Event, Placement, Warned
from lightmould.settings import Nvdiffrec
from lightmould.supervisor import preflight
from lightmould.tools.nvdiffrec import TrainRequest, find, probe
from lightmould.tools.nvdiffrec.config import derived
from lightmould.tools.nvdiffrec.files import Views

VIEWS = Views(Placement(), (64, 48), 10, 2)
SOON = 5.0
"""Seconds within which each has to be named: of processors, for a busy machine is not our fault."""

CPU_TORCH = "class version:\n    cuda = None\n__version__ = '2.6.0+cpu'\n"
NO_BRIDGE = TORCH.replace("return self", "raise RuntimeError('Numpy is not available')")
UNBUILT = "raise OSError('Unknown compute capability. Ensure PyTorch with CUDA support.')"
UNFIT = "def Encoding(dims, grid):\n    raise RuntimeError('no kernel image is available')\n"
NO_CONTEXT = (
    "class RasterizeCudaContext:\n    def __init__(self):\n"
    "        raise RuntimeError('Found no NVIDIA driver on your system')\n"
)
NO_BACKEND = (
    "def imwrite(path, a):\n    raise ValueError('Could not find a backend to open probe.hdr')\n"
)
LOSSY = (
    "import numpy\ndef imwrite(path, a):\n    pass\n"
    "def imread(path):\n    return numpy.zeros((8, 16))\n"
)
CRASHES = "import os\nos.kill(os.getpid(), 9)\n"

# What is planted, what names it, and what mends it.
ENVIRONMENTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no torch": ({"without": ["torch.py"]}, "PyTorch: found .*No module", "pip install torch"),
    "torch without CUDA": ({"instead": {"torch.py": CPU_TORCH}}, "built without CUDA", "torch"),
    "NumPy of another kind": (
        {"instead": {"site-packages/torch.py": NO_BRIDGE}},
        "NumPy: found RuntimeError: Numpy is not available",
        "numpy<2",
    ),
    "no nvdiffrast": (
        {"without": ["nvdiffrast/torch.py"]},
        "nvdiffrast: found",
        "NVlabs/nvdiffrast",
    ),
    "nvdiffrast without a driver": (
        {"instead": {"nvdiffrast/torch.py": NO_CONTEXT}},
        "nvdiffrast: found .*NVIDIA driver",
        "nvdiffrast",
    ),
    "no tiny-cuda-nn": ({"without": ["tinycudann.py"]}, "tiny-cuda-nn: found", "tiny-cuda-nn"),
    "tiny-cuda-nn that does not load": (
        {"instead": {"tinycudann.py": UNBUILT}},
        "tiny-cuda-nn: found OSError: Unknown compute capability",
        "tiny-cuda-nn",
    ),
    "tiny-cuda-nn for another GPU": (
        {"instead": {"tinycudann.py": UNFIT}},
        "tiny-cuda-nn: found .*no kernel image",
        "tiny-cuda-nn",
    ),
    "a library that takes Python down": (
        {"instead": {"tinycudann.py": CRASHES}},
        "tiny-cuda-nn: found no answer: it ended the interpreter",
        "probe.py",
    ),
    "no xatlas": ({"without": ["xatlas.py"]}, "xatlas: found", "pip install xatlas"),
    "no imageio": ({"without": ["imageio.py"]}, "HDR pictures: found", "imageio"),
    "no HDR backend": (
        {"instead": {"imageio.py": NO_BACKEND}},
        "HDR pictures: found .*Could not find a backend",
        "opencv-python",
    ),
    "an HDR backend that loses pictures": (
        {"instead": {"imageio.py": LOSSY}},
        "HDR pictures: found",
        "opencv-python",
    ),
    "no ninja": ({"without": ["bin/ninja"]}, "ninja: found no ninja", "pip install ninja"),
    "no compiler": ({"without": ["bin/c++"]}, r"C\+\+ compiler: found no c\+\+", "install g"),
    "nvcc of another CUDA": (
        {"instead": {"bin/nvcc": "#!/bin/sh\necho release 11.8, V11.8\n"}},
        "nvcc: found 11.8 for a torch of CUDA 12.4",
        "toolkit",
    ),
    "no libcuda": ({"without": ["lib/libcuda.so"]}, "found no libcuda.so", "stubs"),
    "no grids": ({"without": ["64_tets.npz"]}, "dmtet_grid: found 64, without", "flexicubes"),
    "a grid that is a pointer": (
        {"instead": {"64_tets.npz": "version https://git-lfs.github.com/spec/v1"}},
        "64_tets.npz: found .*LFS pointer",
        "lfs pull",
    ),
    "no table": ({"without": ["bsdf_256_256.bin"]}, "bsdf_256_256.bin: found no such", "clone"),
    "half a table": ({"instead": {"bsdf_256_256.bin": "x" * 99}}, "found 99 bytes", "clone"),
}

CONFIGURATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"learnin_rate": 1}, "Did you mean 'learning_rate'"),
    "a key of another program": ({"envlight": "a.hdr"}, "nvdiffrecmc's; did you mean 'envmap'"),
    "a wrong type": ({"iter": "5000"}, "iter: found .5000.; wanted a whole number"),
    "textures of no power of two": ({"texture_res": [1000, 1000]}, "each a power of two"),
    "a size of one number": ({"texture_res": 1024}, r"wanted \[height, width\]"),
    "one rate for two passes": ({"learning_rate": [0.01]}, "two of them, as there are two passes"),
    "three-component kd with layers": ({"kd_min": [0, 0, 0], "layers": 4}, "wanted four"),
    "limits the wrong way round": (
        {"ks_min": [0, 0.9, 0], "ks_max": [1, 0.1, 1]},
        "at most ks_max",
    ),
    "a relight panel": ({"display": [{"relight": "x.hdr"}]}, "which it crashes on"),
    "a light that is not learned nor there": ({"learn_light": False}, "envmap: found none"),
    "a light that is no .hdr": ({"envmap": "sky.exr"}, "wanted a .hdr file"),
    "a light that is not there": (
        {"learn_light": False, "envmap": "data/none.hdr"},
        "none.hdr: found not there; wanted the light that envmap names",
    ),
    "a grid that nobody made": ({"dmtet_grid": 100}, "one of 32, 64"),
    "a text for a switch": ({"validate": "False"}, "wanted true or false"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES", "LIBRARY_PATH", "CXX"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "env" / "bin"))
    views = tmp_path / "views"
    views.mkdir()
    (views / "transforms_train.json").write_text("{}")
    return tmp_path


def started(fake: Fake, folder: Path, said: list[Event], changes: dict[str, Any]) -> None:
    """All that happens before nvdiffrec is started."""
    plain = {"ref_mesh": "views", "out_dir": "it", "texture_res": [64, 64], **changes}
    wishes = nvdiffrec.read(json.dumps(plain), Path("mine.json"))
    config = derived(wishes, folder / "views", VIEWS, folder / "run")
    asked = TrainRequest(folder / "views.json", wishes, folder, fake.setup, fake.settings)
    preflight.check(asked, config, VIEWS, said.append)


def spent() -> float:
    """Seconds of processors that this process and its children took."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.mark.parametrize("planted", ENVIRONMENTS)
def test_a_broken_environment_is_named_with_its_fix_before_the_start(
    folder: Path, planted: str
) -> None:
    how, named, mended = ENVIRONMENTS[planted]
    fake, begun = installed(folder, **how), spent()
    with pytest.raises(LightmouldError, match=named) as caught:
        started(fake, folder, [], {})
    assert spent() - begun < SOON
    assert mended in caught.value.fix


@pytest.mark.parametrize("planted", CONFIGURATIONS)
def test_a_broken_configuration_is_named_with_its_fix_before_the_start(
    folder: Path, planted: str
) -> None:
    changes, named = CONFIGURATIONS[planted]
    with pytest.raises(LightmouldError, match=named) as caught:
        started(installed(folder), folder, [], changes)
    assert caught.value.fix.endswith((".", "?"))


def test_at_least_twenty_five_are_planted() -> None:
    assert len(ENVIRONMENTS) + len(CONFIGURATIONS) >= 25


def test_a_gpu_that_is_not_there_is_named(folder: Path) -> None:
    fake = installed(folder)
    asked = replace(fake.setup, gpu="7")
    request = TrainRequest(folder, nvdiffrec.Config("v", "o"), folder, asked, fake.settings)
    config = derived(request.wishes, folder / "views", VIEWS, folder)
    with pytest.raises(LightmouldError, match="GPU: found none that torch can use, of 7"):
        preflight.check(request, config, VIEWS, [].append)


def test_a_whole_installation_is_let_pass_and_tells_its_versions(folder: Path) -> None:
    said: list[Event] = []
    started(installed(folder), folder, said, {})
    assert not [one for one in said if isinstance(one, Warned)]


def test_a_rasterizer_that_would_compile_itself_now_is_let_be(folder: Path) -> None:
    texts = {"nvdiffrast/__init__.py": "__version__ = '0.3.3'", "nvdiffrast/torch.py": NO_CONTEXT}
    fake = installed(folder, instead=texts)
    (answer,) = ask((probe.command(fake.setup, fake.path),), 60.0)
    found = {one.name: one for one in probe.checks(fake.setup, answer.lines)}
    assert found["nvdiffrec: nvdiffrast"].found == "0.3.3, compiles itself at its first run"


def test_programs_that_only_compile_are_no_more_missed_once_that_is_done(folder: Path) -> None:
    fake, said = installed(folder, without=["bin/ninja"]), list[Event]()
    built = fake.extensions / "py311_cu124" / "renderutils_plugin"
    built.mkdir(parents=True)
    (built / "renderutils_plugin.so").touch()
    started(fake, folder, said, {})
    (warning,) = [one.message for one in said if isinstance(one, Warned)]
    assert "ninja" in warning


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Nvdiffrec(), "no checkout named; wanted .* Set LIGHTMOULD_NVDIFFREC"),
        (Nvdiffrec(checkout="/nowhere"), "no such folder"),
        (Nvdiffrec(checkout="/"), "no train.py there"),
    ],
)
def test_a_checkout_that_is_not_there_is_named(settings: Nvdiffrec, named: str) -> None:
    with pytest.raises(LightmouldError, match=named):
        find(settings, {})


def test_an_interpreter_that_is_not_there_is_named(folder: Path) -> None:
    fake = installed(folder)
    with pytest.raises(LightmouldError, match=r"no interpreter named.*LIGHTMOULD_NVDIFFREC_PYTHON"):
        find(replace(fake.settings, python=None), {})
    with pytest.raises(LightmouldError, match="no such program"):
        find(replace(fake.settings, python="/nowhere/python"), {})


def test_every_environment_of_every_machine_has_a_build_folder_of_its_own(folder: Path) -> None:
    fake = installed(folder)
    asked = replace(fake.settings, extensions=None)
    cache = {"XDG_CACHE_HOME": str(folder)}
    other = folder / "other" / "python"
    other.parent.mkdir()
    other.symlink_to(fake.python)
    first, second = find(asked, cache), find(replace(asked, python=str(other)), cache)
    assert first.extensions.is_relative_to(folder)
    assert first.extensions != second.extensions
    assert find(asked, cache) == first
