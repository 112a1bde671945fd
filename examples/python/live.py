"""What the programs show: a line per stream, kept up to date on a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Protocol

import oxrtmp


class Source(Protocol):
    """A session or client."""

    def statistics(self) -> oxrtmp.Statistics: ...


MOST_LIVE = 20  # live lines at most, so that they fit on a screen


class Stream:
    """A stream as the screen shows it."""

    def __init__(self, source: Source, name: str, players: Callable[[], int] | None = None) -> None:
        self.source = source
        self.name = printable(name)
        self.players = players  # how many play it
        self.first: int | None = None  # least and greatest decoding time of audio and video
        self.last = 0
        self.line = ""
        self._shown = source.statistics()
        self.update()

    def extend(self, packet: oxrtmp.Packet) -> None:
        """Make the stream as long as the packet says."""
        if packet.type in (8, 9):
            dts = packet.dts_ns
            self.first, self.last = (dts, dts) if self.first is None else (min(self.first, dts), max(self.last, dts))

    @property
    def duration(self) -> float:
        """Seconds of audio and video."""
        return (self.last - self.first) / 1e9 if self.first is not None else 0.0

    def summary(self) -> str:
        """The figures for the line at the stream's end."""
        n = self.source.statistics()
        duration = (self.last - (self.first or 0)) // 1_000_000
        return (
            f"packets={n.packets} audio={n.audio_packets} video={n.video_packets} data={n.data_packets} "
            f"bytes={n.bytes} keyframes={n.keyframes} malformed={n.malformed} duration_ms={duration}"
        )

    def update(self) -> None:
        """Make the live line, with the rates since the last call."""
        now, before = self.source.statistics(), self._shown
        seconds = (now.duration_ns - before.duration_ns) / 1e9
        kbits = (now.bytes - before.bytes) * 8 / 1000 / seconds if seconds > 0 else 0.0
        fps = (now.video_packets - before.video_packets) / seconds if seconds > 0 else 0.0
        self._shown = now
        up = now.duration_ns // 1_000_000_000
        self.line = (
            f"{self.name[:24]:24} {up // 3600}:{up // 60 % 60:02}:{up % 60:02} {now.packets:9} packets "
            f"{kbits:8.0f} kbit/s {fps:6.1f} fps"
        )
        if self.players:
            self.line += f" {self.players():5} playing"


class Screen:
    """Prints lines, and on a terminal keeps a block of live lines below them. Its methods may be called from any thread."""

    def __init__(self, quiet: bool) -> None:
        self.live = not quiet and sys.stdout.isatty()
        self._lock = threading.Lock()
        self._streams: list[Stream] = []
        self._drawn = 0

    def print(self, text: str) -> None:
        """A line that stays, above the live ones."""
        with self._lock:
            self._draw(text + "\n")

    def add(self, stream: Stream) -> None:
        with self._lock:
            self._streams.append(stream)
            self._draw("")

    def remove(self, stream: Stream) -> None:
        with self._lock:
            self._streams.remove(stream)
            self._draw("")

    def refresh(self) -> None:
        """Bring the live lines up to date: to be called once a second."""
        with self._lock:
            for stream in self._streams:
                stream.update()
            self._draw("")

    def keep(self, stopped: threading.Event) -> None:
        """Refresh once a second, on a thread of its own, until stopped."""
        while not stopped.wait(1):
            self.refresh()

    def _draw(self, text: str) -> None:
        erase = f"\x1b[{self._drawn}A\r\x1b[J" if self._drawn else ""
        block = self._streams[:MOST_LIVE] if self.live else []
        self._drawn = len(block)
        out = erase + text + "".join(f"\x1b[?7l{stream.line}\x1b[?7h\n" for stream in block)
        if out:
            sys.stdout.write(out)
            sys.stdout.flush()


def printable(text: str) -> str:
    """Replaces what a peer could use to write on the terminal, or to break a word in two."""
    return "".join(c if c.isprintable() and not c.isspace() else "_" for c in text)
