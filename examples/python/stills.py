"""Stills decodes what publishers send, and keeps a picture of each stream every few seconds, with how loud it was.

    pip install av numpy
    python stills.py -listen localhost:1935 -every 2 pictures
    ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test

Packets go to FFmpeg's decoders by way of PyAV: `oxrtmp.codec` names the decoder and makes its extradata of a sequence header,
for H.264, H.265, AV1, VP9, AAC, Opus and all others alike. A frame becomes a numpy array, height by width by red, green and
blue; what is done with it is up to you, and here it becomes a PNG file. A publisher that sends more than can be decoded has
to wait: the library takes no more from it than its queue holds.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import re
import signal
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import av
import numpy as np
import oxrtmp
from av.error import FFmpegError

Array = np.ndarray[Any, np.dtype[Any]]
AUDIO, VIDEO = 8, 9
# The decoder that FFmpeg calls av1 wants a graphics card.
SOFTWARE = {"av1": "libdav1d"}


def codec_context(name: str, mode: Literal["r", "w"]) -> Any:
    """What decodes or encodes. PyAV's types of it do not say all."""
    return av.CodecContext.create(name, mode)


def decoder_for(header: oxrtmp.Packet) -> Any:
    """The decoder of a track, by its sequence header. ValueError where FFmpeg has none."""
    name = oxrtmp.codec.describe(header).name
    context = codec_context(SOFTWARE.get(name, name), "r")
    context.extradata = oxrtmp.codec.extradata(header.codec, header.data) or None
    return context


class Track:
    """Decodes one track of a stream."""

    def __init__(self) -> None:
        self._decoder: Any = None
        self.broken = 0  # packets that could not be decoded

    def decode(self, packet: oxrtmp.Packet | None) -> Iterator[av.AudioFrame | av.VideoFrame]:
        """The frames that a packet completes; None: those that the decoder still holds. Their pts is in nanoseconds."""
        if packet is not None and packet.kind == oxrtmp.PacketKind.SEQUENCE_HEADER and packet.size > 0:
            yield from self.decode(None)  # another one follows, of another size perhaps
            self._decoder = decoder_for(packet)
            return
        if self._decoder is None or (packet is not None and packet.kind != oxrtmp.PacketKind.FRAME):
            return
        data = None
        if packet is not None:
            data = av.Packet(bytes(packet.data))
            data.pts, data.dts, data.time_base = packet.pts_ns, packet.dts_ns, Fraction(1, 10**9)
        try:
            yield from self._decoder.decode(data)
        except FFmpegError:  # a damaged frame; or the first ones lack what they refer to
            self.broken += 1


def write_png(picture: Array, path: Path) -> None:
    """Write an array of height by width by 3 bytes."""
    encoder = codec_context("png", "w")
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base = "rgb24", Fraction(1, 1)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    path.write_bytes(b"".join(bytes(part) for part in [*encoder.encode(frame), *encoder.encode(None)]))


class Stills:
    """Keeps pictures of one stream: of its first audio and its first video track."""

    def __init__(self, directory: Path, every: float) -> None:
        self.directory, self.every = directory, round(every * 10**9)
        self.tracks = {AUDIO: Track(), VIDEO: Track()}
        self.loudness: list[float] = []  # mean squares of the sound since the last picture
        self.due: int | None = None
        self.count = 0
        directory.mkdir(parents=True, exist_ok=True)

    def take(self, packet: oxrtmp.Packet | None) -> None:
        """Look at a packet; None: at what is left."""
        for kind, track in self.tracks.items():
            if packet is None or (packet.type == kind and packet.track == 0):
                for frame in track.decode(packet):
                    if isinstance(frame, av.AudioFrame):
                        self.hear(frame)
                    else:
                        self.see(frame)

    def hear(self, frame: av.AudioFrame) -> None:
        samples = frame.to_ndarray().astype(float)  # channels by samples
        full = 1 if frame.format.name.startswith("flt") else 2 ** (8 * frame.format.bytes - 1)
        self.loudness.append(float(np.mean((samples / full) ** 2)))

    def see(self, frame: av.VideoFrame) -> None:
        pts = frame.pts or 0
        if self.due is not None and pts < self.due:
            return
        self.due = pts + self.every
        picture = frame.to_ndarray(format="rgb24")
        path = self.directory / f"{pts // 10**6:08}.png"
        write_png(picture, path)
        self.count += 1
        means = " ".join(f"{mean:.0f}" for mean in picture.mean(axis=(0, 1)))
        level = 10 * math.log10(max(sum(self.loudness) / max(len(self.loudness), 1), 1e-10))
        self.loudness.clear()
        print(f"still {path} {frame.width}x{frame.height} rgb {means} sound {level:.1f} dB", flush=True)


def receive(session: oxrtmp.Session, flags: argparse.Namespace) -> None:
    """Take pictures of a stream to its end."""
    name = re.sub(r"[^\w-]", "_", session.stream_name)
    stills = Stills(flags.directory / name, flags.every)
    for packet in session:
        stills.take(packet)
    stills.take(None)
    broken = sum(track.broken for track in stills.tracks.values())
    print(f"end {name} stills={stills.count} broken={broken}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stills", description="Keep pictures of what publishers send.")
    parser.add_argument("-listen", metavar="ADDRESS", default="127.0.0.1:1935", help="accept publishers here")
    parser.add_argument("-every", metavar="SECONDS", type=float, default=2, help="between two pictures; 0: every frame")
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help="one below it for each stream")
    return parser.parse_args()


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    flags = arguments()
    signal.signal(signal.SIGTERM, interrupt)

    def serve(request: oxrtmp.Request) -> None:
        with request.accept() as session:
            receive(session, flags)

    try:
        with oxrtmp.Server(flags.listen) as server, contextlib.suppress(KeyboardInterrupt):
            print("listening on " + ", ".join(server.addresses), flush=True)
            server.serve(serve)  # each on a thread of its own
    except oxrtmp.Error as error:
        print(f"stills: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
