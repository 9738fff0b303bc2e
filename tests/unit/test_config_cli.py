"""`lightmould config`: nvdiffrec's configurations without nvdiffrec."""

import json
from dataclasses import fields
from pathlib import Path

import pytest
from fakes.nvdiffrec import installed

from lightmould.cli import main
from lightmould.formats import nvdiffrec
from lightmould.formats.nvdiffrec import Config
from lightmould.settings import presets


def test_every_preset_is_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == list(presets.trainings())
    assert len(names) == 18
    assert main(["config", "show", "nerf_mic"]) == 0
    shown = capsys.readouterr().out
    assert nvdiffrec.read(shown, Path("shown")) == presets.training("nerf_mic")
    assert main(["config", "show", "nerf_mic", "--every"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(fields(Config))


def test_every_key_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "explain"]) == 0
    out = capsys.readouterr().out
    for one in nvdiffrec.explained():
        assert one.meaning
        assert f"{one.name}: {one.meaning}\n    {one.wanted}" in out
    assert main(["config", "explain", "texture_re"]) == 3
    assert "Did you mean 'texture_res'?" in capsys.readouterr().err


def test_two_configurations_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "diff", "bob", "bob_flexi"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert 'isosurface: "dmtet" -> "flexicubes"' in told
    assert "dmtet_grid: 64 -> 48" in told


def test_what_is_written_is_checked_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.json"
    changes = ["--set", "iter=20", "--set", "background=black"]
    assert main(["config", "write", "bob", "--out", str(out), *changes]) == 0
    found = nvdiffrec.read(out.read_bytes(), out)
    assert (found.iter, found.background, found.batch) == (20, "black", 4)
    out.unlink()
    assert main(["config", "write", "bob", "--out", str(out), "--set", "iter=x"]) == 3
    assert not out.exists()
    assert main(["config", "write", "bob", "--out", str(out), "--set", "iter"]) == 4
    assert "KEY=VALUE" in capsys.readouterr().err


def test_a_check_says_what_is_wrong_and_what_is_odd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = installed(tmp_path)
    monkeypatch.setenv("LIGHTMOULD_NVDIFFREC", str(fake.checkout))
    assert main(["config", "check", "nerf_mic", "--dataset", str(tmp_path / "none")]) == 1
    told = capsys.readouterr().out
    assert "wrong: " in told
    assert "transforms_train.json" in told
    assert "dmtet_grid: found 128" in told
    assert "odd: custom_mip does nothing without base_mesh." in told
    assert main(["config", "show", "nobody"]) == 3
    assert "a file, or one of draft" in capsys.readouterr().err
