"""The vectors of testdata, read and built by the low-level parts."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from typing import Any

import oxrtmp
import pytest
from oxrtmp import Packet, PacketFlags, PacketKind, amf, lowlevel
from oxrtmp.lowlevel import (
    AMFCursor,
    AMFType,
    AMFValue,
    ChunkDecoder,
    ChunkEncoder,
    Control,
    Handshake,
    Message,
)
from test_answers import md5, md5_in_base64
from test_engine import Pair, give
from test_vectors import MEDIA, codec
from vectors import VECTORS, data_of, every, find, load

# ---- handshakes ----


def pattern(multiply: int, add: int, start: int, end: int) -> bytes:
    """What the vectors have where a real peer has random bytes."""
    return bytes((multiply * i + add) & 0xFF for i in range(start, end))


def receive(handshake: Handshake, data: bytes, piece: int) -> None:
    for at in range(0, len(data), piece):
        part = memoryview(data)[at : at + piece]
        assert handshake.receive(part) == len(part)


def output(handshake: Handshake, piece: int) -> bytes:
    """Its output, taken in pieces."""
    buffer, taken = bytearray(piece), b""
    while size := handshake.output_into(buffer):
        taken += buffer[:size]
    return taken


@pytest.mark.parametrize("piece", [1, 1000, 4000])
@pytest.mark.parametrize("base", [772, 8])
def test_a_server_makes_the_digest_handshake(base: int, piece: int) -> None:
    random = pattern(11, 3, 8, 1536) + pattern(5, 1, 0, 1504)
    assert len(random) == lowlevel.HANDSHAKE_RANDOM_SIZE
    with Handshake(time_ms=0x01020304, random=random) as server:
        receive(server, b"\3" + data_of("handshake", f"C1-{base}"), piece)
        want = b"\3" + data_of("handshake", f"S1-{base}") + data_of("handshake", f"S2-{base}")
        assert output(server, piece) == want
        assert not server.result().done
        receive(server, data_of("handshake", f"C2-{base}"), piece)
        result = server.result()
        assert result.done and result.digest and result.peer_verified and result.scheme == base
        assert result.peer_version == b"\x80\0\7\2" and result.peer_time_ms == 0
        assert server.receive(b"\3 is the first chunk's") == 0


@pytest.mark.parametrize("piece", [1, 1000, 4000])
@pytest.mark.parametrize("base", [772, 8])
def test_a_client_makes_the_digest_handshake(base: int, piece: int) -> None:
    random = pattern(7, 3, 8, 1536) + pattern(3, 2, 0, 1504)
    with Handshake(client=True, digest=True, random=random) as client:
        assert output(client, piece) == b"\3" + data_of("handshake", "C1-8")
        receive(client, b"\3" + data_of("handshake", f"S1-{base}"), piece)
        assert client.output() == data_of("handshake", f"C2-{base}")
        wrong = bytearray(data_of("handshake", "S2-8"))
        if base == 8:
            wrong[1535] ^= 1  # told, and no harm
        receive(client, bytes(wrong), piece)
        result = client.result()
        assert result.done and result.digest and result.scheme == base
        assert result.peer_verified == (base == 772)
        assert result.peer_time_ms == find("handshake", f"S1-{base}")["value"]["time"]


@pytest.mark.parametrize("vector", [v for v in load("handshake") if v.values[0]["value"]["packet"] in ("C1", "S1")])
def test_places_of_digest_and_key(vector: dict[str, Any]) -> None:
    value, packet = vector["value"], bytes.fromhex(vector["hex"])
    if not value["base"]:
        return
    digest, key = lowlevel.handshake_offsets(packet, value["base"])
    assert digest == value["digest_offset"] and key == value.get("key_offset", key)
    assert packet[digest : digest + 32].hex() == value["digest"]
    for bad, scheme in ((packet[:-1], 8), (packet, 9)):
        with pytest.raises(oxrtmp.ArgumentError):
            lowlevel.handshake_offsets(bad, scheme)


@pytest.mark.parametrize("name", ["C1-simple", "C1-junk"])
def test_packets_without_a_digest_are_repeated(name: str) -> None:
    c1 = data_of("handshake", name)
    with Handshake() as server, Handshake(client=True) as client:
        receive(server, b"\3" + c1, 7)
        said = server.output()
        assert len(said) == 3073 and said[1537:] == c1
        result = server.result()
        assert not result.digest and not result.done and result.scheme == 0
        assert result.peer_version == c1[4:8] and result.peer_time_ms == find("handshake", name)["value"]["time"]
        receive(server, bytes(1536), 1536)  # a wrong C2 ends it all the same
        assert server.result().done and not server.result().peer_verified

        mine = client.output()
        receive(client, said[:1537] + mine[1:], 1537)
        assert client.result().done and client.result().peer_verified and client.output() == said[1:1537]


@pytest.mark.parametrize("vector", [v for v in load("handshake") if v.values[0]["value"]["packet"] == "C0"])
def test_first_bytes(vector: dict[str, Any]) -> None:
    first = bytes.fromhex(vector["hex"])
    with Handshake() as server:
        if first == b"\3":
            assert server.receive(first) == 1
            return
        for data in (first, b"\3"):  # for ever
            with pytest.raises(oxrtmp.ProtocolError) as caught:
                server.receive(data)
            assert caught.value.status == oxrtmp.Status.HANDSHAKE and vector["value"]["looks"] in str(caught.value)


# ---- chunks ----


def read(data: bytes, chunk_size: int, piece: int, into: bool = False) -> list[Message]:
    """Messages from bytes that come in pieces."""
    found = []
    with ChunkDecoder() as decoder:
        decoder.set_chunk_size(chunk_size)
        for at in range(0, len(data), piece):
            rest = memoryview(data)[at : at + piece]
            while rest:
                rest = rest[decoder.feed(rest) :]
                message = decoder.next_into(bytearray(10_000)) if into else decoder.next()
                assert message is not None or not rest
                if message is not None:
                    found.append(message)
        assert decoder.next() is None
    return found


def message_of(value: dict[str, Any], payload: bytes) -> Message:
    return Message(value["csid"], value["timestamp"], value["msid"], value["type"], payload)


@pytest.mark.parametrize(("piece", "into"), [(1, False), (7, True), (100_000, False)])
@pytest.mark.parametrize("vector", load("chunk"))
def test_chunks(vector: dict[str, Any], piece: int, into: bool) -> None:
    value = vector["value"]
    if "messages" in value:
        want = [message_of(m, bytes.fromhex(m["payload"])) for m in value["messages"]]
        assert read(bytes.fromhex(vector["hex"]), value["chunk_size"], piece, into) == want
        with ChunkEncoder() as encoder:
            encoder.set_chunk_size(value["chunk_size"])
            assert read(b"".join(encoder.write(m) for m in want), value["chunk_size"], piece) == want
        return
    data, arrived = b"", 0  # a header: the bytes before it come too, and payload as much as it says
    for part in [*(find("chunk", i) for i in vector.get("after", [])), vector]:
        data += bytes.fromhex(part["hex"]) + b"\xab" * part["value"]["payload"]
        arrived += part["value"]["payload"]
        if part is not vector and arrived == part["value"]["length"]:
            arrived = 0
    got = read(data, 128, piece, into)
    if arrived == value["length"]:
        assert got[-1] == message_of(value, b"\xab" * value["length"])
    else:
        assert len(got) == len([m for m in read(data + b"\xab", 128, piece) if m])


def carried(vector: dict[str, Any]) -> Message:
    """A message that is one chunk or more: read and written."""
    value, data = vector["value"], bytes.fromhex(vector["hex"])
    message = message_of(value, bytes.fromhex(value["body"]))
    assert read(data, 128, 5) == [message]
    with ChunkEncoder() as encoder:
        room = bytearray(len(data))
        with pytest.raises(oxrtmp.UsageError) as caught:
            encoder.write_into(message, memoryview(room)[:-1])
        assert caught.value.status == oxrtmp.Status.BUFFER and f"{len(data)} are needed" in str(caught.value)
        assert encoder.write_into(message, room) == len(data) and room == data
    return message


# ---- messages ----

NAMES = {
    "sequence": "value",
    "size": "value",
    "csid": "value",
    "timestamp": "timestamp_ms",
    "buffer_length": "buffer_ms",
}


@pytest.mark.parametrize("vector", load("control"))
def test_control_messages(vector: dict[str, Any]) -> None:
    message = carried(vector)
    fields = {NAMES.get(k, k): v for k, v in vector["value"]["message"].items() if k != "kind"}
    if "data" in fields:
        fields["data"] = bytes.fromhex(fields["data"])
    want = Control(message.type, **fields)
    got = lowlevel.control_parse(message.type, message.payload)
    assert got == want and lowlevel.control_build(got) == message.payload
    room = bytearray(100)
    assert room[: lowlevel.control_build_into(got, room)] == message.payload
    for size in range(len(message.payload) if not want.data else 0):
        if (message.type, size) != (6, 4):  # some peers leave its end out
            with pytest.raises(oxrtmp.ProtocolError):
                lowlevel.control_parse(message.type, message.payload[:size])


@pytest.mark.parametrize("vector", load("commands"))
def test_command_messages(vector: dict[str, Any]) -> None:
    message, value = carried(vector), vector["value"]["command"]
    got = lowlevel.command_parse(message.type, message.payload)
    assert (got.name, got.transaction_id) == (value["name"], value["transaction_id"])
    want = [typed(v) for v in (value["object"], *value["arguments"])]
    assert ordered(amf.to_json(got.values, strict=True)) == repr(want)
    assert lowlevel.command_build(got) == message.payload
    room = bytearray(len(message.payload))
    assert lowlevel.command_build_into(got, room) == len(room) and room == message.payload


# ---- AMF ----


def typed(value: dict[str, Any]) -> Any:
    """A value of amf0.json or amf3.json as amf_to_json says it."""
    kind, content = next(iter(value.items()))
    match kind:
        case "date":
            return {"$date": content, **({"$zone": value["zone"]} if value.get("zone") else {})}
        case "unsupported" | "null" | "undefined":
            return None
        case "amf3":
            return typed(content)
        case "object" | "ecma_array":
            return Pairs((name, typed(v)) for name, v in content)
        case "array" if value["associative"]:
            return Pairs(
                (n, typed(v)) for n, v in [*value["associative"], *([str(i), v] for i, v in enumerate(content))]
            )
        case "array" | "vector_object" | "strict_array":
            return [typed(v) for v in content]
        case "dictionary":
            return [[typed(k), typed(v)] for k, v in content]
        case "bytes":
            return {"$bytes": base64.b64encode(bytes.fromhex(content)).decode()}
    return content


class Pairs(list[tuple[str, Any]]):
    """An object of JSON with its order and its duplicates; one of the two kinds with "$" is a dict."""

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{n!r}: {v!r}" for n, v in self) + "}"


def ordered(text: str) -> str:
    """JSON as the repr of its values, order and duplicates included."""
    return repr(json.loads(text, object_pairs_hook=Pairs))


def steps(value: dict[str, Any], depth: int = 0, name: str | None = None) -> list[AMFValue]:
    """A value of amf0.json as what a cursor meets."""
    kind, content = next((k, v) for k, v in value.items() if k not in ("class", "zone"))

    def step(type_: AMFType, **fields: Any) -> AMFValue:
        return AMFValue(type_, depth, zone=value.get("zone", 0), name=name, **fields)

    match kind:
        case "number" | "boolean":
            return [step(AMFType[kind.upper()], number=float(content))]
        case "date":
            return [step(AMFType.DATE, number=content)]
        case "string" | "xml":
            return [step(AMFType[kind.upper()], text=content)]
        case "null" | "undefined" | "unsupported":
            return [step(AMFType[kind.upper()])]
        case "reference":
            return [step(AMFType.REFERENCE, count=content)]
        case "strict_array":
            inside = itertools.chain(*(steps(v, depth + 1) for v in content))
            return [step(AMFType.STRICT_ARRAY, count=len(content)), *inside]
        case "object" | "ecma_array":
            count = len(content) if kind == "ecma_array" else 0
            first = step(AMFType[kind.upper()], count=count, text=value.get("class", ""))
            inside = itertools.chain(*(steps(v, depth + 1, n) for n, v in content))
            return [first, *inside, AMFValue(AMFType.OBJECT_END, depth)]
    raise KeyError(kind)


@pytest.mark.parametrize("vector", load("amf0"))
def test_amf0(vector: dict[str, Any]) -> None:
    data, value = bytes.fromhex(vector["hex"]), vector["value"]
    if "amf3" in value:
        want = [AMFValue(AMFType.AMF3, data=data[1:])]
    elif vector["id"] == "A17":  # refers to what is before it: its steps are not those of the value that results
        want = list(AMFCursor(data))
    else:
        want = steps(value)
    cursor = AMFCursor(data)
    assert list(cursor) == want and list(cursor) == [] and cursor.offset == len(data)
    if vector.get("canonical", True):
        assert b"".join(lowlevel.amf_build(v) for v in want) == data
    for step in want:
        room = bytearray(100)
        assert room[: lowlevel.amf_build_into(step, room)] == lowlevel.amf_build(step)
    if "reference" in value:
        with pytest.raises(oxrtmp.ProtocolError) as caught:
            amf.to_json(data)
        assert caught.value.status == oxrtmp.Status.AMF
        return
    text = amf.to_json(data, strict=True)
    assert ordered(text) == repr(_like_json([typed(value)]))
    back = amf.from_json(text)
    assert amf.to_json(back) == text


@pytest.mark.parametrize("vector", load("amf3"))
def test_amf3(vector: dict[str, Any]) -> None:
    """As JSON, after those values that it refers to."""
    if "command" in vector["value"]:
        command = lowlevel.command_parse(17, bytes.fromhex(vector["hex"]))
        want = vector["value"]["command"]
        assert command.name == want["name"] and command.transaction_id == want["transaction_id"]
        return
    parts = [*(find("amf3", i) for i in vector.get("after", [])), vector]
    text = amf.to_json(b"".join(bytes.fromhex(p["hex"]) for p in parts), amf3=True)
    assert ordered(text) == repr(_like_json([typed(p["value"]) for p in parts]))
    back = amf.from_json(text, amf3=True)
    assert amf.to_json(back, amf3=True) == text


def _like_json(value: Any) -> Any:
    """The two kinds of objects with "$" as JSON reads them."""
    if isinstance(value, dict):
        return Pairs(value.items())
    if isinstance(value, Pairs):
        return Pairs((n, _like_json(v)) for n, v in value)
    return [_like_json(v) for v in value] if isinstance(value, list) else value


# ---- media and files ----


@pytest.mark.parametrize("vector", MEDIA)
def test_media(vector: dict[str, Any]) -> None:
    value, payload = vector["value"], bytes.fromhex(vector["hex"])
    packets = lowlevel.packet_parse(value["type"], 70, payload)
    assert len(packets) == len(value["packets"])
    for i, (packet, want) in enumerate(zip(packets, value["packets"], strict=True)):
        assert packet.kind == PacketKind[want["kind"].upper()] and packet.codec == codec(want)
        assert packet.track == want.get("track", 0) and packet.frame_type == want.get("frame_type", packet.frame_type)
        assert packet.packet_type == want.get("packet_type", packet.packet_type)
        assert packet.composition_ms == want.get("composition_ms", 0)
        assert packet.nano_offset_ns == want.get("nano_offset", 0)
        assert packet.data == bytes.fromhex(want["body"]) and packet.raw == payload
        assert packet.continued == (i > 0) and not packet.malformed
        assert (packet.timestamp_ms, packet.dts_ns, packet.arrival_ns) == (70, 70_000_000, 0)
        assert packet.pts_ns == packet.dts_ns + packet.composition_ms * 1_000_000 + packet.nano_offset_ns
    # an unknown ModEx entry (E11) is left out
    if vector.get("canonical", True) and len(packets) == 1 and vector["id"] != "E11":
        assert lowlevel.packet_build(packets[0]) == payload
        room = bytearray(len(payload))
        assert lowlevel.packet_build_into(packets[0], room) == len(payload) and room == payload


@pytest.mark.parametrize("vector", load("negative"))
def test_media_that_no_parser_accepts(vector: dict[str, Any]) -> None:
    kind, payload = vector.get("value", {}).get("type", 0), bytes.fromhex(vector["hex"])
    if kind in (8, 9, 15, 18):
        (packet,) = lowlevel.packet_parse(kind, 0, payload)
        assert packet.malformed and packet.codec == "" and packet.data == packet.raw == payload
        assert lowlevel.packet_build(packet) == payload
    elif 1 <= kind <= 6:
        with pytest.raises(oxrtmp.ProtocolError):
            lowlevel.control_parse(kind, payload)
    with pytest.raises(oxrtmp.Error):
        lowlevel.command_parse(20, payload)


def test_a_file_header_and_a_tag() -> None:
    header, tag = find("flv", "F1"), find("flv", "F2")
    assert header["value"]["audio"] and header["value"]["video"]
    assert lowlevel.flv_header() == bytes.fromhex(header["hex"])
    value = tag["value"]["tag"]
    packet = Packet(value["type"], value["timestamp"], raw=bytes.fromhex(value["data"]))
    assert lowlevel.flv_tag(packet) == bytes.fromhex(tag["hex"])
    room = bytearray(100)
    size = lowlevel.flv_header_into(room)
    size += lowlevel.flv_tag_into(packet, memoryview(room)[size:])
    with oxrtmp.FLVReader() as reader:
        reader.feed(memoryview(room)[:size])
        (got,) = reader
    assert (got.type, got.timestamp_ms, got.raw) == (value["type"], value["timestamp"], bytes.fromhex(value["data"]))


@pytest.mark.parametrize("vector", load("aggregate"))
def test_aggregates(vector: dict[str, Any]) -> None:
    """Each message of an aggregate is a packet, at the time that it has in the whole."""
    pair = Pair(shaken=True)
    pair.converse()
    value = vector["value"]
    with ChunkEncoder() as encoder:
        whole = Message(40, value["timestamp"], 1, 22, bytes.fromhex(vector["hex"]))
        events = give(pair.server, encoder.write(whole), 0, lambda request: request.accept())
    packets = [e.packet for e in events if e.packet]
    want = [(m["type"], m["timestamp"], bytes.fromhex(m["payload"])) for m in value["messages"]]
    assert [(p.type, p.timestamp_ms, bytes(p.raw)) for p in packets] == want
    pair.close()


# ---- logins ----


@pytest.mark.parametrize("vector", load("auth"))
def test_responses_of_logins(vector: dict[str, Any]) -> None:
    """The steps between are checked by hashlib: what the vectors say of them is right, too."""
    v = vector["value"]
    user, password = v["user"], v["password"]
    if "nonce" in v:
        response = lowlevel.authmod_llnw(
            user, password, app=v["app"], nonce=v["nonce"], client_nonce=v["cnonce"], count=v["nc"]
        )
        assert md5(f"{user}:{v['realm']}:{password}") == v["ha1"]
        assert md5(f"{v['method']}:{v['uri']}") == v["ha2"]
        last = ":".join(v[name] for name in ("ha1", "nonce", "nc", "cnonce", "qop", "ha2"))
        assert md5(last) == v["response"] == response
        return
    given = {name: v[name] for name in ("salt", "challenge", "client_challenge", "opaque") if name in v}
    response = lowlevel.authmod_adobe(user, password, **given)
    assert md5_in_base64(user + v["salt"] + password) == v["salted_password"]
    last = v["salted_password"] + v.get("opaque", v["challenge"]) + v["client_challenge"]
    assert md5_in_base64(last) == v["response"] == response


def test_texts_of_logins() -> None:
    """An app that names an instance has no other one put behind it; texts may be any bytes but NUL."""

    def llnw(app: str, password: str = "s3cret") -> str:
        return lowlevel.authmod_llnw("alice", password, app=app, nonce="n", client_nonce="c")

    assert llnw("live") == llnw("live/_definst_") != llnw("live/other")
    ha1, ha2 = hashlib.md5(b"alice:live:\xff").hexdigest(), md5("publish:/live/_definst_")
    assert llnw("live", "\udcff") == md5(f"{ha1}:n:00000001:c:auth:{ha2}")
    with pytest.raises(ValueError, match="null"):
        llnw("live\0")


def test_every_file_is_read() -> None:
    """Those of shared objects have no function here: test_calls.py reads and writes them."""
    here = {
        "handshake",
        "chunk",
        "control",
        "commands",
        "amf0",
        "amf3",
        "flv",
        "audio",
        "video",
        "negative",
        "aggregate",
        "auth",
    }
    assert {file.stem for file in VECTORS.glob("*.json")} - here == {"sharedobject"}
    assert all(len(every(name)) >= 1 for name in here)


def test_flags_of_metadata_frames() -> None:
    """Enhanced RTMP v2, Metadata Frame: vectors E16 and E17."""
    for identifier in ("E16", "E17"):
        (packet,) = lowlevel.packet_parse(9, 0, data_of("video", identifier))
        assert packet.kind == PacketKind.METADATA and PacketFlags.COLOR_INFO in packet.flags
        info = lowlevel.color_info_parse(packet.data)
        assert lowlevel.color_info_build(info) == packet.data
        room = bytearray(len(packet))
        assert lowlevel.color_info_build_into(info, room) == len(packet) and room == packet.data
