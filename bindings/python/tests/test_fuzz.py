"""Bytes that nobody would send: every parser ends with a value or an error of the package, and holds nothing afterwards."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import oxrtmp
import pytest
from conftest import ROOT, TORTURE
from oxrtmp import Engine, FLVReader, amf, lowlevel
from test_engine import accept, give
from vectors import VECTORS, every

ROUNDS = 10_000 if TORTURE else 500


def seeds() -> list[bytes]:
    """Every vector, and the beginnings of what real encoders said."""
    found = [bytes.fromhex(v["hex"]) for file in VECTORS.glob("*.json") for v in every(file.stem)]
    found += [capture.read_bytes()[3073:7000] for capture in (ROOT / "testdata/captures").glob("*.bin")]
    return [seed for seed in found if seed]


SEEDS = seeds()


def changed(r: random.Random) -> bytes:
    """A seed with bits and lengths changed, parts of it doubled, cut, or joined to another one."""
    data = bytearray(r.choice(SEEDS))
    for _ in range(r.randrange(6)):
        at = r.randrange(len(data)) if data else 0
        match r.randrange(5):
            case 0 if data:
                data[at] ^= 1 << r.randrange(8)
            case 1:
                data[at:at] = r.randbytes(r.randrange(5))
            case 2:
                del data[at : at + r.randrange(9)]
            case 3:
                data[at:at] = data[at : at + r.randrange(40)]
            case 4:
                data += r.choice(SEEDS)
    return bytes(data)


def handshake(data: bytes) -> None:
    for client in (False, True):
        with lowlevel.Handshake(client=client) as part:
            part.receive(b"\3" + data)
            part.result()


def chunks(data: bytes) -> None:
    with lowlevel.ChunkDecoder(oxrtmp.Limits(message_bytes=100_000)) as decoder:
        while data:
            data = data[decoder.feed(data) :]
            decoder.next()


def amf_values(data: bytes) -> None:
    for step in lowlevel.AMFCursor(data):
        lowlevel.amf_build(step)


def amf_whole(data: bytes) -> None:
    for amf3 in (False, True):
        with contextlib.suppress(oxrtmp.Error):
            amf.encode(*amf.decode(data, amf3=amf3), amf3=amf3)


def messages(data: bytes) -> None:
    for kind in range(1, 7):
        with contextlib.suppress(oxrtmp.Error):
            lowlevel.control_build(lowlevel.control_parse(kind, data))
    for kind in (17, 20):
        with contextlib.suppress(oxrtmp.Error):
            lowlevel.command_build(lowlevel.command_parse(kind, data))


def media(data: bytes) -> None:
    for kind in (8, 9, 15, 18):
        for packet in lowlevel.packet_parse(kind, 0, data):
            for use in (lowlevel.packet_build, lowlevel.flv_tag, repr, oxrtmp.Packet.values):
                with contextlib.suppress(oxrtmp.Error):
                    use(packet)
    lowlevel.color_info_parse(data)


def files(data: bytes) -> None:
    with FLVReader() as reader:
        reader.feed(lowlevel.flv_header() + data)
        list(reader)


def server(data: bytes) -> None:
    with Engine.server(shaken=True, ask_play=True, ask_connect=True) as engine:
        give(engine, data, 0, accept)
        engine.output()


def client(data: bytes) -> None:
    for call in (Engine.publish, Engine.play):
        with call("rtmp://host/live/name", shaken=True) as engine:
            give(engine, data, 0, accept)
            engine.output()


@pytest.mark.parametrize("parser", [handshake, chunks, amf_values, amf_whole, messages, media, files, server, client])
def test_changed_bytes(parser: Callable[[bytes], Any]) -> None:
    r = random.Random(parser.__name__)
    before = oxrtmp.library_statistics()
    for _ in range(ROUNDS):
        data = changed(r)
        with contextlib.suppress(oxrtmp.ProtocolError, oxrtmp.ClosedError):
            parser(data)
    after = oxrtmp.library_statistics()
    assert (after.handles, after.faults) == (before.handles, before.faults)
