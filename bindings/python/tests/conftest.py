"""What the tests share: publishers, programs that run in processes of their own, and a look at what is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import oxrtmp
import pytest
import uvloop
from oxrtmp._reactor import Reactor

ROOT = Path(__file__).resolve().parents[3]
AVCC = bytes.fromhex("0164001fffe1000467640000010004 68000000".replace(" ", ""))
ASC = bytes.fromhex("1190")
TORTURE = bool(os.environ.get("OXRTMP_TORTURE"))


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Waits for a condition of another thread or process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Every test ends with as many handles and packets as it found."""
    gc.collect()
    before = oxrtmp.library_statistics()
    yield
    for _ in range(200):
        gc.collect()
        after = oxrtmp.library_statistics()
        if after.handles <= before.handles and after.packets <= before.packets:
            return
        time.sleep(0.01)
    raise AssertionError(f"left behind: {before} became {after}")


class Collector:
    """A server on a thread that accepts everything and keeps what arrives."""

    def __init__(self, **options: object) -> None:
        self.server = oxrtmp.Server("127.0.0.1:0", **options)  # type: ignore[arg-type]
        self.sessions: list[oxrtmp.Session] = []
        self.packets: list[oxrtmp.Packet] = []
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def url(self, name: str = "test") -> str:
        return f"rtmp://{self.server.address}/live/{name}"

    def _run(self) -> None:
        for request in self.server:
            with request.accept() as session:
                self.sessions.append(session)
                self.packets.extend(session)

    def close(self) -> None:
        self.server.close()
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.packets.clear()


@pytest.fixture
def collector() -> Iterator[Collector]:
    c = Collector()
    yield c
    c.close()


class Program:
    """A Python program in a process of its own, with warnings as errors."""

    def __init__(self, source: str, *args: str, flags: tuple[str, ...] = ("-X", "dev", "-W", "error"), **env: str):
        self.child = subprocess.Popen(
            [sys.executable, *flags, "-c", textwrap.dedent(source), *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
        )

    def line(self) -> str:
        assert self.child.stdout
        return self.child.stdout.readline().rstrip("\n")

    def finish(self, timeout: float = 20) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        try:
            out, err = self.child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.child.kill()
            out, err = self.child.communicate()
            raise AssertionError(f"still running after {timeout} s\n{out}\n{err}") from None
        return self.child.returncode, out, err

    def clean(self, timeout: float = 20) -> str:
        """stdout of a program that ended well and said nothing on stderr."""
        code, out, err = self.finish(timeout)
        assert (code, err) == (0, ""), f"exit code {code}\n{out}\n{err}"
        return out


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    running: list[Program] = []

    def start(*args: str, **options: str) -> Program:
        running.append(Program(*args, **options))  # type: ignore[arg-type]
        return running[-1]

    yield start
    for p in running:
        if p.child.poll() is None:
            p.child.kill()
        p.child.communicate()


class Certificate:
    """A certificate for localhost and 127.0.0.1, which vouches for itself."""

    def __init__(self, directory: Path) -> None:
        self.file, self.key = directory / "certificate.pem", directory / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self.key, "-out", self.file], check=True, capture_output=True,
        )  # fmt: skip
        self.shown = oxrtmp.TLS(certificate_file=self.file, key_file=self.key)
        self.trusted = oxrtmp.TLS(ca_file=str(self.file))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def load_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/load, which publishes many streams of numbered packets."""
    path = tmp_path_factory.mktemp("load") / "load"
    subprocess.run([os.environ.get("GO", "go"), "build", "-o", path, "./tests/load"], cwd=ROOT, check=True)
    return path


Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine, for a minute at most, and demands that no thread and no reactor is left."""

    def start(main: Coroutine[Any, Any, None]) -> None:
        async def bounded() -> None:
            loop = asyncio.get_running_loop()
            faults: list[Any] = []
            loop.set_exception_handler(lambda loop, context: faults.append(context))
            async with asyncio.timeout(60):
                await main
            gc.collect()
            assert faults == []
            assert loop not in Reactor._running

        before = threading.active_count()
        factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
        with asyncio.Runner(debug=True, loop_factory=factory) as runner:
            runner.run(bounded())
        assert threading.active_count() == before

    return start
