"""Types: the package, its examples and the README's programs under mypy --strict and pyright, strict too."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import oxrtmp
from conftest import ROOT
from test_readme import programs

PACKAGE = Path(oxrtmp.__file__).parent


def mypy(*arguments: str | Path, cwd: Path = ROOT, cache: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def pyright(*arguments: str | Path, cwd: Path) -> str:
    """What pyright says, with this Python's packages before it. No file with a name like a module's may be in cwd."""
    build = Path(os.environ.get("BUILD", "build"))
    program = ROOT / build / "node-peers/node_modules/.bin/pyright"
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# What programs with PyAV are not asked for: its own types leave parameters out.
PYAV = ", ".join(f"reportUnknown{what}Type=false" for what in ("Member", "Argument", "Variable"))
PYAV += ", reportPrivateImportUsage=false"


def strict(directory: Path, *files: Path) -> None:
    """Pyright in its strict mode on copies of files."""
    directory.mkdir()
    (directory / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.11"}))
    for file in files:
        text = file.read_text()
        (directory / file.name).write_text(f"# pyright: {PYAV}\n{text}" if "import av\n" in text else text)
    out = pyright("-p", directory, cwd=directory)
    assert out.strip().endswith("0 errors, 0 warnings, 0 informations"), out


def test_package_is_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").exists() and (PACKAGE / "_native.pyi").exists()


def test_package(tmp_path: Path) -> None:
    mypy("-p", "oxrtmp", cache=tmp_path)


def test_package_in_pyright() -> None:
    """As its pyproject.toml wants it: strict."""
    pyright("-p", ROOT / "bindings/python", cwd=ROOT)


def test_public_types_are_complete(tmp_path: Path) -> None:
    """Everything that a program can see has a type, in every type checker the same one."""
    out = pyright("--verifytypes", "oxrtmp", "--ignoreexternal", cwd=tmp_path)
    assert "Type completeness score: 100%" in out, out
    assert re.search(r"Symbols exported by \"oxrtmp\": \d{3}\n", out), out


def test_examples(tmp_path: Path) -> None:
    examples = sorted((ROOT / "examples/python").glob("*.py"))
    assert len(examples) >= 4
    mypy(*examples, cwd=ROOT / "examples/python", cache=tmp_path / "cache")
    strict(tmp_path / "pyright", *examples)


def test_readme(tmp_path: Path) -> None:
    """With the names that a reader has to fill in."""
    for i, program in enumerate(programs()):
        names = "avcc = asc = nalus = aac = b''\ntimestamp_ms = 0\nkeyframe = True\n"
        (tmp_path / f"program{i}.py").write_text(names + program)
    files = sorted(tmp_path.glob("*.py"))
    mypy(*files, cwd=tmp_path, cache=tmp_path / "cache")
    strict(tmp_path / "pyright", *files)


def test_wrong_use_is_found(tmp_path: Path) -> None:
    """Types that would let everything through are none."""
    wrong = tmp_path / "wrong.py"
    lines = [
        'oxrtmp.Server("127.0.0.1:0", chunk_sise=1)',
        "oxrtmp.Client.publish(1)",
        'oxrtmp.Client.publish("x").send_video(0, True, "text")',
        "oxrtmp.Server().accept().stream_nam",
        'oxrtmp.Packet(9, 0, data="text")',
        "len(oxrtmp.Packet(9, 0).codec.nothing)",
        "oxrtmp.Limits(1)",
    ]
    wrong.write_text("import oxrtmp\n" + "\n".join(lines) + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", wrong],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert found == set(range(2, len(lines) + 2)), done.stdout
