"""An FLV reader of its own for the tests.

It shares no code with the library, so that a mistake in the library's reader
or recorder cannot hide itself here. Adobe FLV specification 10.1, annex E.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

AUDIO, VIDEO, SCRIPT = 8, 9, 18


@dataclass(frozen=True)
class Tag:
    """One FLV tag: timestamp in milliseconds (32 bits), body verbatim."""

    type: int
    timestamp: int
    data: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:16]

    def __str__(self) -> str:
        name = {AUDIO: "audio", VIDEO: "video", SCRIPT: "script"}.get(self.type, str(self.type))
        return f"{name} t={self.timestamp} len={len(self.data)} sha256={self.digest} {self.data[:6].hex()}"


def parse(data: bytes) -> list[Tag]:
    """All tags of a complete FLV file; raises ValueError on any damage."""
    if data[:3] != b"FLV" or data[3] != 1:
        raise ValueError(f"not an FLV file: {data[:9].hex()}")
    pos = struct.unpack(">I", data[5:9])[0]
    if data[pos : pos + 4] != b"\0\0\0\0":
        raise ValueError("first back pointer is not zero")
    pos += 4
    tags = []
    while pos < len(data):
        head = data[pos : pos + 11]
        if len(head) < 11:
            raise ValueError(f"byte {pos}: {len(head)} bytes are no tag header")
        size = int.from_bytes(head[1:4], "big")
        timestamp = int.from_bytes(head[4:7], "big") | head[7] << 24
        if head[8:11] != b"\0\0\0":
            raise ValueError(f"byte {pos}: stream id {head[8:11].hex()}")
        body = data[pos + 11 : pos + 11 + size]
        back = data[pos + 11 + size : pos + 15 + size]
        if len(body) < size or len(back) < 4:
            raise ValueError(f"byte {pos}: tag of {size} bytes is cut off")
        if struct.unpack(">I", back)[0] != 11 + size:
            raise ValueError(f"byte {pos}: back pointer {back.hex()} for a tag of {size} bytes")
        tags.append(Tag(head[0], timestamp, body))
        pos += 15 + size
    return tags


def read(path: str | Path) -> list[Tag]:
    """All tags of a complete FLV file."""
    return parse(Path(path).read_bytes())


def write(path: str | Path, tags: list[Tag]) -> None:
    """Writes tags as an FLV file: for clips that the tests make up."""
    out = bytearray(b"FLV\x01\x05\0\0\0\x09\0\0\0\0")
    for t in tags:
        ts = t.timestamp & 0xFFFFFFFF
        out += bytes([t.type]) + len(t.data).to_bytes(3, "big")
        out += (ts & 0xFFFFFF).to_bytes(3, "big") + bytes([ts >> 24]) + b"\0\0\0"
        out += t.data + (11 + len(t.data)).to_bytes(4, "big")
    Path(path).write_bytes(bytes(out))


def media(tags: list[Tag]) -> list[Tag]:
    """Audio and video tags, in file order."""
    return [t for t in tags if t.type in (AUDIO, VIDEO)]


def only(tags: list[Tag], kind: int) -> list[Tag]:
    return [t for t in tags if t.type == kind]


def difference(want: list[Tag], got: list[Tag]) -> str:
    """Empty if both lists are equal, otherwise the first place where they part."""
    for i, (w, g) in enumerate(zip(want, got)):
        if w != g:
            return f"tag {i} of {len(want)}: want {w}, got {g}"
    if len(want) != len(got):
        longer, name = (want, "missing") if len(want) > len(got) else (got, "surplus")
        return f"want {len(want)} tags, got {len(got)}: {name} from {longer[min(len(want), len(got))]}"
    return ""


# --- AMF0, as far as script tags need it ---


def amf0(data: bytes) -> list[object]:
    """The values of an AMF0 sequence; objects and ECMA arrays become dicts."""
    values, pos = [], 0
    while pos < len(data):
        value, pos = _value(data, pos)
        values.append(value)
    return values


def _string(data: bytes, pos: int) -> tuple[str, int]:
    end = pos + 2 + int.from_bytes(data[pos : pos + 2], "big")
    return data[pos + 2 : end].decode(), end


def _properties(data: bytes, pos: int) -> tuple[dict[str, object], int]:
    out: dict[str, object] = {}
    while data[pos : pos + 3] != b"\0\0\x09":
        key, pos = _string(data, pos)
        out[key], pos = _value(data, pos)
    return out, pos + 3


def _value(data: bytes, pos: int) -> tuple[object, int]:
    marker, pos = data[pos], pos + 1
    if marker == 0:
        return struct.unpack(">d", data[pos : pos + 8])[0], pos + 8
    if marker == 1:
        return data[pos] != 0, pos + 1
    if marker == 2:
        return _string(data, pos)
    if marker == 3:
        return _properties(data, pos)
    if marker in (5, 6):
        return None, pos
    if marker == 8:
        return _properties(data, pos + 4)
    if marker == 10:
        count, items, pos = int.from_bytes(data[pos : pos + 4], "big"), [], pos + 4
        for _ in range(count):
            item, pos = _value(data, pos)
            items.append(item)
        return items, pos
    if marker == 11:
        return struct.unpack(">d", data[pos : pos + 8])[0], pos + 10
    if marker == 12:
        end = pos + 4 + int.from_bytes(data[pos : pos + 4], "big")
        return data[pos + 4 : end].decode(), end
    raise ValueError(f"AMF0 marker {marker} at byte {pos - 1}")


def metadata(tag: Tag) -> dict[str, object]:
    """The object of an onMetaData script tag."""
    values = amf0(tag.data)
    if values[:1] == ["@setDataFrame"]:
        values = values[1:]
    if values[:1] != ["onMetaData"] or not isinstance(values[1], dict):
        raise ValueError(f"not onMetaData: {values!r:.200}")
    return values[1]
