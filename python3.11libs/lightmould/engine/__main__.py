"""The engine as a program: `python -m lightmould.engine run request.json`.

Says what happens as marked lines on standard output; exit codes are those of
`lightmould.errors`. `adopt` makes an asset of what nvdiffrec wrote; `warm` compiles the kernels,
so that the first reconstruction needn't; `sample FOLDER` makes the bundled sample, or the one that
`--object` names.
"""

import sys
from pathlib import Path

from lightmould.engine import warm
from lightmould.engine.adopt import adopt
from lightmould.engine.reconstruct import reconstruct
from lightmould.engine.sample import write_sample
from lightmould.formats import codec, events
from lightmould.model import Wrote
from lightmould.tools.nvdiffrec import FinishRequest
from lightmould.tools.own import ReconstructionRequest

USAGE = (
    "usage: python -m lightmould.engine "
    "(run REQUEST.json | adopt REQUEST.json | sample FOLDER [--object NAME] | warm)"
)


def main(arguments: list[str]) -> int:
    """Run one verb; returns the exit code."""
    match arguments:
        case ["run", request]:
            return events.exit_code(lambda: _reconstruct(Path(request)))
        case ["adopt", request]:
            return events.exit_code(lambda: _adopt(Path(request)))
        case ["sample", folder]:
            return events.exit_code(lambda: _sample(Path(folder)))
        case ["sample", folder, "--object", name]:
            return events.exit_code(lambda: _sample(Path(folder), name))
        case ["warm"]:
            return events.exit_code(warm.compile_kernels)
        case _:
            sys.stderr.write(USAGE + "\n")
            return 2


def _reconstruct(path: Path) -> None:
    request = codec.read(ReconstructionRequest, path.read_bytes(), path)
    events.say(Wrote(str(reconstruct(request, events.say)), "manifest"))


def _adopt(path: Path) -> None:
    request = codec.read(FinishRequest, path.read_bytes(), path)
    events.say(Wrote(str(adopt(request, events.say)), "manifest"))


def _sample(folder: Path, name: str = "vase") -> None:
    events.say(Wrote(str(write_sample(folder, name)), "mesh"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
