"""What a stream is made of, found out by playing it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Self, Unpack

from ._client import Client
from ._enums import PacketFlags, PacketKind
from ._errors import EndOfStreamError, Error, TimeoutError
from ._native import Packet
from ._options import ClientOptions


@dataclass
class Track:
    """One track, as far as it was seen."""

    type: str
    number: int
    codec: str = ""
    enhanced: bool = False
    frames: int = 0
    keyframes: int = 0
    size: int = 0
    malformed: int = 0
    first_after: float = 0
    configuration: bytes = b""
    first_ns: int = 0
    last_ns: int = 0
    keyframe_ns: int = 0
    keyframe_interval: float = 0

    def take(self, packet: Packet, after: float) -> None:
        if packet.malformed:
            self.malformed += 1
            return
        self.enhanced = self.enhanced or PacketFlags.ENHANCED in packet.flags
        self.codec = packet.codec or self.codec
        if packet.kind is PacketKind.SEQUENCE_HEADER:
            self.configuration = bytes(packet.data)
        if packet.kind is not PacketKind.FRAME:
            return
        if not self.frames:
            self.first_after, self.first_ns = after, packet.dts_ns
        self.frames += 1
        self.size += len(packet.data)
        self.last_ns = packet.dts_ns
        if packet.keyframe:
            if self.keyframes:
                self.keyframe_interval = (packet.dts_ns - self.keyframe_ns) / 1e9
            self.keyframes += 1
            self.keyframe_ns = packet.dts_ns

    @property
    def span(self) -> float:
        return (self.last_ns - self.first_ns) / 1e9

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "track": self.number,
            "codec": self.codec,
            "enhanced": self.enhanced,
            "frames": self.frames,
            "keyframes": self.keyframes,
            "malformed": self.malformed,
            "frame_rate": round((self.frames - 1) / self.span, 3) if self.span > 0 else 0,
            "data_rate": round(self.size * 8 / 1000 / self.span, 1) if self.span > 0 else 0,
            "keyframe_interval_ms": round(self.keyframe_interval * 1000, 1),
            "first_after_ms": round(self.first_after * 1000, 1),
            "configuration_size": len(self.configuration),
            "configuration": self.configuration[:64].hex(),
        }

    def __str__(self) -> str:
        d = self.as_dict()
        text = (
            f"{self.type} track {self.number}: {self.codec or 'unknown'}{' (enhanced)' if self.enhanced else ''}, "
            f"{self.frames} frames, {d['frame_rate']:.2f} each second, {d['data_rate']:.0f} kbit/s, "
            f"the first after {d['first_after_ms']:.0f} ms"
        )
        if self.keyframes and self.type == "video":
            text += f", {self.keyframes} keyframes"
        if self.keyframe_interval:
            text += f", {self.keyframe_interval:.2f} s apart"
        return text + (f", {self.malformed} malformed" if self.malformed else "")


@dataclass
class Probe:
    """What was found out of a stream."""

    peer_address: str
    connect: float
    rtt: float | None = None
    metadata: dict[str, Any] | None = None
    tracks: dict[tuple[int, int], Track] = field(default_factory=dict[tuple[int, int], Track])

    @classmethod
    def of(cls, url: str, *, seconds: float, **options: Unpack[ClientOptions]) -> Self:
        """Play url for so long."""
        begun = time.monotonic()
        with Client.play(url, timeout=10, **options) as client:
            found = cls(client.peer_address, time.monotonic() - begun)
            end = time.monotonic() + seconds
            try:
                while (left := end - time.monotonic()) > 0:
                    found.take(client.next_packet(left), time.monotonic() - begun)
            except (EndOfStreamError, TimeoutError):
                pass
            found.metadata = client.metadata_values()
            try:
                found.rtt = client.ping(1)
            except Error:  # it does not answer, or has gone
                pass
        return found

    def take(self, packet: Packet, after: float) -> None:
        if packet.type in (8, 9):
            key = packet.type, packet.track
            if key not in self.tracks:
                self.tracks[key] = Track("video" if packet.type == 9 else "audio", packet.track)
            self.tracks[key].take(packet, after)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, in the words of oxrtmp-probe."""
        return {
            "peer_address": self.peer_address,
            "connect_ms": round(self.connect * 1000, 1),
            "rtt_ms": None if self.rtt is None else round(self.rtt * 1000, 2),
            "metadata": self.metadata,
            "tracks": [track.as_dict() for track in self.tracks.values()],
        }

    def lines(self) -> list[str]:
        """For people."""
        answer = "" if self.rtt is None else f", answers a ping in {self.rtt * 1000:.2f} ms"
        lines = [f"server {self.peer_address}, playing after {self.connect * 1000:.0f} ms{answer}"]
        if self.metadata:
            lines.append("metadata " + ", ".join(f"{k}={v}" for k, v in self.metadata.items()))
        lines += [str(track) for track in self.tracks.values()]
        return lines if self.tracks else [*lines, "no audio and no video came"]
