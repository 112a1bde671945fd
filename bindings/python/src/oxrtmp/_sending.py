"""Sending, for threads: what a client that publishes and a session that is played have in common."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

from ._channel import Channel, Deliver, deadline_of
from ._enhanced import TrackForm, multitrack
from ._errors import Status, make_error
from ._native import Packet
from ._options import milliseconds
from ._records import Metadata
from ._stream import Stream

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Sender(Stream):
    """Sending queues a message, whole or not at all, and waits while the queue is full, for send_timeout at most."""

    _channel: Channel
    _event: Deliver
    _writable = False
    _waiting: deque[int]  # threads that wait for room, in their order; others have to queue up behind them
    _send_timeout: float | None = 10

    def send_video_sequence_header(self, avcc: Buffer) -> None:
        """The H.264 configuration: an AVCDecoderConfigurationRecord (avcC, ISO 14496-15).

        It has the timestamp of the audio or video that was sent last, 0 at first.
        """
        if self._waiting or not self._calls.send_video_sequence_header(self._handle, avcc):
            self._send_later(self._calls.send_video_sequence_header, avcc)

    def send_audio_sequence_header(self, asc: Buffer) -> None:
        """The AAC configuration: an AudioSpecificConfig (ISO 14496-3), with a timestamp as that of H.264 has."""
        if self._waiting or not self._calls.send_audio_sequence_header(self._handle, asc):
            self._send_later(self._calls.send_audio_sequence_header, asc)

    def send_video(self, timestamp_ms: int, keyframe: bool, nalus: Buffer) -> None:
        """One H.264 frame: NAL units, each after its length as avcC says. Presentation time = timestamp_ms."""
        if self._waiting or not self._calls.send_video(self._handle, timestamp_ms, keyframe, nalus):
            self._send_later(self._calls.send_video, timestamp_ms, keyframe, nalus)

    def send_video_at(self, timestamp_ms: int, composition_ms: int, keyframe: bool, nalus: Buffer) -> None:
        """send_video for streams with B-frames: timestamp_ms is the decoding time, presentation is composition_ms later."""
        if self._waiting or not self._calls.send_video_at(self._handle, timestamp_ms, composition_ms, keyframe, nalus):
            self._send_later(self._calls.send_video_at, timestamp_ms, composition_ms, keyframe, nalus)

    def send_audio(self, timestamp_ms: int, aac: Buffer) -> None:
        """One AAC frame, without ADTS header."""
        if self._waiting or not self._calls.send_audio(self._handle, timestamp_ms, aac):
            self._send_later(self._calls.send_audio, timestamp_ms, aac)

    def send_metadata(self, metadata: Metadata | Mapping[str, Any]) -> None:
        """onMetaData: the fields of Metadata that are not 0, or the items of a mapping."""
        call, argument = self._metadata_call(metadata)
        if self._waiting or not call(self._handle, argument):
            self._send_later(call, argument)

    def send_data(self, timestamp_ms: int, body: Buffer) -> None:
        """A data message: AMF0 values, the first of them the handler's name."""
        if self._waiting or not self._calls.send_data(self._handle, timestamp_ms, body):
            self._send_later(self._calls.send_data, timestamp_ms, body)

    def send_packet(self, packet: Packet, *, timestamp_ms: int | None = None) -> None:
        """A packet that was received or read, or one you made; with another timestamp, if one is given.

        If it has raw, that is sent as it is; else its header is built from its fields.
        """
        timestamp = packet.timestamp_ms if timestamp_ms is None else timestamp_ms
        if self._waiting or not self._calls.send_packet(self._handle, packet, timestamp):
            self._send_later(self._calls.send_packet, packet, timestamp)

    def send_packets(self, packets: Iterable[Packet]) -> None:
        """Packets in order, as send_packet does each."""
        items = list(packets)
        start = 0
        while start < len(items):
            sent = 0 if self._waiting else self._calls.send_packets(self._handle, items, start)
            if not sent:
                self._send_later(self._calls.send_packet, items[start], items[start].timestamp_ms)
                sent = 1
            start += sent

    def send_tracks(self, form: TrackForm, packets: Iterable[Packet]) -> None:
        """Packets of several tracks that have the same time as one message: see TrackForm, and peers' capabilities."""
        self.send_packet(multitrack(form, packets))

    def _send_later(self, call: Callable[..., bool], *args: object) -> None:
        """Send when there is room."""
        deadline = deadline_of(self._send_timeout)
        mine = threading.get_ident()
        try:
            self._waiting.append(mine)
            self._wait_for(lambda: self._waiting[0] == mine, deadline)
            while True:
                self._writable = False
                if call(self._handle, *args):
                    return
                self._wait_for(lambda: self._writable or self._end is not None, deadline)
        finally:
            try:
                if mine in self._waiting:
                    self._waiting.remove(mine)
            finally:
                if self._waiting:
                    self._channel.wake()

    def _wait_for(self, ready: Callable[[], bool], deadline: float | None) -> None:
        if not self._channel.wait(ready, self._event, deadline) and not self._closed:
            raise make_error(Status.TIMEOUT, f"media: timeout: no room in {self._send_timeout} s", "media", "", "")

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything queued is with the operating system. False when the time is over before."""
        deadline = deadline_of(timeout)
        while True:  # in pieces, so that Ctrl-C is noticed
            left = 0.1 if deadline is None else min(0.1, deadline - monotonic())
            if self._calls.flush(self._handle, milliseconds(max(0, left))):
                return True
            if left < 0.1:
                return False
