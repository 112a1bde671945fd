"""Hub: what a stream keeps for late players, and what it passes on."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import oxrtmp
import pytest
from conftest import ASC, AVCC, Run, until
from oxrtmp import Client, Codec, Hub, Packet, PacketFlags, PacketKind, Server, Timestamps, aio, amf
from test_hub import frames, send_frames, take


def stream(hub: Hub | aio.Hub) -> oxrtmp.StreamStatistics:
    return hub.stream_statistics("live", "x")


def late_player(hub: Hub, messages: int) -> Client:
    """A player who comes when so many messages have reached the hub."""
    until(lambda: stream(hub).packets == messages)
    return hub.play("live", "x")


def next_of(player: Client, kind: int) -> Packet:
    """The next packet of a message type, past what the server says by itself."""
    while True:
        packet = player.next_packet(10)
        if packet.type == kind and packet.handler != "|RtmpSampleAccess":
            return packet


def told(player: Client, code: str) -> None:
    while player.next_event(10).code != code:
        pass


def test_a_paused_player_gets_nothing_and_goes_on_with_headers_and_a_keyframe() -> None:
    with Hub() as hub, Server("127.0.0.1:0", hub=hub) as server, hub.publish("live", "x") as publisher:
        publisher.send_video_sequence_header(AVCC)
        send_frames(publisher, 0, 1)
        until(lambda: stream(hub).packets == 2)
        with Client.play(f"rtmp://{server.address}/live/x") as player:
            take(player, 0, 1)
            player.pause()
            told(player, "NetStream.Pause.Notify")
            until(lambda: hub.players("live", "x")[0].paused)
            send_frames(publisher, 1, 5)
            until(lambda: stream(hub).packets == 7)
            player.resume()
            told(player, "NetStream.Unpause.Notify")
            send_frames(publisher, 6, 6)  # the keyframe is number 10
            got = [next_of(player, 9) for _ in range(3)]
            assert [p.kind for p in got] == [PacketKind.SEQUENCE_HEADER, PacketKind.FRAME, PacketKind.FRAME]
            assert got[0].data == AVCC and [int.from_bytes(p.data, "big") for p in got[1:]] == [10, 11]
            assert got[1].keyframe


def test_data_messages_come_as_they_are() -> None:
    """In their order among the frames, byte for byte, at their time; metadata without @setDataFrame."""
    bodies = [
        amf.encode("onTextData", {"text": "hello"}),
        amf.encode("onCuePoint", {"name": "ad", "time": 1.5}),
        amf.encode("onFI", {"sd": "01-01-2026", "st": "12:00:00.000"}),
        b"\2\0\6onOdd\xff\x0f\0\0\0\0\x11\6\7abc",  # XML, AMF3, and a name that is no UTF-8
    ]
    with (
        Hub() as hub,
        Server("127.0.0.1:0", hub=hub) as server,
        Client.publish(f"rtmp://{server.address}/live/x") as sender,
    ):
        send_frames(sender, 0, 1)
        until(lambda: stream(hub).packets == 1)
        with Client.play(f"rtmp://{server.address}/live/x") as remote, hub.play("live", "x") as local:
            for player in (remote, local):
                take(player, 0, 1)
            for n, body in enumerate(bodies):
                sender.send_data(100 + n, body)
                sender.send_audio(100 + n, b"sound")
            sender.send_metadata(oxrtmp.Metadata(width=640))
            for player in (remote, local):
                for n, body in enumerate(bodies):
                    packet = next_of(player, 18)
                    assert packet.raw == body and packet.timestamp_ms == 100 + n
                    assert next_of(player, 8).timestamp_ms == 100 + n
                assert next_of(player, 18).values()[0] == "onMetaData"


def data_of(player: Client, count: int) -> list[list[Any]]:
    return [next_of(player, 18).values() for _ in range(count)]


def test_data_that_is_kept_for_late_players() -> None:
    """Until it is set anew or cleared; what is not set is passed on and forgotten."""
    with Hub() as hub, Server("127.0.0.1:0", hub=hub) as server:
        url = f"rtmp://{server.address}/live/x"
        with Client.publish(url) as publisher, Client.play(url) as early:
            publisher.set_data_frame("onA", 1)
            publisher.set_data_frame("onB", {"k": "v"}, None)
            publisher.set_data_frame("onA", 2)
            publisher.send_data(77, amf.encode("onTextData", {"text": "x"}))
            publisher.clear_data_frame("onB")
            publisher.clear_data_frame("never set")
            publisher.send_metadata({"width": 640})
            until(lambda: stream(hub).packets == 7)
            kept = [["onA", 2], ["onMetaData", {"width": 640}]]
            assert hub.data_frames("live", "x") == kept
            told = [["onA", 1], ["onB", {"k": "v"}, None], ["onA", 2], ["onTextData", {"text": "x"}], kept[1]]
            assert data_of(early, 5) == told
            with Client.play(url) as late:
                assert data_of(late, 2) == kept
            publisher.clear_data_frame("onMetaData")
            until(lambda: len(hub.data_frames("live", "x")) == 1)
            with late_player(hub, 8) as late:
                assert data_of(late, 1) == kept[:1]
                with pytest.raises(oxrtmp.UsageError):
                    late.set_data_frame("onA", 1)
        with pytest.raises(oxrtmp.RefusedError) as caught:
            hub.data_frames("live", "none")
        assert caught.value.status == oxrtmp.Status.NOT_FOUND


def test_kept_data_on_asyncio(run: Run) -> None:
    async def main() -> None:
        async with aio.Hub() as hub, hub.publish("live", "x") as publisher:
            await publisher.set_data_frame("onA", [1, 2])
            await publisher.set_data_frame("onB")
            await publisher.clear_data_frame("onB")
            while stream(hub).packets < 3:
                await asyncio.sleep(0.01)
            assert hub.data_frames("live", "x") == [["onA", [1, 2]]]

    run(main())


def enhanced(number: int, key: bool) -> Packet:
    return Packet(
        9, number * 10, data=number.to_bytes(4, "big"), codec=Codec.HVC1, frame_type=1 if key else 2,
        flags=PacketFlags.ENHANCED | (PacketFlags.KEYFRAME if key else PacketFlags(0)),
    )  # fmt: skip


def numbers(player: Client, last: int) -> list[int]:
    """Of the frames up to one."""
    found: list[int] = []
    while last not in found:
        packet = next_of(player, 9)
        if packet.kind == PacketKind.FRAME:
            found.append(int.from_bytes(packet.data, "big"))
    return found


def test_enhanced_keyframes_begin_what_late_players_get() -> None:
    with Hub() as hub, hub.publish("live", "x") as publisher:
        publisher.send_metadata(oxrtmp.Metadata(width=1920, video_codec=Codec.HVC1))
        for n in range(25):
            publisher.send_packet(enhanced(n, n % 10 == 0))
        with late_player(hub, 26) as player:
            assert next_of(player, 18).values()[1]["width"] == 1920
            assert numbers(player, 24) == [20, 21, 22, 23, 24]


@pytest.mark.parametrize(("cache_frames", "want"), [(8, [0, 1, 2, 3, 4, 5]), (3, [10])])
def test_a_cache_that_overflows_keeps_no_part_of_a_gop(cache_frames: int, want: list[int]) -> None:
    """Neither the keyframe alone nor frames without it: a late player waits for the next one."""
    with Hub(cache_frames=cache_frames) as hub, hub.publish("live", "x") as publisher:
        send_frames(publisher, 0, 6)
        with late_player(hub, 6) as player:
            send_frames(publisher, 10, 1)
            assert numbers(player, 10) == [*want, *([10] if want != [10] else [])]


def headers(player: Client, count: int) -> list[bytes]:
    """The next sequence headers, with what comes before the first frame."""
    found: list[bytes] = []
    while len(found) < count:
        packet = player.next_packet(10)
        if packet.kind == PacketKind.SEQUENCE_HEADER:
            found.append(bytes(packet.data))
    return found


def test_codec_headers_that_change_come_again_or_never() -> None:
    other = AVCC[:-1] + b"\1"
    with Hub() as hub, hub.publish("live", "x") as publisher:
        publisher.send_audio_sequence_header(ASC)
        for header in (AVCC, AVCC, other):  # repeated, changed
            publisher.send_video_sequence_header(header)
            send_frames(publisher, 0, 2)
        with late_player(hub, 10) as player:
            assert sorted(headers(player, 2)) == sorted([other, ASC]), "the last ones, once each"
            assert numbers(player, 1) == [0, 1]
            publisher.send_video_sequence_header(AVCC)
            assert headers(player, 1) == [AVCC]
            send_frames(publisher, 10, 1)
            assert numbers(player, 10) == [10]
    with Hub() as hub, hub.publish("live", "x") as publisher:
        send_frames(publisher, 0, 3)  # without any
        with late_player(hub, 3) as player:
            take(player, 0, 3)


@pytest.mark.parametrize(
    ("timestamps", "want"),
    [
        (Timestamps.KEEP, [5000, 5040, 1000, 1040]),
        (Timestamps.MONOTONIC, [5000, 5040, 5040, 5080]),
        (Timestamps.REBASE, [0, 40, 40, 80]),
    ],
)
def test_timestamps_that_go_back(timestamps: Timestamps, want: list[int]) -> None:
    with Hub(timestamps=timestamps) as hub, hub.publish("live", "x") as publisher:
        publisher.send_video(5000, True, b"first")
        with late_player(hub, 1) as player:
            for timestamp in (5040, 1000, 1040):
                publisher.send_video(timestamp, False, b"next")
            got = [next_of(player, 9).timestamp_ms for _ in range(4)]
            assert got == want if timestamps is Timestamps.KEEP else got == sorted(got) and got[0] == want[0]
            assert got[3] - got[2] == 40


@pytest.mark.parametrize("coalesce", [0.0, 0.5])
def test_frames_wait_for_nothing_unless_they_shall(coalesce: float) -> None:
    with Hub(coalesce=coalesce) as hub, Server("127.0.0.1:0", hub=hub) as server:
        with Client.publish(f"rtmp://{server.address}/live/x") as publisher:
            send_frames(publisher, 0, 1)
            until(lambda: stream(hub).packets == 1)
            with Client.play(f"rtmp://{server.address}/live/x") as player:
                numbered = frames(player)
                assert next(numbered) == 0
                took = []
                for first in (1, 6, 11):
                    began = time.monotonic()
                    for n in range(first, first + 5):  # each one is there before the next one is sent
                        send_frames(publisher, n, 1)
                        assert next(numbered) == n
                    took.append(time.monotonic() - began)
    assert min(took) > 2 if coalesce else min(took) < 2, f"{took} s for 5 frames"


def test_a_hub_of_which_nobody_wants_anything_holds_nothing() -> None:
    before = oxrtmp.library_statistics()
    with Hub(grace=0) as hub:
        for n in range(50):
            with hub.publish("live", f"x{n}") as publisher:
                publisher.send_video(0, True, bytes(50_000))
                until(lambda: hub.statistics().cached_bytes > 0)
        until(lambda: hub.statistics().streams == 0)
        assert hub.statistics().cached_bytes == 0
        until(lambda: oxrtmp.library_statistics().payload_bytes <= before.payload_bytes)


def facts(hub: Hub) -> dict[str, Any]:
    found = stream(hub)
    return {n: getattr(found, n) for n in ("published", "players", "packets", "keyframes", "bytes")}


def test_figures_of_a_stream_are_those_of_what_was_sent() -> None:
    with Hub() as hub, hub.publish("live", "x") as publisher:
        for n in range(30):
            publisher.send_video(n * 40, n % 10 == 0, bytes(95))  # 100 bytes with their header
            publisher.send_audio(n * 40, bytes(98))
        until(lambda: stream(hub).packets == 60)
        assert facts(hub) == {"published": True, "players": 0, "packets": 60, "keyframes": 3, "bytes": 6000}
        found = stream(hub)
        assert (found.video_packets, found.audio_packets, found.timestamp_ms) == (30, 30, 29 * 40)
        assert found.keyframe_interval_ns == 400_000_000
        assert publisher.statistics().packets == 60
