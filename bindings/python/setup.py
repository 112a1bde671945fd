"""Builds libxrtmp and the extension module on it. What can be said without code is in pyproject.toml.

The library's sources are two folders up in a checkout, and in `core` beside this file in a source distribution.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
CORE = HERE / "core" if (HERE / "core").is_dir() else HERE.parents[1]
SONAME = "libxrtmp.so.0"
# What goes into the package beside the extension module.
CARRIED = [SONAME, "NOTICES", "sbom.spdx.json"]
# What a source distribution carries of the library.
SOURCES = ["go.mod", "VERSION", "LICENSE", "include", "capi", "rtmp"]


def tool(name: str, variable: str, what: str) -> None:
    command = os.environ.get(variable, name).split()[0]
    if shutil.which(command) is None:
        raise SystemExit(
            f"oxrtmp: building needs {what}, and there is no command {command!r}. "
            "Install it, or install a wheel of oxrtmp, which needs no compiler."
        )


class BuildPy(build_py):
    """Leaves nothing of an earlier build."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(Path(self.build_lib) / "oxrtmp", ignore_errors=True)
        super().run()


class BuildExt(build_ext):
    """Builds the library first, and puts it beside the extension."""

    def run(self) -> None:
        if "musl" in str(sysconfig.get_config_var("SOABI")):
            raise SystemExit("oxrtmp: musl cannot load shared libraries made by Go: use a Python on glibc")
        if "t" in sys.abiflags:
            raise SystemExit("oxrtmp: free-threaded builds of Python are not supported: use the one that has the GIL")
        tool("go", "GO", "Go 1.25 or later (https://go.dev/dl/)")
        tool("gcc", "CC", "a C compiler")
        library = Path(self.build_temp).absolute() / "libxrtmp"
        subprocess.run([CORE / "capi/build", "-o", library], check=True)
        for extension in self.extensions:
            extension.include_dirs = [str(CORE / "include")]
            extension.extra_objects = [str(library / SONAME)]
        super().run()
        package = Path(self.get_ext_fullpath("oxrtmp._native")).parent
        package.mkdir(parents=True, exist_ok=True)
        for name in CARRIED:
            shutil.copyfile(library / name, package / name)

    def build_extensions(self) -> None:
        # Some Pythons pass on where they themselves were installed.
        self.compiler.linker_so = [a for a in self.compiler.linker_so if not a.startswith("-Wl,-rpath")]
        super().build_extensions()

    def get_outputs(self) -> list[str]:
        package = Path(self.get_ext_fullpath("oxrtmp._native")).parent
        return [*super().get_outputs(), *(str(package / name) for name in CARRIED)]


class BdistWheel(bdist_wheel):
    """Names the platform by the C library's version that the two binaries ask for, as PEP 600 wants it."""

    def get_tag(self) -> tuple[str, str, str]:
        python, abi, _ = super().get_tag()
        versions = {
            (int(major), int(minor))
            for binary in Path(self.bdist_dir or "build").rglob("*.so*")
            for major, minor in re.findall(rb"GLIBC_(\d+)\.(\d+)", binary.read_bytes())
        }
        machine = sysconfig.get_platform().split("-", 1)[1].replace("-", "_").replace(".", "_")
        if not versions:
            return python, abi, f"linux_{machine}"
        major, minor = max(versions)
        return python, abi, f"manylinux_{major}_{max(minor, 17)}_{machine}"


class Sdist(sdist):
    """Takes the library's sources along, and no binaries."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, [f for f in files if ".so" not in Path(f).suffixes])
        core = Path(base_dir) / "core"
        for name in SOURCES:
            source, target = CORE / name, core / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                skip = shutil.ignore_patterns("*_test.go", "testdata", "*.o", "*.so*")
                shutil.copytree(source, target, dirs_exist_ok=True, ignore=skip)
            else:
                shutil.copy2(source, target)


native = Extension(
    "oxrtmp._native",
    sources=sorted(str(path.relative_to(HERE)) for path in (HERE / "native").glob("*.c")),
    depends=[str(HERE / "native/native.h"), str(CORE / "include/oxrtmp.h")],
    define_macros=[("Py_LIMITED_API", "0x030b0000")],
    py_limited_api=True,
    extra_compile_args=["-std=c11", "-Wall", "-Wextra", "-Werror=implicit", "-fvisibility=hidden"],
    extra_link_args=["-Wl,-s", "-Wl,-rpath,$ORIGIN", "-Wl,-z,now", "-Wl,-z,relro"],
)

setup(
    version=(CORE / "VERSION").read_text().strip(),
    ext_modules=[native],
    cmdclass={"build_py": BuildPy, "build_ext": BuildExt, "bdist_wheel": BdistWheel, "sdist": Sdist},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
