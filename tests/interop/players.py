"""The programs of others that play from us, and what each of them got.

A player tells what it got in one of three ways, each comparable with what the same way tells of a file that holds what
was published: the FLV tags as they came, the packets of each stream, or the checksums of what it decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flv
from peers import FFMPEG, MODERN, ModernPeer
from process import Nursery, Process
from programs import PULL, pull

# What a player shows its pictures and plays its sound on, where there is neither screen nor loudspeaker.
HEADLESS = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}


@dataclass(frozen=True)
class Frame:
    """A tag, packet or decoded frame: what it holds, and its time in milliseconds."""

    digest: str
    ms: float


Streams = dict[str, list[Frame]]  # by kind, "video" and "audio"


@dataclass(frozen=True)
class Player:
    name: str
    start: Callable[[Nursery, str, Path], Process]  # plays an URL, and writes what it got to a file if it can
    got: Callable[[Nursery, Process, Path], Streams]
    sent: Callable[[Nursery, Path], Streams]  # what it would get of all that is in a file
    verbatim: bool = False  # its file holds the tags as they came
    enhanced: bool = False  # it knows Enhanced RTMP, or need not
    codes: tuple[int, ...] = (0,)  # with which it ends when the stream does
    loses: int = 0  # so many messages at the end, which it may drop when it hears that the stream is over


def is_header(t: flv.Tag) -> bool:
    """Sequence headers and ends, and what describes the colours: players write them as they like."""
    if t.type == flv.VIDEO:
        if t.data[0] & 0x80:  # Enhanced RTMP: the packet type says it
            return t.data[0] & 0x0F in (0, 2, 4)
        return t.data[0] & 0x0F == 7 and t.data[1] != 1
    if t.data[0] >> 4 == 9:
        return t.data[0] & 0x0F in (0, 2)
    return t.data[0] >> 4 == 10 and t.data[1] == 0


def frames(tags: list[flv.Tag]) -> list[flv.Tag]:
    return [t for t in flv.media(tags) if not is_header(t)]


def tags_of(file: Path) -> Streams:
    tags = frames(flv.read(file))
    return {
        name: [Frame(t.digest, t.timestamp) for t in tags if t.type == kind]
        for name, kind in (("video", flv.VIDEO), ("audio", flv.AUDIO))
    }


def writes_flv(name: str, argv: Callable[[str, Path], list[str | Path]], **rest: Any) -> Player:
    return Player(
        name,
        start=lambda nursery, url, file: nursery.start(argv(url, file)),
        got=lambda nursery, process, file: tags_of(file),
        sent=lambda nursery, copy: tags_of(copy),
        **rest,
    )


def packets_of(lines: list[dict[str, object]]) -> Streams:
    """The first stream is the video in everything that the tests publish."""
    return {
        name: [Frame(str(p["sha256"]), float(str(p["dts_ms"]))) for p in lines if p["stream"] == index]
        for index, name in enumerate(("video", "audio"))
    }


def modern(peer: ModernPeer) -> Player:
    return Player(
        peer.name,
        start=lambda nursery, url, file: peer.read(nursery, url),
        got=lambda nursery, process, file: packets_of(peer.parse(process)),
        sent=lambda nursery, copy: packets_of(peer.packets(nursery, copy)),
        enhanced=True,
    )


# Sound is decoded as well, but an AAC decoder adds noise of its own.
DECODE = ["-vf", "showinfo"]
PICTURE = re.compile(r" pts_time:(\S+) .* checksum:(\w+)")


def decoded_of(process: Process) -> Streams:
    shown = [m for line in process.lines if (m := PICTURE.search(line))]
    return {"video": [Frame(m[2], 1000 * float(m[1])) for m in shown]}


def decode(nursery: Nursery, copy: Path) -> Streams:
    command = [*FFMPEG, "-loglevel", "info", "-copyts", "-i", copy, *DECODE, "-fps_mode", "passthrough"]
    return decoded_of(nursery.run([*command, "-f", "null", "-"]))


FFPLAY = Player(
    "ffplay",
    start=lambda nursery, url, file: nursery.start(
        ["ffplay", "-noframedrop", "-autoexit", "-nostats", "-loglevel", "info", *DECODE, url], env=HEADLESS
    ),
    got=lambda nursery, process, file: decoded_of(process),
    sent=decode,
)

OTHERS = [
    writes_flv("ffmpeg", lambda url, file: [*FFMPEG, "-i", url, "-c", "copy", "-f", "flv", file]),
    FFPLAY,
    writes_flv(
        "mpv", lambda url, file: ["mpv", "--no-config", "--vo=null", "--ao=null", f"--stream-record={file}", url]
    ),
    writes_flv(
        "gstreamer",
        lambda url, file: ["gst-launch-1.0", "-q", "rtmp2src", f"location={url}", "!", "filesink", f"location={file}"],
        verbatim=True,
        enhanced=True,
        loses=1,
    ),
    writes_flv(
        "rtmpdump",
        lambda url, file: ["rtmpdump", "--live", "-r", url, "-o", file],
        verbatim=True,
        enhanced=True,
        codes=(0, 2),  # 2: less than the duration that the metadata tells
    ),
    *(modern(peer) for peer in MODERN),
]
OURS = [
    Player(
        f"pull-{language}",
        start=lambda nursery, url, file, language=language: pull(nursery, language, url, file),
        got=lambda nursery, process, file: tags_of(file),
        sent=lambda nursery, copy: tags_of(copy),
        verbatim=True,
        enhanced=True,
    )
    for language in PULL
]


class Watching:
    """A player at work."""

    def __init__(self, nursery: Nursery, player: Player, url: str, directory: Path):
        self.nursery, self.player = nursery, player
        self.file = directory / f"{player.name}.flv"
        self.process = player.start(nursery, url, self.file)

    def check(self, copy: Path, *, late: bool, timeout: float = 40) -> str:
        """Waits for its end, and compares. Empty if it got everything from a keyframe on, otherwise what is wrong.

        One that is late may have missed the beginning, and not all of the rest; any other has missed nothing.
        """
        try:
            code = self.process.wait(timeout)
            if code not in self.player.codes:
                return f"{self.player.name}: exit code {code}\n{self.process}"
            fault = self._compare(copy, late)
        except (AssertionError, ValueError, OSError) as error:
            fault = str(error)
        return f"{self.player.name}: {fault}" if fault else ""

    def _compare(self, copy: Path, late: bool) -> str:
        player = self.player
        got, sent = player.got(self.nursery, self.process, self.file), player.sent(self.nursery, copy)
        begins = {}
        for kind, all_sent in sent.items():
            fault, begins[kind] = compare(all_sent, got[kind], player.loses)
            if fault:
                return f"{kind}: {fault}\n" + "\n".join(line[:160] for line in self.process.lines[-5:])
        if late != (begins["video"] > 0):
            return f"it begins with video frame {begins['video']}"
        return self._compare_order(copy) if player.verbatim else ""

    def _compare_order(self, copy: Path) -> str:
        """Audio, video and their timestamps as they were published, from the first video frame on, which is a keyframe."""
        got, sent = frames(flv.read(self.file)), frames(flv.read(copy))
        first = next(t for t in got if t.type == flv.VIDEO)
        if first.data[0] >> 4 & 7 != 1:
            return f"begins with {first}"
        got, sent = got[got.index(first) :], sent[sent.index(first) :]
        return flv.difference(sent[: max(len(got), len(sent) - self.player.loses)], got)


def compare(sent: list[Frame], got: list[Frame], loses: int) -> tuple[str, int]:
    """Demands that got is the end of sent, or lacks so many at the end, its times moved by one amount.

    Returns what is wrong, and with which frame it begins.
    """
    if len(got) < 30:
        return f"only {len(got)} frames", 0
    digests, wanted = [f.digest for f in sent], [f.digest for f in got]
    for at in range(max(0, len(sent) - len(got) - loses), len(sent) - len(got) + 1):
        if digests[at : at + len(got)] == wanted:
            break
    else:
        places = [digests.index(digest) if digest in digests else None for digest in wanted]
        gaps = [b for a, b in zip(places, places[1:]) if a is None or b != a + 1]
        return f"{len(got)} of {len(sent)} frames, those from {places[0]} to {places[-1]}, gaps at {gaps[:10]}", 0
    moved = [round(g.ms - s.ms) for g, s in zip(got, sent[at:])]
    if max(moved) - min(moved) > 2:  # rounded
        return f"times are moved by {sorted(set(moved))} ms", at
    return "", at
