"""Engine: playing, both sides, between two engines."""

from __future__ import annotations

import oxrtmp
import pytest
from oxrtmp import Event, EventKind, Packet, RequestKind, Status
from test_engine import Pair, clip, kinds, only


def opened(pair: Pair) -> int:
    """Lets them talk until something can be sent, and returns the stream."""
    pair.converse()
    request = only(pair.heard, EventKind.REQUEST)
    assert request.stream_id > 0 and EventKind.CONNECTED in kinds(pair.told)
    return request.stream_id


def packets(events: list[Event]) -> list[Packet]:
    return [e.packet for e in events if e.packet]


def not_now(*calls: object) -> None:
    for call in calls:
        assert callable(call)
        with pytest.raises(oxrtmp.UsageError) as caught:
            call()
        assert caught.value.status == Status.STATE


@pytest.mark.parametrize(("piece", "shaken", "count"), [(1 << 20, False, 500), (1, False, 20), (977, True, 100)])
def test_a_clip_is_played(piece: int, shaken: bool, count: int) -> None:
    asked: list[oxrtmp.EngineRequest] = []

    def grant(request: oxrtmp.EngineRequest) -> None:
        asked.append(request)
        request.accept()

    pair = Pair(piece, shaken, grant, play={"no_sample_access": True, "play_recorded": True})
    not_now(pair.client.pause)
    stream = opened(pair)
    assert asked[0].kind == RequestKind.PLAY and asked[0].stream_name == "name" and asked[0].query == "key=1"
    assert asked[0].play.buffer_length_ms == 1000
    assert only(pair.told, EventKind.CONNECTED).code == "NetStream.Play.Start"
    recorded = [e for e in pair.told if e.kind == EventKind.CONTROL and e.value == 4]
    assert recorded and not packets(pair.told), "as the options say: StreamIsRecorded, and nothing about samples"
    sent = clip()[:count]
    not_now(
        lambda: pair.client.send_packet(sent[0]),
        lambda: pair.server.send_packet(sent[0]),
        lambda: pair.server.send_packet(sent[0], stream_id=stream + 1),
        lambda: pair.client.send_packet(sent[0], stream_id=stream),
    )
    for packet in sent:
        pair.server.send_packet(packet, stream_id=stream)
        pair.converse()
    got = packets(pair.told)
    assert [(p.type, p.timestamp_ms, p.codec, p.data) for p in got] == [
        (p.type, p.timestamp_ms, p.codec, p.data) for p in sent
    ]
    assert pair.client.statistics().packets_received == pair.server.statistics().packets_sent == count
    pair.server.complete(stream)
    not_now(lambda: pair.server.complete(stream), lambda: pair.server.send_packet(sent[0], stream_id=stream))
    pair.converse()
    (last,) = packets(pair.told)[count:]
    assert last.values()[1]["code"] == "NetStream.Play.Complete"
    assert only(pair.told, EventKind.STREAM_END).status == Status.EOF
    not_now(lambda: pair.client.seek(1))
    pair.close()


def test_what_a_player_asks_for() -> None:
    pair = Pair(play={"no_sample_access": True})
    stream = opened(pair)
    sound = Packet(8, 4711, raw=b"\xaf\1a")

    def hears() -> bool:
        before = len(pair.told)
        pair.server.send_packet(sound, stream_id=stream, timestamp_ms=4711)
        pair.converse()
        return len(packets(pair.told[before:])) == 1

    def told() -> Event:
        before = len(pair.heard)
        pair.converse()
        (event,) = pair.heard[before:]
        return event

    assert hears()
    pair.client.pause()
    event = told()
    assert (event.kind, event.stream_id, event.value) == (EventKind.PAUSE, stream, 4711) and not hears()
    pair.client.resume()
    assert told().kind == EventKind.UNPAUSE and hears()
    pair.client.seek(3000)
    event = told()
    assert (event.kind, event.value) == (EventKind.SEEK, 3000)
    for on in (False, True):
        pair.client.receive_audio(on)
        event = told()
        assert (event.kind, event.value, event.on) == (EventKind.RECEIVE, 8, on) and hears() == on
        pair.client.receive_video(on)
        event = told()
        assert (event.kind, event.value, event.on) == (EventKind.RECEIVE, 9, on)
    pair.client.set_buffer_length(2500)
    event = told()
    assert (event.kind, event.value) == (EventKind.CONTROL, 3)
    not_now(pair.server.pause, lambda: pair.client.complete(stream))
    pair.close()


def test_players_are_told_the_end() -> None:
    pair = Pair(play={})
    stream = opened(pair)
    pair.server.close_stream(stream, "enough", code="NetStream.Play.Failed")
    not_now(lambda: pair.server.close_stream(stream))
    pair.converse()
    failed = only(pair.told, EventKind.FAILED)
    assert (failed.status, failed.code, failed.text) == (Status.REFUSED, "NetStream.Play.Failed", "enough")
    pair.close()
    pair = Pair(play={})
    pair.server.close_stream(opened(pair))
    pair.converse()
    assert only(pair.told, EventKind.STREAM_END).status == Status.EOF
    pair.close()


def test_plays_are_refused() -> None:
    pair = Pair(answer=lambda request: request.reject("not for you"), play={})
    pair.converse()
    failed = only(pair.told, EventKind.FAILED)
    assert (failed.status, failed.phase, failed.code) == (Status.NOT_FOUND, "play", "NetStream.Play.StreamNotFound")
    assert failed.text == "not for you"
    pair.close()
    with pytest.raises(oxrtmp.ArgumentError):
        oxrtmp.Engine.play("nonsense")


def test_a_player_switches() -> None:
    pair = Pair(play={})
    not_now(lambda: pair.client.play2("other"), lambda: pair.server.play2("other"))
    opened(pair)
    pair.heard.clear()
    pair.client.play2("other", live_only=True, properties={"mine": 1})
    pair.converse()
    request = only(pair.heard, EventKind.REQUEST).request
    assert request is not None and request.stream_name == "other" and request.play.start == -1
    assert request.play2 == {"streamName": "other", "start": -1, "len": -1, "offset": -1, "mine": 1}
    assert only(pair.heard, EventKind.STREAM_END).text == "play2"
    assert "NetStream.Play.Transition" in [e.code for e in pair.told if e.kind == EventKind.STATUS]
    pair.close()
