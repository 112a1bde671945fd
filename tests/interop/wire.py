"""RTMP bytes, made by hand: enough of the protocol to say what no encoder would.

Nothing of this comes from the library under test. RTMP 1.0 sections 5 to 7, AMF0.
"""

from __future__ import annotations

import os
import socket
import struct
import time


def u16(n: int) -> bytes:
    return struct.pack(">H", n & 0xFFFF)


def u24(n: int) -> bytes:
    return struct.pack(">I", n & 0xFFFFFF)[1:]


def u32(n: int) -> bytes:
    return struct.pack(">I", n & 0xFFFFFFFF)


# ---- AMF0 ----


def number(x: float) -> bytes:
    return b"\x00" + struct.pack(">d", x)


def string(s: str | bytes) -> bytes:
    b = s.encode() if isinstance(s, str) else s
    return b"\x02" + u16(len(b)) + b if len(b) < 0x10000 else b"\x0c" + u32(len(b)) + b


def boolean(b: bool) -> bytes:
    return bytes([1, b])


NULL, UNDEFINED, END = b"\x05", b"\x06", b"\x00\x00\x09"


def properties(**values: bytes) -> bytes:
    return b"".join(u16(len(k)) + k.encode() + v for k, v in values.items()) + END


def amf_object(**values: bytes) -> bytes:
    return b"\x03" + properties(**values)


def ecma_array(**values: bytes) -> bytes:
    return b"\x08" + u32(len(values)) + properties(**values)


# ---- chunks ----


def basic(fmt: int, csid: int) -> bytes:
    if csid < 64:
        return bytes([fmt << 6 | csid])
    if csid < 320:
        return bytes([fmt << 6, csid - 64])
    return bytes([fmt << 6 | 1]) + struct.pack("<H", csid - 64)


def header(csid: int, type_id: int, length: int, stream: int = 0, timestamp: int = 0) -> bytes:
    """A chunk header of form 0."""
    return basic(0, csid) + u24(timestamp) + u24(length) + bytes([type_id]) + struct.pack("<I", stream)


def message(
    type_id: int, payload: bytes, stream: int = 0, csid: int = 3, chunk: int = 128, timestamp: int = 0
) -> bytes:
    out = [header(csid, type_id, len(payload), stream, timestamp), payload[:chunk]]
    for at in range(chunk, len(payload), chunk):
        out += [basic(3, csid), payload[at : at + chunk]]
    return b"".join(out)


def command(name: str | bytes, transaction: float, *values: bytes, stream: int = 0, chunk: int = 128) -> bytes:
    return message(20, string(name) + number(transaction) + b"".join(values), stream, chunk=chunk)


def control(event: int, *words: int) -> bytes:
    return message(4, u16(event) + b"".join(map(u32, words)), csid=2)


def chunk_size(size: int, now: int = 128) -> bytes:
    return message(1, u32(size), csid=2, chunk=now)


def connect(app: str | bytes = "live", **more: bytes) -> bytes:
    return command("connect", 1, amf_object(app=string(app), tcUrl=string("rtmp://127.0.0.1/live"), **more))


CREATE = command("createStream", 4, NULL)


def publish(name: str | bytes, stream: int = 1) -> bytes:
    return command("publish", 5, NULL, string(name), string("live"), stream=stream)


AVC_HEADER = bytes.fromhex("17000000000164001fffe1000967640020acd940500568ebe3cb22c0")
AAC_HEADER = bytes.fromhex("af001210")


def frame(n: int, key: bool = False) -> bytes:
    return (b"\x17" if key else b"\x27") + b"\x01\x00\x00\x00" + u32(4) + u32(n)


class Messages:
    """The payloads of a chunk stream, one after the other: what a server sends, with small chunk stream ids.

    Whole messages go through message(), which a subclass may have do something else.
    """

    HEADER = (11, 7, 3, 0)

    def __init__(self) -> None:
        self.payloads = b""
        self._data = b""
        self._size = 128
        self._lengths: dict[int, tuple[int, int]] = {}  # by chunk stream: length and type
        self._times: dict[int, int] = {}
        self._partial: dict[int, bytes] = {}

    def message(self, type_id: int, timestamp: int, payload: bytes) -> None:
        self.payloads += payload

    def feed(self, data: bytes) -> None:
        self._data += data
        at = 0
        while n := self._chunk(at):
            at += n
        self._data = self._data[at:]

    def _chunk(self, at: int) -> int:
        """Takes the chunk that begins there: its length, or 0 where it is not complete."""
        data = self._data
        if at >= len(data):
            return 0
        fmt, csid = data[at] >> 6, data[at] & 63
        begin = at + 1 + self.HEADER[fmt]
        if len(data) < begin:
            return 0
        if fmt < 2:
            self._lengths[csid] = int.from_bytes(data[at + 4 : at + 7], "big"), data[at + 7]
        length, type_id = self._lengths[csid]
        partial = self._partial.get(csid, b"")
        n = min(self._size, length - len(partial))
        if len(data) < begin + n:
            return 0
        if fmt < 3:
            time = int.from_bytes(data[at + 1 : at + 4], "big")
            self._times[csid] = time if fmt == 0 else self._times[csid] + time
        partial += data[begin : begin + n]
        if len(partial) == length:
            self.message(type_id, self._times[csid], partial)
            if type_id == 1:
                self._size = int.from_bytes(partial, "big")
            partial = b""
        self._partial[csid] = partial
        return begin + n - at


# ---- a connection ----


class Peer:
    """A client that says whatever it is told to."""

    def __init__(self, port: int, timeout: float = 5):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._messages = Messages()

    def send(self, data: bytes) -> None:
        """Sends as far as the server lets it: a server may hang up on what it does not like."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def shake(self) -> None:
        self.send(b"\x03" + bytes(8) + os.urandom(1528))
        s0s1s2 = self.take(1 + 2 * 1536)
        self.send(s0s1s2[1:1537])

    def take(self, n: int) -> bytes:
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise ConnectionError("the server hung up")
            data += more
        return data

    def read_until(self, word: bytes, timeout: float) -> bool:
        """Whether the server says the word in time, after what was read before."""
        deadline = time.monotonic() + timeout
        while word not in self._messages.payloads:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                return False
            except OSError:
                return False
            if not more:
                return False
            self._messages.feed(more)
        self._messages.payloads = self._messages.payloads.partition(word)[2]
        return True

    def closed(self, timeout: float) -> bool:
        """Whether the server hangs up in time."""
        self.socket.settimeout(timeout)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def half_close(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()
