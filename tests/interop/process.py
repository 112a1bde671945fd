"""Child processes that cannot outlive their bounds.

Every process of the tests is started here: its output is collected while it
runs, every wait has a limit, and it is ended by its own id.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


class Process:
    """A child process with its output (stdout and stderr) by line."""

    def __init__(self, argv: Sequence[str | Path], *, cwd: Path | None = None, env: dict[str, str] | None = None):
        self.argv = [str(a) for a in argv]
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self.started = time.monotonic()
        self._child = subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=None if env is None else {**os.environ, **env},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._child.stdout
        for raw in self._child.stdout:
            with self._changed:
                self.lines.append(raw.decode(errors="replace").rstrip("\r\n"))
                self._changed.notify_all()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def wait_line(self, wanted: Callable[[str], bool], timeout: float, nth: int = 1) -> str:
        """The nth line that is wanted; fails when the time is over or the process ends without it."""
        deadline = time.monotonic() + timeout
        while True:
            # Asked before looking: what a process wrote before it ended counts.
            over = not self._reader.is_alive() or time.monotonic() > deadline
            with self._changed:
                hits = [line for line in self.lines if wanted(line)]
                if len(hits) >= nth:
                    return hits[nth - 1]
                if over:
                    raise AssertionError(f"the line did not come within {timeout} s\n{self}")
                self._changed.wait(0.05)

    def wait(self, timeout: float) -> int:
        """The exit code; ends the process and fails when the time is over."""
        try:
            code = self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.end()
            raise AssertionError(f"still running after {timeout} s\n{self}") from None
        self._reader.join(5)
        return code

    def succeed(self, timeout: float) -> Process:
        """Waits and demands exit code 0."""
        code = self.wait(timeout)
        assert code == 0, f"exit code {code}\n{self}"
        return self

    def signal(self, number: int) -> None:
        if self.running:
            self._child.send_signal(number)

    def interrupt(self, timeout: float = 5) -> int:
        """Ctrl-C, then the exit code."""
        self.signal(signal.SIGINT)
        return self.wait(timeout)

    def end(self) -> None:
        """Ends the process whatever state it is in."""
        if self.running:
            self._child.kill()
        self._child.wait(10)
        self._reader.join(5)

    def __str__(self) -> str:
        return f"$ {' '.join(self.argv)}\n" + "\n".join(self.lines[-60:])


class Nursery:
    """Starts processes and ends all of them when the test is over."""

    def __init__(self) -> None:
        self._all: list[Process] = []

    def start(self, argv: Sequence[str | Path], **options: object) -> Process:
        process = Process(argv, **options)  # type: ignore[arg-type]
        self._all.append(process)
        return process

    def run(self, argv: Sequence[str | Path], timeout: float = 60, **options: object) -> Process:
        """Starts a process and demands that it succeeds in time."""
        return self.start(argv, **options).succeed(timeout)

    def close(self) -> None:
        for process in reversed(self._all):
            process.end()


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on now, for peers that cannot choose one themselves."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def wait_listening(port: int, process: Process, timeout: float = 10) -> None:
    """Waits until somebody listens on the port of 127.0.0.1, without connecting to it."""
    wanted = f"0100007F:{port:04X}"
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        assert process.running, f"ended before it listened on port {port}\n{process}"
        for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and fields[1] in (wanted, f"00000000:{port:04X}"):
                return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens on port {port} after {timeout} s\n{process}")
