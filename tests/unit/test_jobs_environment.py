"""A job's programs see our environment, whatever Houdini or a shell had set."""

from lightmould.jobs.environment import scrubbed


def test_programs_find_their_way_but_nothing_of_houdini() -> None:
    houdini = {
        "PATH": "/usr/bin",
        "HOME": "/home/ada",
        "LC_ALL": "C.UTF-8",
        "CUDA_VISIBLE_DEVICES": "1",
        "PYTHONHOME": "/opt/hfs/python",
        "PYTHONPATH": "/opt/hfs/python/lib",
        "LD_LIBRARY_PATH": "/opt/hfs/dsolib",
        "HOUDINI_PATH": "/opt/hfs/houdini",
        "HFS": "/opt/hfs",
    }
    assert scrubbed(houdini, {}) == {
        "PATH": "/usr/bin",
        "HOME": "/home/ada",
        "LC_ALL": "C.UTF-8",
        "CUDA_VISIBLE_DEVICES": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
    }


def test_a_command_sets_and_unsets_last() -> None:
    environ = {"PATH": "/usr/bin", "HOME": "/home/ada"}
    changes = {"PATH": "/opt/blender", "HOME": None, "PYTHONUNBUFFERED": None, "ABSENT": None}
    assert scrubbed(environ, changes) == {"PATH": "/opt/blender", "PYTHONNOUSERSITE": "1"}
