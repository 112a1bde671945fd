"""Tracks publishes several audio and video tracks as one stream, and writes the tracks one wants of such a stream to an
FLV file that any player knows (Enhanced RTMP v2, "Multitrack").

    python tracks.py camera-1.flv camera-2.flv rtmp://localhost/live/test       publishes
    python tracks.py -video 1 -audio none rtmp://localhost/live/test out.flv    plays and selects
    python tracks.py -video 1 -listen localhost:1935 out.flv                    waits for a publisher, and selects

tracks_aio.py is the same program for asyncio.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import oxrtmp
import trust
from oxrtmp import Packet, PacketFlags, PacketKind

AUDIO, VIDEO = 8, 9
NAMES = {AUDIO: "audio", VIDEO: "video"}
MOST_TRACKS = 256
TrackID = tuple[int, int]  # type and number: audio and video are numbered each for themselves


def name_of(track: TrackID) -> str:
    return f"{NAMES[track[0]]} {track[1]}"


def introduces(packet: Packet) -> bool:
    """Whether it tells what its track is: the headers without data that some senders begin with do not."""
    if packet.kind == PacketKind.SEQUENCE_HEADER:
        return packet.codec != "" and packet.size > 0
    return packet.codec != "" and packet.kind == PacketKind.FRAME


def info_of(packet: Packet) -> oxrtmp.codec.CodecInfo:
    """What a track is made of, by its sequence header or, where it has none, by its codec."""
    if packet.kind != PacketKind.SEQUENCE_HEADER:
        packet = Packet(packet.type, 0, kind=PacketKind.SEQUENCE_HEADER, codec=packet.codec, data=b"")
    with contextlib.suppress(oxrtmp.Error):
        return oxrtmp.codec.describe(packet)
    return info_of(Packet(packet.type, 0, kind=PacketKind.FRAME, codec=packet.codec, data=b""))  # it cannot be read


def describe(packet: Packet) -> str:
    """The same in words: "h264 320x180"."""
    info = info_of(packet)
    text = info.name or packet.codec
    if info.width:
        return f"{text} {info.width}x{info.height}"
    if info.sample_rate:
        return f"{text} {info.sample_rate} Hz {info.channels} channels"
    return text


def on_track(packet: Packet, number: int, timestamp_ms: int, without: int = 0) -> Packet:
    """The packet alone in its message, as one of another track and time."""
    flags, frame_type = packet.flags, packet.frame_type
    if flags & PacketFlags.MULTITRACK:
        flags = (flags | PacketFlags.ENHANCED) & ~(PacketFlags.MULTITRACK | PacketFlags.CONTINUED)
        if packet.kind == PacketKind.METADATA:
            frame_type = 0  # what it usually is, and cannot be in a message of several tracks
    return Packet(
        packet.type,
        timestamp_ms,
        data=packet.data,
        kind=packet.kind,
        codec=packet.codec,
        flags=flags & ~without,
        track=number,
        composition_ms=packet.composition_ms,
        nano_offset_ns=packet.nano_offset_ns,
        frame_type=frame_type,
        packet_type=packet.packet_type,
        audio_header=packet.audio_header,
    )


def belongs(packet: Packet, number: int) -> bool:
    """Whether it is sent on a track: what cannot be read is not, and FFmpeg 8 takes a track's colours for a frame."""
    colours = packet.type == VIDEO and packet.kind == PacketKind.METADATA
    return packet.codec != "" and (not colours or number == 0)


class File:
    """One that is published."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.first = 0  # the timestamp that its time begins with
        self.headers: dict[TrackID, Packet] = {}  # what introduces each of its tracks
        self.numbers: dict[TrackID, int] = {}  # which track of the stream each is
        begun = False
        with oxrtmp.FLVReader(path) as reader:
            for packet in reader:
                if packet.type in NAMES and not begun:
                    begun, self.first = True, packet.timestamp_ms
                if packet.type in NAMES and introduces(packet):
                    self.headers.setdefault((packet.type, packet.track), packet)

    def packets(self, order: int) -> Iterator[tuple[int, int, Packet]]:
        """Its packets that belong to tracks, on those of the stream: when each is due, in ms, and a second key to sort by."""
        with oxrtmp.FLVReader(self.path) as reader:
            for packet in reader:
                number = self.numbers.get((packet.type, packet.track))
                if number is not None and belongs(packet, number):
                    ms = (packet.timestamp_ms - self.first + 2**31) % 2**32 - 2**31
                    yield max(0, ms), order, on_track(packet, number, max(0, ms))


class Schedule:
    """The packets of all files, with the time at which each is due."""

    def __init__(self, paths: list[str], *, fast: bool) -> None:
        self.files = [File(path) for path in paths]
        self.fast = fast
        self.packets = self.bytes = 0  # that were sent
        self.started = time.monotonic()
        self.metadata: dict[str, Any] = {}
        self.lines: list[str] = []
        for type in (VIDEO, AUDIO):
            here = [(file, track) for file in self.files for track in sorted(file.headers) if track[0] == type]
            for number, (file, track) in enumerate(here[:MOST_TRACKS]):  # there are no numbers for more
                file.numbers[track] = number
                self.announce((type, number), file.headers[track])
                self.lines.append(
                    f"publishing {name_of((type, number))} {describe(file.headers[track])} from {file.path}"
                )

    def announce(self, track: TrackID, header: Packet) -> None:
        """Have the metadata tell of a track: of track 0 as ever, of the others in maps."""
        (type, number), info = track, info_of(header)
        if type == VIDEO:
            own = {"width": info.width, "height": info.height}
        else:
            own = {"samplerate": info.sample_rate, "channels": info.channels}
        if number == 0:
            self.metadata |= {("audio" + key if type == AUDIO else key): value for key, value in own.items()}
            return
        own[f"{NAMES[type]}codecid"] = int.from_bytes(header.codec.encode(), "big")
        self.metadata.setdefault(f"{NAMES[type]}TrackIdInfoMap", {})[str(number)] = own

    def __iter__(self) -> Iterator[tuple[Packet, float]]:
        """Packet, and for how many seconds to wait before it is sent."""
        self.started = time.monotonic()
        sources = [file.packets(order) for order, file in enumerate(self.files)]
        for due, _, packet in heapq.merge(*sources, key=lambda item: item[:2]):
            wait = 0.0 if self.fast else self.started + due / 1000 - time.monotonic()
            yield packet, max(0.0, wait)

    def count(self, packet: Packet) -> None:
        """That it was sent."""
        self.packets += 1
        self.bytes += packet.size

    def __str__(self) -> str:
        return f"sent packets={self.packets} bytes={self.bytes} seconds={time.monotonic() - self.started:.1f}"


class Track:
    """What was seen of one."""

    def __init__(self, packet: Packet) -> None:
        self.name = f"{name_of((packet.type, packet.track))} {describe(packet)}"
        self.frames = self.bytes = 0
        self.first = self.last = packet.dts_ns  # decoding times of its frames

    def extend(self, packet: Packet) -> None:
        if packet.kind == PacketKind.FRAME:
            self.frames += 1
            self.bytes += packet.size
            self.last = packet.dts_ns

    @property
    def seconds(self) -> float:
        """From the first frame's beginning to the last one's."""
        return (self.last - self.first) / 1e9

    def __str__(self) -> str:
        fps = (self.frames - 1) / self.seconds if self.seconds > 0 else 0.0
        kbits = self.bytes * 8 / 1000 / self.seconds if self.seconds > 0 else 0.0
        return f"track {self.name} frames={self.frames} bytes={self.bytes} fps={fps:.1f} kbits={kbits:.0f}"


class Selection:
    """Writes the chosen tracks of a stream to a file, beside one that exists, and lists the stream's tracks."""

    def __init__(self, flags: argparse.Namespace, name: str) -> None:
        self.chosen = {(VIDEO, flags.video), (AUDIO, flags.audio)}
        self.seconds: float = flags.seconds
        self.name = name
        self.recorder = oxrtmp.Recorder(flags.file)
        self.tracks: dict[TrackID, Track] = {}
        self.written = 0

    def take(self, packet: Packet) -> bool:
        """Look at a packet, and write it if it is of a chosen track: whether to go on."""
        key = (packet.type, packet.track)
        track = self.tracks.get(key)
        if track is None and packet.type in NAMES and introduces(packet):
            track = self.tracks[key] = Track(packet)
            print(f"found {track.name}", flush=True)
        if track is None or not packet.codec:
            return True
        track.extend(packet)
        if key in self.chosen:
            self.write(packet)
        return not self.seconds or track.seconds < self.seconds

    def write(self, packet: Packet) -> None:
        without = 0
        if packet.codec in (oxrtmp.Codec.AVC1, oxrtmp.Codec.MP4A):  # as every player knows them
            if packet.kind == PacketKind.METADATA:
                return  # layouts of channels and colours have no old form
            without = PacketFlags.ENHANCED
        self.recorder.write(on_track(packet, 0, packet.timestamp_ms, without))
        self.written += 1

    def end(self, reason: str) -> None:
        """Complete the file, and say what there was."""
        path = self.recorder.path
        self.recorder.close()
        for key in sorted(self.tracks, key=lambda key: (-key[0], key[1])):
            print(self.tracks[key])
        print(f"end {self.name} written={self.written} file={path} reason={reason}", flush=True)
        if reason not in ("ended", "interrupted"):
            raise SystemExit(f"tracks: {reason}")
        if not self.written:
            raise SystemExit("tracks: the stream has no such track")


def reason_of(error: oxrtmp.Error | None) -> str:
    """Why a stream ended by itself: "ended" where that is no fault."""
    return "ended" if error is None or isinstance(error, oxrtmp.EndOfStreamError) else str(error)


def publish(flags: argparse.Namespace) -> None:
    """Publish the files' tracks, and print what was sent. A signal ends it early, but in order."""
    schedule = Schedule(flags.files, fast=flags.fast)
    client = oxrtmp.Client.publish(flags.url, **trust.client_options(flags))
    print(*schedule.lines, sep="\n", flush=True)
    try:
        with client, contextlib.suppress(KeyboardInterrupt):
            client.send_metadata(schedule.metadata)
            for packet, wait in schedule:
                if wait > 0:
                    time.sleep(wait)
                client.send_packet(packet)
                schedule.count(packet)
    finally:
        print(schedule, flush=True)


def select(stream: oxrtmp.Client | oxrtmp.Session, flags: argparse.Namespace, name: str) -> None:
    """Select until the stream ends, -seconds have passed or a signal comes."""
    selection, reason = Selection(flags, name), "interrupted"
    with stream, contextlib.suppress(KeyboardInterrupt):
        for packet in stream:
            if not selection.take(packet):
                break
        reason = reason_of(stream.error)
    selection.end(reason)


def select_published(flags: argparse.Namespace) -> None:
    """Select from the first publisher that comes."""
    with oxrtmp.Server(flags.listen) as server:
        print(f"listening on {server.address}", flush=True)
        session = server.accept().accept()
        select(session, flags, f"{session.app}/{session.stream_name}")


def track_number(word: str) -> int:
    """A track's number, -1 for "none"."""
    if word != "none" and not 0 <= int(word) < MOST_TRACKS:
        raise ValueError
    return -1 if word == "none" else int(word)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tracks",
        usage="tracks [-fast] [-ca FILE] [-insecure] FILE... URL\n"
        "       tracks [-video N|none] [-audio N|none] [-seconds SECONDS] [-ca FILE] [-insecure] URL FILE\n"
        "       tracks [-video N|none] [-audio N|none] [-seconds SECONDS] -listen ADDRESS FILE",
        description="Publish several tracks as one stream, or select tracks of such a stream.",
    )
    parser.add_argument("-fast", action="store_true", help="publish as fast as the server takes it")
    parser.add_argument("-listen", metavar="ADDRESS", default="", help="select from the first publisher that comes")
    parser.add_argument("-video", metavar="N", type=track_number, default=0, help="select this video track, or none")
    parser.add_argument("-audio", metavar="N", type=track_number, default=0, help="select this audio track, or none")
    parser.add_argument("-seconds", metavar="SECONDS", type=float, default=0, help="select so much of the stream")
    trust.add_flags(parser)
    parser.add_argument("words", metavar="FILE or URL", nargs="+")
    flags = parser.parse_args()
    *before, last = flags.words
    flags.url = flags.file = ""
    flags.files = []
    if flags.listen and not before:
        flags.file = last
    elif not flags.listen and len(before) == 1 and "://" in before[0]:
        flags.url, flags.file = before[0], last
    elif not flags.listen and before and "://" in last:
        flags.files, flags.url = before, last
    else:
        parser.error("which of FILE and URL comes first says what to do")
    return flags


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    flags = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        if flags.listen:
            select_published(flags)
        elif flags.files:
            publish(flags)
        else:
            select(oxrtmp.Client.play(flags.url, **trust.client_options(flags)), flags, flags.url)
    except oxrtmp.Error as error:
        print(f"tracks: {error}", file=sys.stderr)  # names the phase, and the server's code and description
        return 1
    except KeyboardInterrupt:
        return 0 if flags.listen else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
