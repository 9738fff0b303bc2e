"""Stands in for nvdiffrec: takes its files, says its lines, writes its files, fails as it does.

Ours from the first line to the last; what it says and writes is what is documented of nvdiffrec.
`fake.json` beside it tells how: {"pace": seconds an iteration, "fault": name, ...}.
"""

import argparse
import json
import math
import os
import signal
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PLAN = json.loads((HERE / "fake.json").read_text())
FAULT = PLAN.get("fault", "")
DEFAULTS = json.loads((HERE / "defaults.json").read_text())


def say(line: str) -> None:
    print(line)  # noqa: T201


def png(path: Path, size: tuple[int, int], color: tuple[int, ...]) -> None:
    """A plain picture; `size` is (height, width)."""
    height, width = size

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    kind = {3: 2, 4: 6}[len(color)]
    rows = (b"\0" + bytes(color) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def hdr(path: Path) -> None:
    head = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8 +X 16\n"
    path.write_bytes(head + bytes((128, 128, 128, 128)) * 128)


def ball(radius: float, rows: int = 12, columns: int = 24) -> tuple[list[str], list[str]]:
    """A sphere whose left half lies in the texture as it is and whose right half mirrored."""
    vertices, uvs, faces = [], [], []
    for i in range(rows + 1):
        for j in range(columns + 1):
            theta, phi = math.pi * i / rows, 2 * math.pi * j / columns
            x, y, z = (
                radius * math.sin(theta) * math.sin(phi),
                radius * math.cos(theta),
                radius * math.sin(theta) * math.cos(phi),
            )
            vertices.append((x, y, z))
            u = j / columns
            uvs.append((u if u <= 0.5 else 1.5 - u + 1e-3, 1 - i / rows))
    for i in range(rows):
        for j in range(columns):
            a = i * (columns + 1) + j
            b, c, d = a + columns + 1, a + columns + 2, a + 1
            faces += [(a, b, c)] * (i < rows - 1) + [(a, c, d)] * (i > 0)
    lines = ["mtllib mesh.mtl", "g default"]
    lines += [f"v {x} {y} {z} " for x, y, z in vertices]
    lines += [f"vt {u} {v} " for u, v in uvs]
    lines += [f"vn {x / radius} {y / radius} {z / radius}" for x, y, z in vertices]
    lines += ["s 1 ", "g pMesh1", "usemtl defaultMat"]
    lines += ["f  " + " ".join(f"{k + 1}/{k + 1}/{k + 1}" for k in face) for face in faces]
    counts = len(vertices), len(uvs), len(vertices), len(faces)
    names = "vertices", "texcoords", "normals", "faces"
    return lines, [f"    writing {n} {name}" for n, name in zip(counts, names, strict=True)]


def export(folder: Path, config: dict) -> None:
    folder.mkdir(parents=True)
    lines, counts = ball(PLAN.get("radius", 0.9))
    say(f"Writing mesh:  {folder / 'mesh.obj'}")
    (folder / "mesh.obj").write_text("\n".join(lines) + "\n")
    for line in counts:
        say(line)
    say(f"Writing material:  {folder / 'mesh.mtl'}")
    (folder / "mesh.mtl").write_text(
        "newmtl defaultMat\nbsdf   pbr\nmap_Kd texture_kd.png\nmap_Ks texture_ks.png\n"
        "bump texture_n.png\n"
    )
    final = folder.name == "mesh"
    kd = (180, 120, 60, 200) if config["layers"] > 1 and final else (180, 120, 60)
    level = "_0" if config["custom_mip"] and config["base_mesh"] else ""
    res = tuple(config["texture_res"])
    for name, color in (("kd", kd), ("ks", (0, 128, 0)), ("n", (128, 160, 255))):
        png(folder / f"texture_{name}{level}.png", res, color)
    if FAULT == "no hdr backend" and final:
        say(f"WARNING: FAILED to save image {folder / 'probe.hdr'}")
    elif FAULT == "damaged texture" and final:
        (folder / "texture_ks.png").write_bytes(b"\x89PNG\r\n\x1a\nhalf")
        hdr(folder / "probe.hdr")
    else:
        hdr(folder / "probe.hdr")
    say("Done exporting mesh")


def rest(seconds: float) -> str:
    for unit, length in (("h", 3600.0), ("m", 60.0)):
        if seconds > length:
            return f"{seconds / length:.2f} {unit}"
    return f"{seconds:.2f} s"


def steps(config: dict, out: Path, name: str) -> None:
    """One pass."""
    pace, count, saved = PLAN.get("pace", 0.0), config["iter"], 0
    for it in range(count + 1):
        if config["save_interval"] and it % config["save_interval"] == 0:
            png(out / f"img_{name}_{saved:06d}.png", (32, 64), (saved % 255, 99, 99))
            saved += 1
        if it % 10 == 0:
            fail_in_step(name, it)
            nan = FAULT == "nan" and it >= 20
            img, reg = ("nan", "nan") if nan else (f"{0.3 / (1 + it):.6f}", "0.021000")
            if FAULT == "nan once" and it == 10:
                reg = "nan"
            left = rest((count - it) * 0.247)
            say(
                f"iter={it:5d}, img_loss={img}, reg_loss={reg}, lr=0.00300, "
                f"time={(pace or 0.247) * 1000:.1f} ms, rem={left}"
            )
        time.sleep(pace)


def fail_in_step(name: str, it: int) -> None:
    first = name == "dmtet_pass1"
    if FAULT == "oom" and it == 10:
        message = "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 8.00 GiB total capacity)"
        raise RuntimeError(message)
    if FAULT == "empty mesh" and first and it == 10:
        raise AssertionError("Got empty training triangle mesh (unrecoverable discontinuity)")
    if FAULT == "killed" and it == 10:
        os.kill(os.getpid(), signal.SIGKILL)
    if FAULT == "hangs" and it == 10:
        time.sleep(3600)
    if FAULT == "crash in pass 2" and not first and it == 10:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")


def validate(folder: Path) -> None:
    say("Running validation")
    folder.mkdir(parents=True)
    png(folder / "val_000000_opt.png", (16, 16), (90, 90, 90))
    (folder / "metrics.txt").write_text(
        "ID, MSE, PSNR\n0, 0.00123000, 29.10094600\nAVERAGES: 0.0012, 29.101\n"
    )
    say("MSE,      PSNR")
    say("0.00123000, 29.101")


def compile_extension() -> None:
    """What torch does before the first step, on standard error."""
    folder = Path(os.environ["TORCH_EXTENSIONS_DIR"]) / "py311_cu124" / "renderutils_plugin"
    lock = folder / "lock"
    folder.mkdir(parents=True, exist_ok=True)
    if FAULT == "a builder dies meanwhile" and not (HERE / "died").exists():
        (HERE / "died").touch()
        lock.touch()
        os.utime(lock, (0, 0))
    if lock.exists():
        say(f"Warning: Lock file exists in build directory: '{lock}'")
        while lock.exists():
            time.sleep(0.05)
    if FAULT == "build fails":
        sys.stderr.write(
            "ninja: not found\nRuntimeError: Ninja is required to load C++ extensions\n"
        )
        sys.exit(1)
    if not (folder / "renderutils_plugin.so").exists():
        sys.stderr.write("Building extension module renderutils_plugin...\n")
        lock.touch()
        if FAULT == "slow build":
            time.sleep(3600)
        (folder / "renderutils_plugin.so").touch()
        lock.unlink()
    sys.stderr.write("Loading extension module renderutils_plugin...\n")
    sys.stderr.flush()


def flags(config: dict) -> Iterator[str]:
    yield "Config / Flags:"
    yield "---------"
    yield from (f"{name} {value}" for name, value in config.items())
    yield "---------"


def start(config: dict) -> None:
    """Everything before the first pass."""
    if FAULT == "egl":
        sys.stderr.write("[F glutil.cpp:338] eglInitialize() failed\n")
        sys.stderr.flush()
        os.abort()
    if FAULT == "usage":
        sys.stderr.write("usage: train.py [-h] [--config CONFIG]\ntrain.py: error: bad\n")
        sys.exit(2)
    for line in flags(config):
        say(line)
    reference = Path(config["ref_mesh"])
    for name in ("train", "test"):
        frames = json.loads((reference / f"transforms_{name}.json").read_text())["frames"]
        height, width = config["train_res"]
        say(f"DatasetNERF: {len(frames)} images with shape [{height}, {width}]")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    config = DEFAULTS | json.loads(Path(parser.parse_args().config).read_text())
    if FAULT == "ignores a key":
        config["batch"] = 99
    start(config)
    out = Path("out") / config["out_dir"]
    out.mkdir(parents=True, exist_ok=True)
    compile_extension()
    say("Encoder output: 32 dims")
    steps(config, out, "dmtet_pass1")
    if config["validate"]:
        validate(out / "dmtet_validate")
    if FAULT == "endless atlas":
        time.sleep(3600)
    time.sleep(PLAN.get("atlas", 0.0))
    export(out / "dmtet_mesh", config)
    say("Base mesh has 528 triangles and 325 vertices.")
    steps(config, out, "mesh_pass")
    if config["validate"]:
        validate(out / "validate")
    if FAULT == "exit 0 without a mesh":
        return
    export(out / "mesh", config)


if __name__ == "__main__":
    main()
