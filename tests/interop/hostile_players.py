"""Conversations that no player would hold, nor a publisher of a server with players: as hostile.py has them.

The state "playing" is after the answer to a play of a stream that is there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from hostile import Case, says
from wire import (
    CREATE,
    END,
    NULL,
    amf_object,
    boolean,
    chunk_size,
    command,
    control,
    frame,
    header,
    message,
    number,
    publish,
    string,
    u32,
)


def play(name: str | bytes, *more: bytes, stream: int = 1) -> bytes:
    return command("play", 6, NULL, string(name), *more, stream=stream)


def data(handler: str, *values: bytes, chunk: int = 128) -> bytes:
    return message(18, string("@setDataFrame") + string(handler) + b"".join(values), 1, csid=5, chunk=chunk)


def plays() -> Iterator[Case]:
    for what, name in {
        "NUL": b"a\0b",
        "../": b"../../etc/passwd",
        "newlines": b"a\r\nb",
        "not UTF-8": b"\xff\xfe\xc0\x80",
        "nothing": b"",
        "8 KiB": b"n" * 8192,
        "64 KiB": b"n" * 65535,
        "mp4:": b"mp4:test.mp4",
    }.items():
        yield says(f"play of {what}", "created", play(name))
    yield says("play without a name", "created", command("play", 6, NULL, stream=1))
    yield says("play of a number", "created", command("play", 6, NULL, number(1), stream=1))
    yield says("play on stream 0", "created", play("good", stream=0))
    yield says("play on a stream that is not there", "created", play("good", stream=99))
    for start in (-3.0, -1.0, 1e300, float("nan"), float("-inf")):
        yield says(f"play from {start}", "created", play("good", number(start), number(start), boolean(True)))
    yield says("1000 plays of what is not there", "created", b"".join(play(f"none-{i}") for i in range(1000)))
    yield says("1000 plays of one stream", "created", play("good") * 1000)
    yield says("play and half-close", "created", play("good"))
    yield says("publish while playing", "playing", publish("mine"), True)
    yield says("publish of the stream that is played", "playing", CREATE + publish("good", 2))
    yield says("a thousand streams", "connected", (CREATE + play("good", stream=1)) * 1000)
    yield says("media while playing", "playing", message(9, frame(1, True), 1, csid=6) * 100, True)
    for size in (0, 1, 0x7FFFFFFF):
        yield says(f"chunk size {size} while playing", "playing", chunk_size(size))


def commands() -> Iterator[Case]:
    for name in ("pause", "pauseRaw", "seek", "receiveAudio", "receiveVideo", "play2", "closeStream", "deleteStream"):
        for what, values in {
            "nothing": [],
            "NULL": [NULL],
            "an object": [NULL, amf_object()],
            "NaN": [NULL, number(float("nan")), number(float("nan"))],
            "-1": [NULL, number(-1), number(-1)],
        }.items():
            yield says(f"{name} with {what}", "playing", command(name, 0, *values, stream=1))
        yield says(f"2000 {name}", "playing", command(name, 0, NULL, boolean(True), number(1), stream=1) * 2000)
    for on in (True, False):
        toggles = command("pause", 0, NULL, boolean(on), number(0), stream=1)
        toggles += command("pause", 0, NULL, boolean(not on), number(0), stream=1)
        yield says(f"200 pauses, {on} first", "playing", toggles * 200)
    yield says(
        "play and closeStream, 500 times", "created", (play("good") + command("closeStream", 0, NULL, stream=1)) * 500
    )
    for length in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        yield says(f"a buffer of {length} ms", "playing", control(3, 1, length), True)
        yield says(f"a buffer of {length} ms on no stream", "playing", control(3, 77, length), True)
    yield says("10,000 buffer lengths", "playing", b"".join(control(3, 1, n) for n in range(10000)))
    yield says("acknowledgements of what was not sent", "playing", message(3, u32(0xFFFFFFFF), csid=2) * 100)
    yield says("16 MiB promised while playing", "playing", header(9, 9, 0xFFFFFF, 1) + bytes(128))


def publishes() -> Iterator[Case]:
    """What a hub keeps for players who come later."""
    large = chunk_size(65536)
    for count in (100, 2000):
        kept = b"".join(data(f"handler-{i}", string("x" * 200), chunk=65536) for i in range(count))
        yield says(f"data under {count} handlers", "publishing", large + kept)
    record = b"\x17\0\0\0\0" + random.Random(1).randbytes(60000)
    yield says("100 large headers", "publishing", large + message(9, record, 1, csid=6, chunk=65536) * 100)
    tracks = b"".join(
        message(9, bytes([0x96, 0x00]) + b"hvc1" + bytes([i]) + bytes(60000), 1, csid=6, chunk=65536)
        for i in range(256)
    )
    yield says("large headers of 256 tracks", "publishing", large + tracks)
    properties = b"".join(b"\x00\x05" + b"%05d" % i + b"\x05" for i in range(5000))
    metadata = data("onMetaData", b"\x03" + properties + END, chunk=65536)
    yield says("metadata of 5000 properties, 50 times", "publishing", large + metadata * 50)
    yield says("20,000 inter frames", "publishing", message(9, frame(1), 1, csid=6) * 20000)
    yield says("2000 keyframes", "publishing", message(9, frame(1, True), 1, csid=6) * 2000)
    back = b"".join(message(9, frame(i, i == 0), 1, csid=6, timestamp=0xFFFFF0 - i * 1000) for i in range(500))
    yield says("time that runs backwards", "publishing", back)
    jumps = b"".join(message(8, b"\xaf\x01\x00", 1, csid=4, timestamp=(i * 0x7FFFFF) & 0xFFFFFE) for i in range(500))
    yield says("time that jumps", "publishing", jumps)
    again = command("closeStream", 0, NULL, stream=1) + publish("again")
    yield says("publish and closeStream, 300 times", "created", (publish("again") + again) * 150)
    names = b"".join(publish(f"name-{i}") + command("closeStream", 0, NULL, stream=1) for i in range(300))
    yield says("300 names one after the other", "created", names)


def cases() -> list[Case]:
    return [case for group in (plays, commands, publishes) for case in group()]
