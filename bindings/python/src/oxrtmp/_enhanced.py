"""Enhanced RTMP: capabilities, tracks, channel layouts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from . import _native
from ._enums import Named
from ._native import Packet

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Enhanced(Named):
    """How a side speaks of Enhanced RTMP. Media is taken in whatever form it comes in every mode."""

    AUTO = 0  #: say what we can do, take what the peer says, or does not
    OFF = 1  #: say nothing, and do not heed what the peer says
    REQUIRED = 2  #: refuse a peer that says nothing


class Can(IntFlag):
    """What a side can do with a codec."""

    DECODE = 1  #: show or hear it
    ENCODE = 2  #: make it
    FORWARD = 4  #: pass it on


class Caps(IntFlag):
    """What else it can do (capsEx)."""

    RECONNECT = 1  #: it follows requests to reconnect
    MULTITRACK = 2  #: it reads messages of several tracks
    MODEX = 4  #: it reads ModEx entries
    TIMESTAMP_NANO_OFFSET = 8  #: it uses their nanoseconds


def _padded(codec: str) -> str:
    return "*   " if codec == "*" else codec


@dataclass(kw_only=True)
class Capabilities:
    """What a side says in connect, or in the answer to it, that it can do. Codecs are Codecs, or "*" for any.

    >>> own = oxrtmp.Capabilities(video={"hvc1": oxrtmp.Can.DECODE}, audio={"Opus": oxrtmp.Can.DECODE})
    >>> peer = oxrtmp.Capabilities.all(oxrtmp.Can.FORWARD)
    >>> list(own.intersect(peer).video)
    ['hvc1']
    """

    caps_ex: int = 0  #: of Caps
    fourccs: list[str] = field(default_factory=list[str])  #: fourCcList; those of video and audio if empty
    video: dict[str, int] = field(default_factory=dict[str, int])  #: videoFourCcInfoMap: of Can, by codec
    audio: dict[str, int] = field(default_factory=dict[str, int])  #: audioFourCcInfoMap

    @classmethod
    def all(cls, mask: int) -> Self:
        """Every codec of Enhanced RTMP v2, each with a mask of Can, and every bit of caps_ex."""
        return cls._of(_native.capabilities_all(mask))

    def intersect(self, peer: Capabilities) -> Capabilities:
        """What both have: the codecs that both can do anything with, with what the peer can do."""
        return self._of(_native.capabilities_intersect(self._native(), peer._native()))

    def _native(self) -> dict[str, Any]:
        maps = {name: {_padded(c): m for c, m in getattr(self, name).items()} for name in ("video", "audio")}
        return {"caps_ex": self.caps_ex, "fourccs": [_padded(c) for c in self.fourccs], **maps}

    @classmethod
    def _of(cls, found: dict[str, Any]) -> Self:
        maps = {name: {c.rstrip(): m for c, m in found[name].items()} for name in ("video", "audio")}
        return cls(caps_ex=found["caps_ex"], fourccs=[c.rstrip() for c in found["fourccs"]], **maps)


class TrackForm(Named):
    """How a message of several tracks holds them. Encoders send ONE, and not all readers know the others."""

    ONE = 0  #: one track
    MANY = 1  #: tracks of one codec
    MANY_MANY_CODECS = 2  #: tracks of several codecs


def multitrack(form: TrackForm, packets: Iterable[Packet]) -> Packet:
    """One message that holds a packet of each of several tracks, which have the same time, kind and frame type.

    >>> from oxrtmp import lowlevel
    >>> packet = oxrtmp.Packet(9, 0, data=b"x", codec="hvc1", track=1, flags=oxrtmp.PacketFlags.ENHANCED)
    >>> message = lowlevel.multitrack(oxrtmp.TrackForm.ONE, [packet])
    >>> [(p.track, p.codec) for p in lowlevel.packet_parse(9, 0, message.raw)]
    [(1, 'hvc1')]
    """
    items = list(packets)
    raw = _native.multitrack_build(form, items)
    return Packet(items[0].type, items[0].timestamp_ms, raw=raw)


def multitrack_form(type: int, data: Buffer) -> TrackForm:
    """The form of the payload of a message of several tracks. ProtocolError when it is none."""
    return TrackForm(_native.multitrack_form(type, data))


class ModEx(NamedTuple):
    """An entry before the packet type of an Enhanced RTMP payload. Type 0 is nanoseconds: see Packet.nano_offset_ns."""

    type: int  #: 0 to 15
    data: bytes  #: 1 to 65536 of them


def modex_parse(type: int, data: Buffer) -> list[ModEx]:
    """The ModEx entries of the payload of a message of type 8 or 9, in their order."""
    return [ModEx(*found) for found in _native.modex_parse(type, data)]


def modex_build(type: int, data: Buffer, entries: Iterable[ModEx]) -> bytes:
    """An Enhanced RTMP payload again, with ModEx entries before those that it has.

    >>> from oxrtmp import lowlevel
    >>> made = lowlevel.modex_build(9, b"\\x91hvc1abc", [oxrtmp.ModEx(0, b"\\0\\0\\5")])
    >>> lowlevel.modex_parse(9, made)
    [ModEx(type=0, data=b'\\x00\\x00\\x05')]
    """
    return _native.modex_build(type, data, [(e.type, bytes(e.data)) for e in entries])


class ChannelOrder(Named):
    """How a channel layout names its channels."""

    UNSPECIFIED = 0  #: only their number is known
    NATIVE = 1  #: a mask: channels come in the order of its bits
    CUSTOM = 2  #: a list


@dataclass(kw_only=True)
class Channels:
    """The channels of an audio track: what a packet with PacketFlags.MULTICHANNEL_CONFIG says.

    >>> data = oxrtmp.Channels(order=oxrtmp.ChannelOrder.NATIVE, count=2, mask=3).build()
    >>> oxrtmp.Channels.parse(data).channels
    [0, 1]
    """

    order: int = ChannelOrder.UNSPECIFIED  #: a ChannelOrder, or another number
    count: int = 0  #: how many channels
    mask: int = 0  #: of NATIVE
    #: which each is, by its bit in a mask: 0 front left, 1 front right, ...; 254 unused, 255 unknown
    channels: list[int] = field(default_factory=list[int])

    @classmethod
    def parse(cls, data: Buffer) -> Self:
        """The data of such a packet. ProtocolError when it is cut."""
        order, count, mask, channels = _native.channels_parse(data)
        return cls(order=order, count=count, mask=mask, channels=list(channels))

    def build(self) -> bytes:
        """The data of such a packet."""
        custom = self.order == ChannelOrder.CUSTOM
        count = len(self.channels) if custom else self.count
        return _native.channels_build(self.order, count, self.mask, bytes(self.channels) if custom else b"")
