"""What `python -m oxrtmp` shows: lines for people on a terminal, JSON lines for programs otherwise."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO


class Counted(Protocol):
    """Figures that grow: Statistics and their like."""

    @property
    def bytes(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def video_packets(self) -> int: ...


class Rates:
    """Makes rates of figures that grow."""

    def __init__(self, age: float = 0) -> None:
        """age: for how many seconds they have been growing."""
        self._time, self._bytes, self._frames = time.monotonic() - age, 0, 0

    def __call__(self, now: Counted) -> dict[str, Any]:
        """The rates since the last call."""
        at = time.monotonic()
        seconds = max(at - self._time, 1e-3)
        kbits = (now.bytes - self._bytes) * 8 / 1000 / seconds
        fps = (now.video_packets - self._frames) / seconds
        self._time, self._bytes, self._frames = at, now.bytes, now.video_packets
        return {"kbit_s": round(max(kbits, 0), 1), "fps": round(max(fps, 0), 1), "packets": now.packets}


Row = dict[str, Any]


class Report:
    """Prints what happens, and once a second how far it is. Its methods may be called from any thread."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._live = out, out.isatty()
        self._lock, self._drawn = threading.Lock(), 0

    def say(self, event: str, text: str, **fields: Any) -> None:
        """Something happened: text for people, the fields for programs."""
        with self._lock:
            self._erase()
            self._write(printable(text) if self._live else json.dumps({"event": event, **fields}))

    def progress(self, rows: list[Row]) -> None:
        """Where each stream is: lines that the next ones replace, for people."""
        with self._lock:
            self._erase()
            for row in rows:
                self._write(self._line(row) if self._live else json.dumps({"event": "progress", **row}))
            self._drawn = len(rows) if self._live else 0

    @contextmanager
    def every_second(self, rows: Callable[[], list[Row]]) -> Generator[None]:
        """Show progress as long as the block runs."""
        over = threading.Event()

        def show() -> None:
            while not over.wait(1):
                self.progress(rows())

        thread = threading.Thread(target=show, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            with self._lock:
                self._erase()

    def _line(self, row: Row) -> str:
        figures = {k: v for k, v in row.items() if k not in ("stream", "kbit_s", "fps")}
        rest = "  ".join(f"{k} {v}" for k, v in figures.items())
        name = printable(str(row["stream"]))[:30]
        return f"\x1b[?7l{name:30} {row['kbit_s']:9.0f} kbit/s {row['fps']:6.1f} fps  {rest}\x1b[?7h"

    def _erase(self) -> None:
        if self._drawn:
            self._out.write(f"\x1b[{self._drawn}A\r\x1b[J")
            self._drawn = 0

    def _write(self, line: str) -> None:
        self._out.write(line + "\n")
        self._out.flush()


def printable(text: str) -> str:
    """Without what a peer could use to steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
