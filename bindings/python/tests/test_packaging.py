"""What is built: the wheel, installing it without a compiler, and building from a source distribution."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "bindings/python"
CHECK = """
import threading, oxrtmp, oxrtmp.aio
with oxrtmp.Server("127.0.0.1:0") as server:
    thread = threading.Thread(target=lambda: oxrtmp.Client.publish(f"rtmp://{server.address}/live/x").close())
    thread.start()
    with server.accept(10).accept() as session:
        assert list(session) == []
    thread.join()
print("works", oxrtmp.__file__)
"""


SUBINTERPRETERS = f"""
import sys
try:
    import _interpreters
except ImportError:
    import _xxsubinterpreters as _interpreters
for isolated in (False, True):
    if sys.version_info >= (3, 13):
        one = _interpreters.create("isolated" if isolated else "legacy")
    else:
        one = _interpreters.create(isolated=isolated)
    try:
        failed = _interpreters.run_string(one, {CHECK!r})
    except Exception as error:
        print(str(error).replace("<class 'ImportError'>", "ImportError"), flush=True)
    else:
        if failed is not None:
            print(failed.formatted, flush=True)
    _interpreters.destroy(one)
"""
OWN_MEMORY = """
import sys, oxrtmp
if sys.version_info >= (3, 13):
    import _interpreters
    packets = "import oxrtmp; [oxrtmp.Packet(9, 0, data=b'x') for _ in range(9)]"
    for _ in range(3):
        one = _interpreters.create(_interpreters.new_config("isolated", gil="shared"))
        exec(packets)
        assert _interpreters.run_string(one, packets) is None
        exec(packets)
        _interpreters.destroy(one)
        exec(packets)
"""
TOOLS = Path(sys.executable).parent


def pythons() -> list[Path]:
    """Every CPython from 3.11 on that is here: on the usual path, and what pyenv has installed."""
    places = [Path("/usr/bin"), Path("/usr/local/bin")]
    places += sorted(Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob("versions/3.*/bin"))
    found = {(p := place / f"python3.{minor}").resolve(): p for place in places for minor in range(11, 20)}
    return [p for resolved, p in found.items() if resolved.exists()] or [Path(sys.executable)]


def run(*command: str | Path, cwd: Path = PACKAGE, **env: str) -> str:
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def pip(python: Path | str, *arguments: str | Path, **env: str) -> str:
    return run(python, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", *arguments, **env)


def empty_venv(directory: Path) -> Path:
    run(sys.executable, "-m", "venv", directory)
    python = directory / "bin/python"
    assert "oxrtmp" not in pip(python, "list")
    return python


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", out, PACKAGE)
    (found,) = out.glob("*.whl")
    return found


def test_wheel(wheel: Path) -> None:
    """One for every CPython from 3.11 on, named after the C library it needs, with all it needs and no more."""
    version = (ROOT / "VERSION").read_text().strip()
    machine = os.uname().machine
    assert re.fullmatch(rf"oxrtmp-{re.escape(version)}-cp311-abi3-manylinux_2_(\d+)_{machine}\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as z:
        names = set(z.namelist())
        modules = {"oxrtmp/" + p.name for p in (PACKAGE / "src/oxrtmp").glob("*.py")}
        binaries = {"oxrtmp/_native.abi3.so", "oxrtmp/libxrtmp.so.0"}
        assert {n for n in names if n.startswith("oxrtmp/")} == modules | binaries | {
            "oxrtmp/py.typed",
            "oxrtmp/_native.pyi",
            "oxrtmp/NOTICES",
            "oxrtmp/sbom.spdx.json",
        }
        assert b"Go Authors" in z.read("oxrtmp/NOTICES")
        info = next(n for n in names if n.endswith("/METADATA"))
        metadata = z.read(info).decode()
        assert (
            "Requires-Dist" not in metadata
            and "Requires-Python: >=3.11" in metadata
            and "License-Expression: MIT" in metadata
        )
        assert any(n.endswith("licenses/LICENSE") for n in names)
        assert b"Root-Is-Purelib: false" in z.read(info.replace("METADATA", "WHEEL"))


def test_binaries(wheel: Path, tmp_path: Path) -> None:
    """The extension finds the library beside it, and shows one symbol; nothing asks for a newer C library than the tag."""
    with zipfile.ZipFile(wheel) as z:
        z.extractall(tmp_path)
    native = tmp_path / "oxrtmp/_native.abi3.so"
    dynamic = run("readelf", "-d", native)
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
    assert "libxrtmp.so.0" in needed and needed <= {"libxrtmp.so.0", "libc.so.6", "libpthread.so.0"}
    assert re.search(r"RUNPATH.*\[\$ORIGIN\]", dynamic)
    defined = run("nm", "-D", "--defined-only", native).split()[2::3]
    assert defined == ["PyInit__native"]
    tag = int(re.search(r"manylinux_2_(\d+)", wheel.name)[1])  # type: ignore[index]
    for binary in (native, tmp_path / "oxrtmp/libxrtmp.so.0"):
        versions = {int(v) for v in re.findall(r"GLIBC_2\.(\d+)", run("objdump", "-T", binary))}
        assert max(versions) <= tag


def test_installing_the_wheel_runs_no_compiler(wheel: Path, tmp_path: Path) -> None:
    """Into an empty environment, with no other command on the path, without the network; then it works."""
    python = empty_venv(tmp_path / "venv")
    path = str(python.parent)
    assert shutil.which("gcc", path=path) is None and shutil.which("go", path=path) is None
    pip(python, "install", "--no-index", wheel, PATH=path)
    out = run(python, "-X", "dev", "-W", "error", "-c", CHECK, cwd=tmp_path, PATH=path)
    assert out.startswith("works") and str(tmp_path) in out
    pip(python, "uninstall", "-y", "oxrtmp")
    assert not list((tmp_path / "venv").rglob("*xrtmp*"))


def test_what_others_say_of_the_wheel(wheel: Path) -> None:
    """auditwheel finds it to be what its name says, abi3audit that it keeps to the limited API of 3.11."""
    tag = wheel.stem.rpartition("-")[2]
    said = " ".join(run(TOOLS / "auditwheel", "show", wheel).split())
    assert f'is consistent with the following platform tag: "{tag}"' in said, said
    report = json.loads(run(TOOLS / "abi3audit", "--strict", "--report", wheel))
    (audited,) = report["specs"][str(wheel)]["wheel"]
    assert audited["name"] == "_native.abi3.so" and audited["result"] == {
        "is_abi3": True,
        "is_abi3_baseline_compatible": True,
        "baseline": "3.11",
        "computed": audited["result"]["computed"],
        "non_abi3_symbols": [],
        "future_abi3_objects": {},
    }


@pytest.mark.parametrize("python", pythons(), ids=str)
def test_every_python(wheel: Path, tmp_path: Path, python: Path) -> None:
    """The same wheel, installed into an empty environment of every CPython from 3.11 on that is here."""
    run(python, "-m", "venv", "--without-pip", tmp_path / "venv")
    own = tmp_path / "venv/bin/python"
    pip(sys.executable, "--python", own, "install", "--no-index", "--no-compile", wheel)
    assert run(own, "-W", "error", "-c", CHECK, cwd=tmp_path).startswith(f"works {tmp_path}")
    said = run(own, "-c", SUBINTERPRETERS, cwd=tmp_path).splitlines()
    version = tuple(map(int, run(own, "-c", "import sys; print(*sys.version_info[:2])").split()))
    assert said[0].startswith("works")  # one that shares the GIL
    if version >= (3, 12):  # one with a GIL of its own
        assert said[1].startswith("ImportError: oxrtmp: this is a subinterpreter with a GIL of its own"), said
    run(own, "-c", OWN_MEMORY, cwd=tmp_path)


def test_free_threaded_builds_are_refused_in_words(tmp_path: Path) -> None:
    """By the import, before the extension module is touched, and by the build."""
    free = "import sys, sysconfig; sysconfig.get_config_vars(); sys.abiflags = 't'\n"
    failed = subprocess.run([sys.executable, "-c", free + "import oxrtmp"], capture_output=True, text=True, timeout=60)
    assert failed.returncode == 1 and "ImportError: oxrtmp: this Python is a free-threaded" in failed.stderr, failed
    refused = setup_after(free, tmp_path)
    assert refused.returncode == 1 and refused.stderr.startswith("oxrtmp: free-threaded builds"), refused.stderr


def test_installing_the_checkout(tmp_path: Path) -> None:
    """pip install ./bindings/python. What pip would fetch for the build, setuptools, is taken from here."""
    python = empty_venv(tmp_path / "venv")
    packages = Path(run(sys.executable, "-c", "import setuptools; print(setuptools.__file__)").strip()).parents[1]
    target = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    for source in [*packages.glob("setuptools*"), packages / "_distutils_hack"]:
        if source.is_dir():
            shutil.rmtree(target / source.name, ignore_errors=True)
            shutil.copytree(source, target / source.name)
    install = ["install", "--no-build-isolation", "--no-index", "./bindings/python"]
    run(python, "-m", "pip", "--disable-pip-version-check", *install, cwd=ROOT)
    assert run(python, "-X", "dev", "-W", "error", "-c", CHECK, cwd=tmp_path).startswith("works")


def test_source_distribution(tmp_path: Path) -> None:
    """It carries the library's sources, and builds far from the checkout; without Go or a C compiler it says so."""
    hook = f"from setuptools import build_meta; print(build_meta.build_sdist({str(tmp_path)!r}))"
    name = run(sys.executable, "-c", hook).split()[-1]
    with tarfile.open(tmp_path / name) as t:
        names = t.getnames()
        t.extractall(tmp_path, filter="data")
    top = tmp_path / name.removesuffix(".tar.gz")
    for wanted in (
        "core/go.mod",
        "core/include/oxrtmp.h",
        "core/capi/build",
        "core/capi/notices",
        "core/VERSION",
        "core/LICENSE",
        "native/module.c",
        "LICENSE",
    ):
        assert f"{top.name}/{wanted}" in names
    assert not [n for n in names if n.endswith(("_test.go", ".so", ".so.0", ".o"))]
    pip(sys.executable, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", tmp_path / "out", top)
    (built,) = (tmp_path / "out").glob("*.whl")
    with zipfile.ZipFile(built) as z:
        assert b"Go Authors" in z.read("oxrtmp/NOTICES")
        z.extractall(tmp_path / "installed")
    out = run(sys.executable, "-c", CHECK, cwd=tmp_path, PYTHONPATH=str(tmp_path / "installed"))
    assert str(tmp_path / "installed") in out

    for present, what in (("gcc", "Go 1.25 or later"), ("go", "a C compiler")):
        (tmp_path / present).mkdir()
        (tmp_path / present / present).symlink_to("/bin/true")
        failed = subprocess.run(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-build-isolation", "--no-deps",
             "--no-index", "-w", tmp_path / "none", top],
            env={"PATH": str(tmp_path / present)}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        said = failed.stdout + failed.stderr
        assert failed.returncode == 1 and f"oxrtmp: building needs {what}" in said and "Traceback" not in said, said
        assert "install a wheel of oxrtmp, which needs no compiler" in said, said


def setup_after(code: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """setup.py build_ext in an interpreter that code has changed."""
    setup = (
        "import runpy, sys; sys.argv = ['setup.py', '-q', 'build_ext', '-b', sys.argv[1], '-t', sys.argv[1]]\n"
        "runpy.run_path('setup.py', run_name='__main__')"
    )
    command = [sys.executable, "-c", code + setup, directory]
    return subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True, timeout=60, check=False)


def test_musl_is_refused_in_words(tmp_path: Path) -> None:
    """By the import, and before anything is built."""
    script = (
        "import sysconfig; real = sysconfig.get_config_var\n"
        "sysconfig.get_config_var = lambda name: 'cpython-312-x86_64-linux-musl' if name == 'SOABI' else real(name)\n"
    )
    hidden = "import sys; sys.modules['oxrtmp._native'] = None\nimport oxrtmp"
    for musl, words in ((script, "musl.*glibc.*python:3.12-slim"), ("", "extension module cannot be loaded")):
        failed = subprocess.run([sys.executable, "-c", musl + hidden], capture_output=True, text=True, timeout=60)
        assert failed.returncode == 1 and re.search(f"ImportError: oxrtmp: .*{words}", failed.stderr), failed.stderr
    refused = setup_after(script, tmp_path)
    assert refused.returncode == 1 and "musl cannot load" in refused.stderr, refused.stderr
