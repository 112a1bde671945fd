"""Conversations that no encoder would hold: a table of names and what is said.

A case says something on a connection of its own, from a state that the connection is brought to first: "raw" (nothing
was said), "shaken" (after the handshake), "connected", "created" (a message stream exists) or "publishing". Sources:
what has ended, crashed or stalled deployed servers; RTMP 1.0; Enhanced RTMP v2.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wire import (
    AAC_HEADER,
    AVC_HEADER,
    CREATE,
    END,
    NULL,
    UNDEFINED,
    Peer,
    amf_object,
    basic,
    boolean,
    chunk_size,
    command,
    connect,
    control,
    ecma_array,
    frame,
    header,
    message,
    number,
    publish,
    string,
    u16,
    u24,
    u32,
)

STATES = ("raw", "shaken", "connected", "created", "publishing")


@dataclass(frozen=True)
class Case:
    name: str
    state: str
    say: Callable[[Peer], None]
    stays: bool = False  # the connection must survive it: media that follows arrives


def says(name: str, state: str, data: bytes, stays: bool = False) -> Case:
    return Case(name, state, lambda peer: peer.send(data), stays)


def handshakes() -> Iterator[Case]:
    for first in (0, 1, 2, 4, 6, 8, 9, 0x0D, 0x16, ord("G"), ord("P"), 0xF3, 0xFF):
        yield says(f"first byte {first:#04x}", "raw", bytes([first]) + bytes(1536))
    yield says("HTTP", "raw", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    yield says("TLS hello", "raw", bytes.fromhex("16030100c8010000c40303") + bytes(200))
    yield says("PROXY header", "raw", b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 1935\r\n\x03" + bytes(1536))
    for length in (0, 1, 2, 5, 9, 100, 1536):
        yield Case(
            f"half-close after {length} bytes",
            "raw",
            lambda p, n=length: (p.send((b"\x03" + bytes(1536))[:n]), p.half_close()),
        )
        yield Case(
            f"reset after {length} bytes", "raw", lambda p, n=length: (p.send((b"\x03" + bytes(1536))[:n]), p.reset())
        )
    yield says("noise", "raw", random.Random(1).randbytes(65536))
    yield says("version 3 and noise", "raw", b"\x03" + random.Random(2).randbytes(65536))
    yield says("zeros", "raw", bytes(65536))


def before_connect() -> Iterator[Case]:
    for type_id in [*range(26), 64, 128, 255]:
        yield says(
            f"type {type_id} before connect",
            "shaken",
            message(type_id, random.Random(type_id).randbytes(40)) + connect(),
            True,
        )
    yield says(
        "metadata before connect",
        "shaken",
        message(18, string("@setDataFrame") + string("onMetaData") + ecma_array(), 1) + connect(),
        True,
    )
    yield says("publish before connect", "shaken", CREATE + publish("early") + connect(), True)
    yield says("play before connect", "shaken", command("play", 2, NULL, string("x"), stream=1) + connect(), True)
    yield says("media before connect", "shaken", message(9, frame(1, True), 1) * 20 + connect(), True)
    yield says("two connects", "shaken", connect() + connect("other"), True)
    yield says("connect without an object", "shaken", command("connect", 1))
    yield says("connect with a number", "shaken", command("connect", 1, number(1)))
    yield says("connect with an array", "shaken", command("connect", 1, ecma_array(app=string("live"))), True)
    yield says("connect whose app is a number", "shaken", command("connect", 1, amf_object(app=number(1))), True)


def names() -> Iterator[Case]:
    for what, name in {
        "NUL": b"a\0b",
        "NUL at the end": b"a\0",
        "../": b"../../etc/passwd",
        "slashes": b"/" * 300,
        "newlines": b"a\r\nb",
        "terminal": b"\x1b[2J\x1b[31m",
        "not UTF-8": b"\xff\xfe\xc0\x80",
        "formats": b"%s%n%x",
        "nothing": b"",
        "only a query": b"?a=1&b",
        "8 KiB": b"n" * 8192,
        "64 KiB": b"n" * 65535,
    }.items():
        yield says(f"app with {what}", "shaken", connect(name))
        yield says(f"name with {what}", "created", publish(name))


def chunks() -> Iterator[Case]:
    for size in (0, 1, 2, 127, 128, 65536, 65537, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        effective = size & 0x7FFFFFFF or 128
        media = message(9, frame(7, True), 1, csid=6, chunk=effective)
        yield says(f"chunk size {size:#x}", "publishing", chunk_size(size) + media + chunk_size(128, effective), True)
    for length in (0, 1, 2, 3, 5, 100):
        yield says(f"a chunk size of {length} bytes", "publishing", message(1, bytes(length), csid=2), length < 4)
    smaller = chunk_size(64) + message(9, frame(8, True) + bytes(500), 1, csid=6, chunk=64)
    yield says("a smaller chunk size and a message in one write", "publishing", smaller, True)
    for csid in (2, 3, 63, 64, 319, 320, 65599):
        yield says(f"media on chunk stream {csid}", "publishing", message(9, frame(9, True), 1, csid=csid), True)
    for fmt in (1, 2, 3):
        yield says(
            f"form {fmt} on a fresh chunk stream",
            "publishing",
            basic(fmt, 40) + u24(0) + u24(4) + b"\x09" + bytes(4),
            fmt == 1,
        )
    yield says(
        "another length in mid message",
        "publishing",
        header(6, 9, 1000, 1) + bytes(128) + header(6, 9, 5000, 1) + bytes(128),
    )
    yield says(
        "another length by form 1 in mid message",
        "publishing",
        header(6, 9, 1000, 1) + bytes(128) + basic(1, 6) + u24(0) + u24(5) + b"\x09" + bytes(5),
    )
    yield says("16 MiB promised", "publishing", header(6, 9, 0xFFFFFF, 1) + bytes(128))
    yield says("16 MiB promised before connect", "shaken", header(6, 9, 0xFFFFFF, 1) + bytes(128))
    yield says(
        "16 MiB promised on 1000 chunk streams",
        "publishing",
        b"".join(header(100 + i, 9, 0xFFFFFF, 1) + bytes(128) for i in range(1000)),
    )
    yield says("1000 chunk streams", "publishing", b"".join(message(9, frame(i), 1, csid=100 + i) for i in range(1000)))
    yield says(
        "abort of a message",
        "publishing",
        header(6, 9, 1000, 1) + bytes(128) + message(2, u32(6), csid=2) + message(9, frame(3, True), 1, csid=6),
        True,
    )
    yield says("abort of nothing", "publishing", message(2, u32(77777), csid=2), True)
    for length in (0, 3, 5):
        yield says(f"an abort of {length} bytes", "publishing", message(2, bytes(length), csid=2), True)
    extended = basic(0, 6) + u24(0xFFFFFF) + u24(300) + b"\x09" + u32(0x01000000) + u32(0xFFFFFFFF)
    body = (frame(1, True) + bytes(300))[:300]
    yield says(
        "extended timestamp, repeated",
        "publishing",
        extended
        + body[:128]
        + basic(3, 6)
        + u32(0xFFFFFFFF)
        + body[128:256]
        + basic(3, 6)
        + u32(0xFFFFFFFF)
        + body[256:],
        True,
    )
    yield says(
        "extended timestamp, not repeated",
        "publishing",
        extended + body[:128] + basic(3, 6) + body[128:256] + basic(3, 6) + body[256:],
    )
    yield says(
        "extended timestamp cut off", "publishing", basic(0, 6) + u24(0xFFFFFF) + u24(300) + b"\x09\x01\0\0\0\xff"
    )
    yield says("10,000 empty messages", "publishing", message(9, b"", 1, csid=6) * 10000)
    one_byte = chunk_size(1) + message(9, frame(1, True) + bytes(60000), 1, csid=6, chunk=1)
    yield says("60,000 chunks of one byte", "publishing", one_byte + chunk_size(128, 1), True)


def amf() -> Iterator[Case]:
    deep = b"\x03\x00\x01a" * 10000
    for what, value in {
        "10,000 nested objects": deep,
        "10,000 nested arrays": b"\x0a\0\0\0\x01" * 10000,
        "100,000 properties": b"\x03" + b"\x00\x01a\x05" * 100000 + END,
        "a strict array of 2^32-1": b"\x0a\xff\xff\xff\xff\x05",
        "an ECMA array of 2^32-1": b"\x08\xff\xff\xff\xff\x00\x01a\x05" + END,
        "a long string of 2^32-1": b"\x0c\xff\xff\xff\xffx",
        "a string past the end": b"\x02\xff\xffabc",
        "a name past the end": b"\x03\xff\xffabc",
        "an object without an end": b"\x03\x00\x01a\x05",
        "a reference to itself": b"\x03\x00\x01a\x07\x00\x00" + END,
        "references to nothing": b"\x07\xff\xff" * 100,
        "arrays of references": b"\x0a\0\0\0\x08" + b"\x07\0\0" * 8,
        "a typed object without a name": b"\x10\x00\x00" + END,
        "a date cut off": b"\x0b\0\0\0",
        "NaN": b"\x00\x7f\xf8\0\0\0\0\0\0",
        "infinity": b"\x00\x7f\xf0\0\0\0\0\0\0",
        "a switch to AMF3 and noise": b"\x11" + random.Random(3).randbytes(200),
        "AMF3 with a huge vector": b"\x11\x0d\xff\xff\xff\xff\x00",
        "AMF3 with huge traits": b"\x11\x0a\xff\xff\xff\xf3",
        "noise": random.Random(4).randbytes(2000),
    }.items():
        yield says(f"connect with {what}", "shaken", command("connect", 1, value, chunk=128))
        yield says(f"a call with {what}", "publishing", command("call", 9, NULL, value))
        yield says(
            f"metadata with {what}",
            "publishing",
            message(18, string("@setDataFrame") + string("onMetaData") + value, 1),
        )
    for marker in range(0x14):
        yield says(
            f"AMF0 marker {marker:#04x} as a property",
            "shaken",
            command("connect", 1, amf_object(app=string("live"), x=bytes([marker]) + bytes(12))),
        )
    yield says("a command without a name", "publishing", message(20, b""), True)
    yield says("a command whose name is a number", "publishing", message(20, number(1) + number(2)), True)
    yield says("a command with an empty name", "publishing", command("", 3, NULL), True)
    yield says("type 17 that is AMF0", "publishing", message(17, b"\x00" + string("call") + number(3) + NULL), True)
    yield says("type 17 of noise", "publishing", message(17, random.Random(5).randbytes(100)), True)


def commands() -> Iterator[Case]:
    yield says("publish twice", "publishing", publish("second"), True)
    yield says("play while publishing", "publishing", command("play", 7, NULL, string("x"), stream=1), True)
    yield says("publish(false)", "publishing", command("publish", 7, NULL, boolean(False), stream=1))
    yield says("publish without a name", "created", command("publish", 7, NULL, stream=1))
    yield says("publish of an object", "created", command("publish", 7, NULL, amf_object(), stream=1))
    yield says("publish on stream 0", "created", publish("zero", 0))
    yield says("publish on a stream that is not there", "created", publish("none", 999))
    yield says("10,000 createStream", "connected", CREATE * 10000)
    yield says("10,000 deleteStream", "publishing", command("deleteStream", 7, NULL, number(99)) * 10000)
    yield says(
        "deleteStream of nothing",
        "publishing",
        command("deleteStream", 7, NULL) + command("deleteStream", 7, NULL, number(-1)),
        True,
    )
    yield says("closeStream of another stream", "created", command("closeStream", 7, NULL, stream=99), True)
    yield says("10,000 calls", "publishing", command("call", 9, NULL) * 10000)
    for transaction in (-1.0, 0.5, 1e300, float("nan"), float("inf")):
        yield says(f"transaction {transaction}", "connected", command("call", transaction, NULL) + CREATE, True)
    for name in (
        "FCUnpublish",
        "releaseStream",
        "FCPublish",
        "FCSubscribe",
        "_checkbw",
        "getStreamLength",
        "play2",
        "pause",
        "seek",
        "receiveVideo",
        "receiveAudio",
        "set",
        "onStatus",
        "_result",
        "_error",
        "close2",
        "connect2",
    ):
        yield says(f"{name} with nothing", "created", command(name, 8) + command(name, 8, NULL), True)
        yield says(
            f"{name} with oddities",
            "created",
            command(name, 8, UNDEFINED, number(-1), amf_object(), boolean(True)),
            True,
        )


def controls() -> Iterator[Case]:
    for event in [*range(10), 26, 27, 31, 32, 33, 255, 65535]:
        yield says(f"user control {event}", "publishing", control(event, 1, 2, 3) + control(event), True)
    yield says("user control of one byte", "publishing", message(4, b"\0", csid=2), True)
    yield says("10,000 pings, unread", "publishing", control(6, 1) * 10000)
    for size in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        yield says(f"window {size:#x}", "publishing", message(5, u32(size), csid=2), True)
        yield says(f"bandwidth {size:#x}", "publishing", message(6, u32(size) + b"\x02", csid=2), True)
    yield says("bandwidth of a kind that is none", "publishing", message(6, u32(5000000) + b"\x09", csid=2), True)
    yield says("acknowledgement of what was not sent", "publishing", message(3, u32(0xFFFFFFF0), csid=2), True)
    for type_id in (3, 5, 6):
        yield says(f"type {type_id} of nothing", "publishing", message(type_id, b"", csid=2), True)


def media() -> Iterator[Case]:
    for codec in range(16):
        yield says(f"video codec {codec}", "publishing", message(9, bytes([0x10 | codec, 0, 1, 2, 3, 4]), 1), True)
        yield says(f"audio codec {codec}", "publishing", message(8, bytes([codec << 4, 0, 1, 2, 3, 4]), 1), True)
    for kind in range(16):
        yield says(
            f"enhanced video type {kind} of zzzz",
            "publishing",
            message(9, bytes([0x90 | kind]) + b"zzzz" + bytes(9), 1),
            True,
        )
        yield says(
            f"enhanced audio type {kind} of zzzz",
            "publishing",
            message(8, bytes([0x90 | kind]) + b"zzzz" + bytes(9), 1),
            True,
        )
    for n in range(len(AVC_HEADER)):
        yield says(f"AVC configuration of {n} bytes", "publishing", message(9, AVC_HEADER[:n], 1), True)
    for n in range(len(AAC_HEADER)):
        yield says(f"AAC configuration of {n} bytes", "publishing", message(8, AAC_HEADER[:n], 1), True)
    tracks = b"\x96\x21avc1" + b"\x00" + u24(20) + bytes(20) + b"\x01" + u24(0xFFFFFF) + bytes(5)
    for n in range(1, len(tracks), 4):
        yield says(f"tracks cut off at {n}", "publishing", message(9, tracks[:n], 1), True)
    yield says("ModEx without end", "publishing", message(9, b"\x97" + b"\x02\0\0\0\x07" * 200, 1), True)
    yield says("ModEx of 64 KiB", "publishing", message(9, b"\x97\xff" + u16(65535) + bytes(100), 1), True)
    for what, parts in {
        "nothing": b"",
        "noise": random.Random(6).randbytes(300),
        "a part past the end": b"\x09" + u24(0xFFFFFF) + bytes(7) + bytes(20),
        "an aggregate": b"\x16" + u24(15) + bytes(7) + (b"\x09" + u24(0) + bytes(7) + u32(11)) + u32(26),
        "1000 empty parts": (b"\x09" + u24(0) + bytes(7) + u32(11)) * 1000,
    }.items():
        yield says(f"aggregate of {what}", "publishing", message(22, parts, 1), True)
    yield says(
        "frames of 256 to 511 bytes",
        "publishing",
        b"".join(message(9, b"\x17\x01\0\0\0" + u32(n) + bytes(n), 1) for n in (256, 300, 511)),
        True,
    )
    for type_id in [0, 7, *range(10, 15), 16, 19, 21, *range(23, 30), 254]:
        yield says(
            f"type {type_id} while publishing",
            "publishing",
            message(type_id, random.Random(type_id).randbytes(60), 1),
            True,
        )
    yield says("type 15 of noise", "publishing", message(15, random.Random(7).randbytes(60), 1), True)
    yield says(
        "metadata that begins with numbers",
        "publishing",
        message(18, number(1) + number(2) + string("onMetaData"), 1),
        True,
    )


def ends() -> Iterator[Case]:
    for state in STATES[1:]:
        yield Case(f"half-close when {state}", state, lambda p: p.half_close())
        yield Case(f"reset when {state}", state, lambda p: p.reset())
    half = message(9, frame(1, True) + bytes(3000), 1, csid=6)[:1500]
    yield Case("reset in mid message", "publishing", lambda p: (p.send(half), p.reset()))
    yield Case("half-close in mid message", "publishing", lambda p: (p.send(half), p.half_close()))


def cases() -> list[Case]:
    groups = (handshakes, before_connect, names, chunks, amf, commands, controls, media, ends)
    return [case for group in groups for case in group()]
