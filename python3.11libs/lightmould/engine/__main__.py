"""The engine as a program: `python -m lightmould.engine run request.json`.

Says what happens as marked lines on standard output; exit codes are those of
`lightmould.errors`. `warm` compiles the kernels, so that the first reconstruction needn't;
`sample FOLDER` makes the bundled sample.
"""

import sys
from pathlib import Path

from lightmould.engine import reconstruct
from lightmould.engine.sample import write_sample
from lightmould.errors import LightmouldError
from lightmould.formats import codec, events
from lightmould.model import Event, Failed, Wrote
from lightmould.raster import cpu
from lightmould.tools.own import ReconstructionRequest

USAGE = "usage: python -m lightmould.engine (run REQUEST.json | sample FOLDER | warm)"


def main(arguments: list[str]) -> int:
    """Run one verb; returns the exit code."""
    try:
        match arguments:
            case ["run", request]:
                path = Path(request)
                asked = codec.read(ReconstructionRequest, path.read_bytes(), path)
                say(Wrote(str(reconstruct.reconstruct(asked, say)), "manifest"))
            case ["sample", folder]:
                say(Wrote(str(write_sample(Path(folder))), "mesh"))
            case ["warm"]:
                cpu.compile_kernels()
            case _:
                sys.stderr.write(USAGE + "\n")
                return 2
    except LightmouldError as error:
        say(Failed(str(error), error.exit_code))
        return error.exit_code
    return 0


def say(event: Event) -> None:
    """Tell the runner."""
    sys.stdout.write(events.line(event))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
