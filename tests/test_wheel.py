"""A real wheel in a fresh environment: data files, weights and migrations come along, and a rehearsal works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    [path] = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that holds the wheel; what it depends on is lent from this one, so that no network is needed."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def run(python: Path, home: Path, *args: str) -> str:
    environment = {"PATH": os.environ["PATH"], "REHEARSE_HOME": str(home), "HOME": str(home)}
    done = subprocess.run([python, *args], capture_output=True, text=True, cwd=home, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.wheel
def test_the_wheel_holds_what_a_rehearsal_needs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "rehearse/_data/corpus/ideas/voice-your-desire.md",
        "rehearse/_data/corpus/coaching.yaml",
        "rehearse/_data/personas/marguerite-dunne.yaml",
        "rehearse/perception/weights/encoder.onnx",
    ):
        assert wanted in names
    assert any(name.startswith("rehearse/storage/migrations/versions/") for name in names)
    assert wheel.stat().st_size < 30_000_000


@pytest.mark.slow
@pytest.mark.wheel
def test_a_rehearsal_works_from_the_wheel(python: Path, tmp_path: Path) -> None:
    where = run(python, tmp_path, "-c", "import rehearse; print(rehearse.__file__)")
    assert str(ROOT) not in where
    lines = tmp_path / "pitch.txt"
    lines.write_text(
        "Thanks for making time.\nI'd like to show one director how I read the forum, half an hour a week.\n", encoding="utf-8"
    )
    told = run(
        python, tmp_path, "-m", "rehearse", "play", "--scenario", "pitch-to-boss", "--persona", "marguerite-dunne",
        "--learner", str(lines), "--json",
    )  # fmt: skip
    assert len(json.loads(told)["turns"]) == 2
    found = run(python, tmp_path, "-m", "rehearse", "ideas", "search", "how often should we meet?", "--json")
    assert json.loads(found)[0]["idea"] == "set-clear-expectations"
