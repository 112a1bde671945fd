"""Records and enumerations say what the header says."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

import oxrtmp
import pytest
from conftest import ROOT
from oxrtmp import lowlevel
from oxrtmp._options import milliseconds, native_hub_options, native_options, native_relay_options

HEADER = (ROOT / "include/oxrtmp.h").read_text()


def struct_fields(name: str) -> set[str]:
    body = re.search(rf"^typedef struct {name} \{{$(.*?)^\}} {name};", HEADER, re.MULTILINE | re.DOTALL)
    assert body, name
    fields = re.findall(r"^ +[\w *]+?[ *](\w+)(?:\[\d+\])?;", body[1], re.MULTILINE)
    return set(fields) - {"struct_size", "reserved"}


def names(record: type) -> set[str]:
    return {f.name for f in dataclasses.fields(record)}


@pytest.mark.parametrize(
    ("record", "struct"),
    [
        (oxrtmp.Limits, "oxrtmp_limits"),
        (oxrtmp.Statistics, "oxrtmp_statistics"),
        (oxrtmp.ConnectInfo, "oxrtmp_connect_info"),
        (oxrtmp.LibraryStatistics, "oxrtmp_library_info"),
        (oxrtmp.PlayInfo, "oxrtmp_play_info"),
        (oxrtmp.HubStatistics, "oxrtmp_hub_info"),
        (oxrtmp.StreamStatistics, "oxrtmp_stream_info"),
        (oxrtmp.RelayStatistics, "oxrtmp_relay_info"),
        (oxrtmp.TLS, "oxrtmp_tls_options"),
        (oxrtmp.EngineStatistics, "oxrtmp_engine_counters"),
        (lowlevel.HandshakeInfo, "oxrtmp_handshake_info"),
        (lowlevel.ColorInfo, "oxrtmp_color_info"),
    ],
)
def test_records_have_the_fields_of_the_structs(record: type, struct: str) -> None:
    assert names(record) == struct_fields(struct)


@pytest.mark.parametrize(
    ("record", "struct", "ours", "not_ours"),
    [
        (
            oxrtmp.Metadata,
            "oxrtmp_metadata",
            {"video_tracks", "audio_tracks", "file_size", "audio_sample_size"},
            {"tracks", "track_count"},
        ),
        (oxrtmp.TrackInfo, "oxrtmp_track_info", set(), {"type"}),
        (lowlevel.Message, "oxrtmp_message", {"payload"}, set()),
        (lowlevel.AMFValue, "oxrtmp_amf_value", {"data"}, {"flags"}),  # flags: of AMF3
        (lowlevel.Control, "oxrtmp_control", set(), set()),
        (lowlevel.Command, "oxrtmp_command", set(), set()),
    ],
)
def test_records_have_the_fields_of_the_structs_and_their_bytes(
    record: type, struct: str, ours: set[str], not_ours: set[str]
) -> None:
    assert names(record) - ours == {n for n in struct_fields(struct) if not n.endswith("_size")} - not_ours


def test_times_have_no_unit_in_python() -> None:
    assert {name + "_ms" for name in names(oxrtmp.Timeouts)} == struct_fields("oxrtmp_timeouts")


@pytest.mark.parametrize(
    ("options", "struct", "not_ours"),
    [
        (oxrtmp.ServerOptions, "oxrtmp_server_options", {"no_wait", "user_count"}),
        (oxrtmp.ClientOptions, "oxrtmp_client_options", {"no_wait"}),
        (oxrtmp.HubOptions, "oxrtmp_hub_options", set()),
        (oxrtmp.RelayOptions, "oxrtmp_relay_options", set()),
    ],
)
def test_options_have_the_fields_of_the_structs(options: Any, struct: str, not_ours: set[str]) -> None:
    ours = set(options.__annotations__)
    assert ours == {n if n in ours else n.removesuffix("_ms") for n in struct_fields(struct)} - not_ours


@pytest.mark.parametrize(
    ("enumeration", "prefix"),
    [
        (oxrtmp.PacketKind, "OXRTMP_PACKET_"),
        (oxrtmp.RequestKind, "OXRTMP_REQUEST_"),
        (oxrtmp.EventKind, "OXRTMP_EVENT_"),
        (oxrtmp.ServerEventKind, "OXRTMP_SERVER_"),
        (oxrtmp.RelayState, "OXRTMP_RELAY_"),
        (lowlevel.AMFType, "OXRTMP_AMF_"),
    ],
)
def test_enumerations(enumeration: Any, prefix: str) -> None:
    header = dict(re.findall(rf"^  {prefix}(\w+) = (\d+),?", HEADER, re.MULTILINE))
    assert {e.name: str(e.value) for e in enumeration} == {
        n: v for n, v in header.items() if n in enumeration.__members__
    }
    assert len(enumeration) == len([n for n in header if n in enumeration.__members__]) > 4


def test_login_schemes() -> None:
    header = re.findall(r"^  OXRTMP_LOGIN_(\w+) = (\d+)", HEADER, re.MULTILINE)
    assert {s.name: s.value for s in oxrtmp.LoginScheme} == {name: int(value) for name, value in header}


def test_packet_flags() -> None:
    header = re.findall(r"^  OXRTMP_PACKET_(\w+) = 1 << (\d+)", HEADER, re.MULTILINE)
    assert {f.name: f.value for f in oxrtmp.PacketFlags} == {name: 1 << int(bit) for name, bit in header}


def test_sections_of_colors() -> None:
    header = re.findall(r"^  OXRTMP_COLOR_(\w+) = 1 << (\d+)", HEADER, re.MULTILINE)
    assert {f.name: f.value for f in lowlevel.ColorSections} == {name: 1 << int(bit) for name, bit in header}


def test_codecs() -> None:
    header = re.findall(r"^#define OXRTMP_CODEC_(\w+) OXRTMP_FOURCC\((.*?)\)", HEADER, re.MULTILINE)
    assert {c.name: c.value for c in oxrtmp.Codec} == {
        name: "".join(re.findall(r"'(.)'", characters)) for name, characters in header if name != "ANY"
    }


def test_milliseconds() -> None:
    assert [milliseconds(s) for s in (None, math.inf, 0, 0.0001, 1.5, 1e12, -3)] == [-1, -1, 0, 1, 1500, 2**31 - 1, 0]


def test_options_for_the_library() -> None:
    plain, limits, timeouts = native_options(
        {
            "linger": 0,
            "limits": oxrtmp.Limits(connections=3),
            "timeouts": oxrtmp.Timeouts(idle=math.inf, write=0, setup=1.5),
        }
    )
    assert plain == {"linger_ms": -1}
    assert limits["connections"] == 3
    assert timeouts == {"idle_ms": -1, "write_ms": 1, "setup_ms": 1500}


def test_times_that_are_no_time_or_endless() -> None:
    """The library has 0 for its defaults."""
    most = 2**31 - 1
    times = {"linger": (-1, most), "keep_alive": (1, -1), "user_timeout": (1, most), "stats_interval": (1, most)}
    retries = {"retry_min": (1, most), "retry_max": (1, most)}
    hub = {"silent_after": (1, most), "grace": (-1, most), "coalesce": (0, most), "wait_limit": (1, 0)}
    for native, names in (
        (lambda o: native_options(o)[0], times | retries),
        (lambda o: native_relay_options(o)[0], {"idle_after": (1, most), **retries}),
        (native_hub_options, hub),
    ):
        for name, (none, endless) in names.items():
            found = [native({name: seconds}) for seconds in (0, 1.5, math.inf)]
            assert found == [{f"{name}_ms": n} for n in (none, 1500, endless)]


def test_options_of_the_wrong_kind_are_named() -> None:
    for options, words in (
        ({"limits": {"connections": 1}}, "the option 'limits' is an oxrtmp.Limits(...), not a dict"),
        ({"timeouts": 10}, "the option 'timeouts' is an oxrtmp.Timeouts(...), not a int"),
        ({"tls": "cert.pem"}, "the option 'tls' is an oxrtmp.TLS(...), not a str"),
        ({"hub": 1}, "the option 'hub' is an oxrtmp.Hub(...), not a int"),
        ({"hooks": {"publish": print}}, "the option 'hooks' is an oxrtmp.Hooks(...), not a dict"),
        ({"users": ["name"]}, "the option 'users' is a mapping, not a list"),
        ({"users": {"name": b"secret"}}, "a password cannot be of type bytes"),
        ({"linger": None}, "the option 'linger' is a number of seconds, not a NoneType"),
        ({"timeouts": oxrtmp.Timeouts(idle="1")}, "the option 'idle' is a number of seconds, not a str"),  # type: ignore[arg-type]
        ({"limits": oxrtmp.Limits(connections=1.5)}, "connections cannot be of type float"),  # type: ignore[arg-type]
        ({"chunk_size": "4096"}, "chunk_size cannot be of type str"),
        ({"no_such": 1}, "there is no option 'no_such'"),
    ):
        with pytest.raises(TypeError, match=re.escape(words)):
            oxrtmp.Server("127.0.0.1:0", **options)  # type: ignore[arg-type]


def test_options_out_of_range_are_named() -> None:
    for number in (-1, 2**32, 2**70):
        with pytest.raises(ValueError, match=f"chunk_size cannot be {number}"):
            oxrtmp.Server("127.0.0.1:0", chunk_size=number)
    with pytest.raises(TypeError, match="a codec is a str, not <class 'int'>"):
        oxrtmp.Packet(9, 0, codec=5)  # type: ignore[arg-type]


def test_classes_that_are_made_by_their_methods_say_so() -> None:
    import oxrtmp.aio

    for cls, words in (
        (oxrtmp.Client, "Client.publish(url) or Client.play(url)"),
        (oxrtmp.aio.Client, "Client.publish(url) or Client.play(url)"),
        (oxrtmp.Engine, "Engine.server()"),
    ):
        with pytest.raises(TypeError, match=re.escape(words)):
            cls("rtmp://localhost/live/x")


def test_numbers_are_shown_by_name() -> None:
    kind = oxrtmp.PacketKind.FRAME
    assert (str(kind), f"{kind:>6}", kind + 0, repr(kind)) == ("FRAME", " FRAME", 2, "<PacketKind.FRAME: 2>")
    assert json.dumps({"status": oxrtmp.Status.TIMEOUT}) == '{"status": -107}'
    event = oxrtmp.Event(kind=oxrtmp.EventKind.RELAY, value=2, status=-202, text="no")
    assert repr(event) == "<oxrtmp.Event RELAY value=<RelayState.RUNNING: 2> status='CONNECT' text='no'>"


def test_version() -> None:
    assert oxrtmp.__version__ == (ROOT / "VERSION").read_text().strip()
    assert oxrtmp.__version__ in oxrtmp.build_info()


def test_the_run_time_system_is_configured() -> None:
    before = oxrtmp.library_statistics()
    try:
        oxrtmp.runtime_configure(processors=3, heap_bytes=1 << 30)
        now = oxrtmp.library_statistics()
        assert (now.processors, now.heap_limit) == (3, 1 << 30)
    finally:
        oxrtmp.runtime_configure()
    now = oxrtmp.library_statistics()
    assert (now.processors, now.heap_limit) == (before.processors, before.heap_limit)
    for wrong in ({"processors": 1025}, {"processors": -1}, {"heap_bytes": -1}):
        with pytest.raises(ValueError):
            oxrtmp.runtime_configure(**wrong)


def test_everything_public_is_documented() -> None:
    import oxrtmp.aio

    for module in (oxrtmp, oxrtmp.aio, lowlevel):
        for name in module.__all__:
            thing = getattr(module, name)
            if name.startswith("__"):
                continue
            assert thing.__doc__, name
            for attribute, value in vars(thing).items() if isinstance(thing, type) else ():
                if not attribute.startswith("_") and (callable(value) or isinstance(value, property)):
                    assert value.__doc__, f"{name}.{attribute}"
