"""AMF values: every vector of both formats read and written, natural types, external objects, JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import oxrtmp
import pytest
from conftest import ROOT
from oxrtmp import amf


def load(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / f"testdata/vectors/{name}.json").read_text())["vectors"]
    return [v for v in found if "command" not in v["value"]]


def described(value: dict[str, Any], amf3: bool) -> Any:
    """The value that a vector describes."""
    kind, content = next(iter(value.items()))
    match kind:
        case "number" | "double":
            return float(content)
        case "integer" | "boolean" | "string":
            return content
        case "null":
            return None
        case "undefined" | "unsupported":
            return amf.Absent(kind)
        case "date":
            return amf.Date(content, value.get("zone", 0))
        case "xml" if amf3:
            return amf.XML(content)
        case "xml" | "xml_document":
            return amf.XMLDocument(content)
        case "bytes":
            return bytes.fromhex(content)
        case "object":
            static = "sealed" in value and not value.get("dynamic")
            return amf.Object(
                pairs(content, amf3), value.get("class", ""), sealed=value.get("sealed", 0), static=static
            )
        case "ecma_array":
            return amf.ECMAArray(pairs(content, amf3))
        case "strict_array":
            return [described(v, amf3) for v in content]
        case "array" if value["associative"]:
            return amf.ECMAArray(pairs(value["associative"], amf3), [described(v, amf3) for v in content])
        case "array":
            return [described(v, amf3) for v in content]
        case "vector_int" | "vector_uint" | "vector_double":
            return amf.Vector(kind.removeprefix("vector_"), content, fixed=value["fixed"])
        case "vector_object":
            items = [described(v, amf3) for v in content]
            return amf.Vector("object", items, fixed=value["fixed"], class_name=value["class"])
        case "dictionary":
            return amf.Dictionary([(described(k, amf3), described(v, amf3)) for k, v in content], value["weak"])
        case "amf3":
            return described(content, True)
    raise KeyError(kind)


def pairs(content: list[Any], amf3: bool) -> list[tuple[str, Any]]:
    return [(k, described(v, amf3)) for k, v in content]


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types all the way down."""
    return type(a) is type(b) and a == b and vars_of(a) == vars_of(b) and all(
        same(x, y) for x, y in zip(inside(a), inside(b), strict=True)
    )  # fmt: skip


def vars_of(value: Any) -> Any:
    return vars(value) if isinstance(value, amf.Object | amf.ECMAArray | amf.Vector) else None


def inside(value: Any) -> list[Any]:
    match value:
        case dict():
            return [item for pair in value.items() for item in pair]
        case list():
            return list(value)
        case amf.Dictionary():
            return [item for pair in value.entries for item in pair]
    return []


VECTORS = [pytest.param(name, v, id=f"{name}-{v['id']}") for name in ("amf0", "amf3") for v in load(name)]


@pytest.mark.parametrize(("name", "vector"), VECTORS)
def test_vectors(name: str, vector: dict[str, Any]) -> None:
    amf3 = name == "amf3"
    before = [v for i in vector.get("after", []) for v in load(name) if v["id"] == i]
    data = bytes.fromhex("".join(v["hex"] for v in [*before, vector]))
    if "reference" in vector["value"]:
        with pytest.raises(oxrtmp.ProtocolError):
            amf.decode(data)
        return
    values = amf.decode(data, amf3=amf3)
    want = [described(v["value"], amf3) for v in [*before, vector]]
    assert len(values) == len(want) and all(same(a, b) for a, b in zip(values, want, strict=True)), values
    written = amf.encode(*values, amf3=amf3)
    if vector.get("canonical", True) and not {"same", "amf3"} & vector["value"].keys():
        assert written == data
    again = amf.decode(written, amf3=amf3)
    assert again == values
    assert json.loads(amf.to_json(written, amf3=amf3)) == json.loads(amf.to_json(data, amf3=amf3))


def test_enough_vectors() -> None:
    assert len(VECTORS) > 45


@pytest.mark.parametrize("amf3", [False, True])
def test_natural_types(amf3: bool) -> None:
    values: list[Any] = [
        None, True, 1, 2.5, "text", b"bytes", {"a": {"b": [1, "x", None]}}, ("tuple", 1),
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), "\udcff not UTF-8", 2**40,
    ]  # fmt: skip
    got = amf.decode(amf.encode(*values, amf3=amf3), amf3=amf3)
    assert got[:7] == values[:7] and got[7] == ["tuple", 1]
    assert isinstance(got[2], int if amf3 else float) and isinstance(got[10], float) and got[9:] == values[9:]
    assert got[8] == amf.Date(1_700_000_000_000) and got[8].datetime == values[8]


def test_what_is_no_value() -> None:
    for wrong in (object(), {1: 2}, {"a": {3}}, [complex(1)]):
        with pytest.raises(TypeError):
            amf.encode(wrong)  # type: ignore[arg-type]
    with pytest.raises(oxrtmp.ArgumentError):
        amf.encode(amf.Vector("int", [1.5]))
    with pytest.raises(ValueError):
        amf.encode(1, amf3=True, to_amf0=True)
    with pytest.raises(oxrtmp.ProtocolError):
        amf.encode({"a" * 65536: 1})
    with pytest.raises(oxrtmp.ProtocolError):
        amf.decode(b"\x04")
    assert amf.decode(b"\x03\0\1a\x05") == [{"a": None}]
    with pytest.raises(oxrtmp.ProtocolError):
        amf.decode(b"\x03\0\1a\x05", strict=True)
    assert amf.decode(b"\5\5", values=2) == [None, None]
    for limits in ({"values": 1}, {"depth": 1}):
        with pytest.raises(oxrtmp.ProtocolError):
            amf.decode(amf.encode([[1]], None), **limits)


def nested(depth: int) -> bytes:
    """Objects in objects, in AMF0."""
    return b"\x03\0\1a" * depth + b"\x05" + b"\0\0\x09" * depth


def test_deep_values() -> None:
    """The library's limits count, not what Python can call."""
    with pytest.raises(oxrtmp.ProtocolError):
        amf.decode(nested(65))
    (value,) = amf.decode(nested(1024), depth=1024)
    for _ in range(1024):
        value = value["a"]
    assert value is None
    (array,) = amf.decode(b"\x0a\0\0\0\1" * 1024 + b"\x05", depth=1024)
    with pytest.raises(oxrtmp.ProtocolError, match="too deep"):
        amf.encode(array)
    with pytest.raises(oxrtmp.ProtocolError):
        amf.decode(nested(1025), depth=2000)


def test_external_objects() -> None:
    data = b"\x0a\x07\x03F\x02ab\x0a\x01\x01z\x01"
    with pytest.raises(oxrtmp.UnsupportedError, match="'F'"):
        amf.decode(data, amf3=True)
    with pytest.raises(oxrtmp.UnsupportedError):
        amf.decode(data, amf3=True, external=lambda name, rest: None)
    seen = []

    def length(name: str, rest: bytes) -> int:
        seen.append((name, rest))
        return rest[0] + 1

    values = amf.decode(data, amf3=True, external=length)
    assert values == [amf.External("F", data=b"\2ab"), amf.External("F", data=b"\1z"), None]
    assert seen == [("F", data[4:]), ("F", data[9:])]
    assert amf.encode(*values, amf3=True) == data
    collection = amf.External("flex.messaging.io.ArrayCollection", [1, 2])
    assert amf.decode(amf.encode(collection)) == [collection]


def test_conversion_to_amf0() -> None:
    value = {"v": amf.Vector("uint", [7]), "d": amf.Dictionary([(3, b"x")])}
    assert amf.decode(amf.encode(value, to_amf0=True)) == [{"v": [7], "d": {"3": [120]}}]


def test_json() -> None:
    text = '[{"a":1,"b":[null,true,"x"]},{"$date":5},{"$bytes":"AQI="}]'
    for amf3 in (False, True):
        data = amf.from_json(text, amf3=amf3)
        assert amf.to_json(data, amf3=amf3, strict=not amf3) == text
        assert amf.decode(data, amf3=amf3)[1:] == [amf.Date(5), b"\1\2"]
    with pytest.raises(oxrtmp.ArgumentError):
        amf.from_json("{}")


def test_data_messages(tmp_path: Any) -> None:
    """As they are sent and read."""
    body = amf.encode("onTextData", {"text": "hello"})
    packet = oxrtmp.Packet(18, 0, data=body, kind=oxrtmp.PacketKind.DATA)
    assert amf.decode(packet.data) == ["onTextData", {"text": "hello"}] == packet.values()
