"""The programs in README.md, as they stand there."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from media import Library
from peers import ffmpeg_send
from process import BUILD, ROOT, Nursery, free_port

ADDRESS = "127.0.0.1:1935"


def block(language: str) -> str:
    """The README's one server program in a language."""
    found = [
        b for b in re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL) if ADDRESS in b
    ]
    assert len(found) == 1, f"{len(found)} {language} programs in README.md listen on {ADDRESS}"
    return found[0]


def build_c(nursery: Nursery, directory: Path, source: str) -> Path:
    """By pkg-config from an installed tree, as the program's first line says."""
    nursery.run([ROOT / "packaging/install", BUILD, directory / "installed"])
    (directory / "ingest.c").write_text(source)
    flags = nursery.run(
        ["pkg-config", "--cflags", "--libs", "oxrtmp"],
        env={"PKG_CONFIG_PATH": str(directory / "installed/lib/pkgconfig")},
    ).output.split()
    program = directory / "ingest"
    nursery.run(["cc", "-Wall", "-Wextra", "-Werror", directory / "ingest.c", *flags, "-o", program])
    return program


def build_go(nursery: Nursery, directory: Path, source: str) -> Path:
    """In a module of its own, with the replace line that README names."""
    (directory / "main.go").write_text(source)
    (directory / "go.mod").write_text(f"module user\n\ngo 1.25\n\nrequire oxrtmp v0.0.0\n\nreplace oxrtmp => {ROOT}\n")
    program = directory / "ingest"
    nursery.run(["go", "build", "-o", program, "."], cwd=directory, timeout=120)
    return program


def build_python(nursery: Nursery, directory: Path, source: str) -> Path:
    """As a script for the Python that the package is installed for."""
    program = directory / "ingest.py"
    program.write_text(f"#!{sys.executable} -u\n{source}")
    program.chmod(0o755)
    return program


def build_node(nursery: Nursery, directory: Path, source: str) -> Path:
    """As a script beside the package."""
    (directory / "node_modules").mkdir()
    (directory / "node_modules/oxrtmp").symlink_to(ROOT / "bindings/node")
    program = directory / "ingest.mjs"
    program.write_text(f"#!/usr/bin/env node\n{source}")
    program.chmod(0o755)
    return program


BUILDS = {"c": build_c, "go": build_go, "python": build_python, "js": build_node}


@pytest.mark.parametrize(("language", "build"), BUILDS.items(), ids=list(BUILDS))
def test_readme_server(nursery: Nursery, library: Library, tmp_path: Path, language: str, build) -> None:
    port = free_port()
    program = build(nursery, tmp_path, block(language).replace(ADDRESS, f"127.0.0.1:{port}"))
    # A program's output into a pipe is held back by C until a block is full: unbuffered here, as on a terminal.
    server = nursery.start(
        ["stdbuf", "-oL", program], env={"LD_LIBRARY_PATH": str(tmp_path / "installed/lib"), "PATH": os.environ["PATH"]}
    )
    clip = library.clip("h264", "aac")
    refused = None
    for _ in range(50):  # until it listens
        refused = ffmpeg_send(nursery, clip, f"rtmp://127.0.0.1:{port}/live/wrong")
        assert refused.wait(10) != 0
        if "Connection refused" not in refused.output:
            break
    assert refused and "unauthorized" in refused.output, str(refused)
    encoder = ffmpeg_send(nursery, clip, f"rtmp://127.0.0.1:{port}/live/secret")
    server.wait_line(lambda line: re.fullmatch(r"\d+ ms track 0,? \d+ bytes", line) is not None, 15, nth=60)
    encoder.interrupt()
