"""Hub: one publishes, many play. On threads."""

from __future__ import annotations

import json
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import oxrtmp
import pytest
from conftest import ASC, AVCC, until
from oxrtmp import CachePolicy, Client, Hub, PacketKind, Server, SlowPolicy, Takeover


def send_frames(client: Client, first: int, count: int) -> None:
    """Frames that hold their number, a keyframe every 10."""
    for n in range(first, first + count):
        client.send_video(n * 10, n % 10 == 0, n.to_bytes(4, "big"))
    client.flush(10)


def frames(client: Client) -> Iterator[int]:
    """The numbers of the frames that come."""
    for packet in client:
        if packet.type == 9 and packet.kind == PacketKind.FRAME:
            n = int.from_bytes(packet.data, "big")
            assert packet.timestamp_ms == n * 10 and packet.keyframe == (n % 10 == 0)
            yield n


def take(client: Client, first: int, count: int) -> None:
    numbers = frames(client)
    assert [next(numbers) for _ in range(count)] == list(range(first, first + count))


def received(hub: Hub, name: str, messages: int) -> None:
    until(lambda: hub.stream_statistics("live", name).packets == messages)


def test_a_whole_server() -> None:
    """Server and hub, and no other code."""
    with Hub() as hub, Server("127.0.0.1:0", hub=hub) as server:
        url = f"rtmp://{server.address}/live/cam"
        with pytest.raises(oxrtmp.RefusedError) as caught:
            Client.play(url)
        assert caught.value.status == oxrtmp.Status.NOT_FOUND
        with Client.publish(url + "?key=1") as publisher:
            with pytest.raises(oxrtmp.RefusedError) as caught:
                Client.publish(url)
            assert caught.value.code == "NetStream.Publish.BadName"
            send_frames(publisher, 0, 13)
            received(hub, "cam", 13)
            players = [Client.play(url) for _ in range(3)]
            for player in players:
                take(player, 10, 3)  # from the last keyframe on
            send_frames(publisher, 13, 100)
            for player in players:
                take(player, 13, 100)
            stream = hub.stream_statistics("live", "cam")
            assert (stream.published, stream.players, stream.packets, stream.video_packets) == (True, 3, 113, 113)
            assert (stream.keyframes, stream.frames_dropped, stream.timestamp_ms) == (12, 0, 1120)
            assert stream.publisher.startswith("127.0.0.1:") and stream.duration_ns > 0
            assert hub.streams().keys() == {("live", "cam")}
            listed = hub.streams()["live", "cam"]
            assert (listed.players, listed.keyframes, listed.publisher) == (3, 12, stream.publisher)
            whole = hub.statistics()
            assert (whole.streams, whole.publishers, whole.players, whole.packets) == (1, 1, 3, 113)
            with pytest.raises(oxrtmp.RefusedError) as caught:
                hub.stream_statistics("live", "none")
            assert caught.value.status == oxrtmp.Status.NOT_FOUND
        hub.close()  # ends the grace period, and tells the players
        for player in players:
            assert list(frames(player)) == [] and isinstance(player.error, oxrtmp.EndOfStreamError)
            player.close()
        with pytest.raises(oxrtmp.RefusedError):
            Client.play(url)


def test_requests_are_seen_first() -> None:
    """The handler lets pass whom it likes, and hands them to the hub."""
    answers: list[bool] = []

    def gate(request: oxrtmp.Request) -> None:
        if request.stream_name == "secret":
            answers.append(hub.accept(request))
            with pytest.raises(oxrtmp.UsageError):
                request.accept()
        else:
            request.reject("not you")

    with Hub() as hub, Server("127.0.0.1:0", hub=hub, ask_publish=True, ask_play=True) as server:
        serving = threading.Thread(target=server.serve, args=(gate,))
        serving.start()
        secret, guess = (f"rtmp://{server.address}/live/{name}" for name in ("secret", "guess"))
        with pytest.raises(oxrtmp.RefusedError) as caught:
            Client.play(secret)
        assert caught.value.status == oxrtmp.Status.NOT_FOUND
        with Client.publish(secret) as publisher, Client.play(secret) as player:
            for call in (Client.publish, Client.play):
                with pytest.raises(oxrtmp.RefusedError, match="not you"):
                    call(guess)
            with pytest.raises(oxrtmp.RefusedError):
                Client.publish(secret)
            send_frames(publisher, 0, 20)
            take(player, 0, 20)
        server.close()
        serving.join(10)
    assert answers == [False, True, True, False]


def test_a_session_of_one_s_own_beside_the_hub() -> None:
    """Packets are taken, and those that are to be kept are published into the hub."""

    def filtered(request: oxrtmp.Request) -> None:
        with request.accept() as session, hub.publish(request.app, request.stream_name) as into:
            for packet in session:
                if packet.type != 8:
                    into.send_packet(packet)

    with Hub(wait_for_publisher=True) as hub, Server("127.0.0.1:0", hub=hub, ask_publish=True) as server:
        serving = threading.Thread(target=server.serve, args=(filtered,))
        serving.start()
        url = f"rtmp://{server.address}/live/x"
        with Client.play(url) as player:
            with Client.publish(url) as publisher:
                for n in range(50):
                    publisher.send_audio(n * 10, b"sound")
                    publisher.send_video(n * 10, n % 10 == 0, n.to_bytes(4, "big"))
                take(player, 0, 50)
            assert player.statistics().audio_packets == 0
        server.close()
        serving.join(10)


def test_clients_without_a_connection() -> None:
    with Hub() as hub, Server("127.0.0.1:0", hub=hub) as server:
        with pytest.raises(oxrtmp.RefusedError):
            hub.play("live", "app")
        with hub.publish("live", "app") as publisher:
            with pytest.raises(oxrtmp.BusyError):
                hub.publish("live", "app")
            publisher.send_metadata(oxrtmp.Metadata(width=640))
            publisher.send_video_sequence_header(AVCC)
            publisher.send_audio_sequence_header(ASC)
            send_frames(publisher, 0, 15)
            with hub.play("live", "app") as player, Client.play(f"rtmp://{server.address}/live/app") as remote:
                for each in (player, remote):
                    take(each, 10, 5)
                    metadata = each.metadata()
                    assert metadata and metadata.width == 640
                send_frames(publisher, 15, 30)
                take(player, 15, 30)
                take(remote, 15, 30)
                assert hub.stream_statistics("live", "app").publisher == "application"
                for call in (lambda: player.seek(1), player.ping, lambda: player.set_buffer_length(1)):
                    with pytest.raises(oxrtmp.UnsupportedError):
                        call()
                player.receive_video(False)
                send_frames(publisher, 45, 5)
                publisher.send_audio(1000, b"heard")
                packet = next(p for p in player if p.type == 8 and p.kind == PacketKind.FRAME)
                assert bytes(packet.data) == b"heard"
                assert publisher.statistics().video_packets == 51
        assert publisher.closed and "hub:live" in repr(publisher)


def test_closing_the_hub_ends_its_clients() -> None:
    with Hub() as hub:
        publisher = hub.publish("live", "x")
        player = hub.play("live", "x")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(lambda: list(player))
            time.sleep(0.1)
            hub.close()
            assert waiting.result(10) == []
        until(lambda: isinstance(sent_error(publisher), oxrtmp.Error))
        publisher.close()
        player.close()
        for call in (hub.statistics, hub.streams, lambda: hub.play("live", "x")):
            with pytest.raises(oxrtmp.UsageError):
                call()


def sent_error(client: Client) -> Exception | None:
    try:
        client.send_audio(0, b"x")
    except oxrtmp.Error as error:
        return error
    return None


def test_takeover() -> None:
    with Hub(takeover=Takeover.REPLACE) as hub, Server("127.0.0.1:0", hub=hub) as server:
        url = f"rtmp://{server.address}/live/x"
        with Client.publish(url) as first:
            send_frames(first, 0, 10)
            with Client.play(url) as player:
                take(player, 0, 10)
                with Client.publish(url) as second:
                    send_frames(second, 1000, 10)
                    got = [p for p in player.next_packets(timeout=10) if p.type == 9]
                    while len(got) < 10:
                        got += [p for p in player.next_packets(timeout=10) if p.type == 9]
                    times = [p.timestamp_ms for p in got]
                    assert times == sorted(times) and times[0] >= 90, "timestamps never go back"
                    assert [int.from_bytes(p.data, "big") for p in got] == list(range(1000, 1010))
            until(lambda: sent_error(first) is not None)


@pytest.mark.parametrize(
    ("policy", "first"), [(CachePolicy.GOP, 10), (CachePolicy.KEYFRAME, 10), (CachePolicy.OFF, 20)]
)
def test_what_late_players_get(policy: CachePolicy, first: int) -> None:
    with Hub(cache_policy=policy) as hub, hub.publish("live", "x") as publisher:
        send_frames(publisher, 0, 15)
        with hub.play("live", "x") as player:
            send_frames(publisher, 15, 10)
            got = []
            for n in frames(player):
                got.append(n)
                if n == 24:
                    break
            whole = list(range(first, 25))
            assert got == ([10, *range(20, 25)] if policy is CachePolicy.KEYFRAME else whole)


def test_grace() -> None:
    """Players stay while their publisher is away for less than the grace period, and not without one."""
    for grace in (10.0, 0.0):
        with Hub(grace=grace) as hub:
            with hub.publish("live", "x") as publisher:
                send_frames(publisher, 0, 10)
                player = hub.play("live", "x")
                take(player, 0, 10)
            if grace:
                with hub.publish("live", "x") as publisher:
                    send_frames(publisher, 20, 10)
                    assert next(p for p in player if p.type == 9).keyframe
            else:
                assert list(frames(player)) == []
            player.close()


def test_slow_players_lose_video_up_to_a_keyframe_and_keep_their_audio() -> None:
    sounds = 300
    with Hub(slow_bytes=200_000, disconnect_bytes=20_000_000) as hub, hub.publish("live", "x") as publisher:
        publisher.send_video(0, True, bytes(4))
        with hub.play("live", "x") as slow, hub.play("live", "x") as quick, ThreadPoolExecutor(1) as pool:
            taking = pool.submit(lambda: [p.timestamp_ms for p in quick if p.type == 9 and p.kind == PacketKind.FRAME])
            for n in range(1, sounds + 1):
                publisher.send_video(n * 10, n % 10 == 0, bytes(20_000))
                publisher.send_audio(n * 10, b"sound")
                until(lambda n=n: quick.statistics().audio_packets >= n)  # type: ignore[misc]
            dropped = hub.stream_statistics("live", "x").frames_dropped
            assert 0 < dropped < sounds
            publisher.send_audio((sounds + 1) * 10, b"last")
            got: list[oxrtmp.Packet] = []
            while not (got and bytes(got[-1].data) == b"last"):
                got += slow.next_packets(timeout=10)
            assert [p.timestamp_ms for p in got if bytes(p.data) == b"sound"] == [n * 10 for n in range(1, sounds + 1)]
            video = [p for p in got if p.type == 9 and p.kind == PacketKind.FRAME]
            gaps = [b for a, b in zip(video, video[1:], strict=False) if b.timestamp_ms != a.timestamp_ms + 10]
            assert len(video) < sounds + 1 and all(p.keyframe for p in gaps)
            quick.close()
            assert taking.result(10) == [n * 10 for n in range(sounds + 1)]


@pytest.mark.parametrize("policy", [SlowPolicy.DROP, SlowPolicy.DISCONNECT])
def test_hopeless_players_are_disconnected(policy: SlowPolicy) -> None:
    with Hub(slow_policy=policy, slow_bytes=100_000, disconnect_bytes=300_000) as hub:
        with hub.publish("live", "x") as publisher, hub.play("live", "x") as player:
            for n in range(200):
                publisher.send_audio(n * 10, bytes(20_000))
            until(lambda: hub.statistics().players == 0)
            assert len(list(player)) < 200 and player.error is not None
            assert player.error.status == oxrtmp.Status.LIMIT


def test_options_out_of_range_and_unknown() -> None:
    with pytest.raises(oxrtmp.ArgumentError):
        Hub(chunk_size=1 << 20)
    with pytest.raises(oxrtmp.ArgumentError):
        Hub(takeover=9)  # type: ignore[typeddict-item]
    with pytest.raises(TypeError, match="nonsense"):
        Hub(nonsense=1)  # type: ignore[call-arg]
    with pytest.warns(ResourceWarning, match="unclosed"), warnings.catch_warnings(action="always"):
        Hub().__del__()


def test_json_is_what_the_statistics_say() -> None:
    from oxrtmp import _native

    with Hub() as hub, hub.publish("live", 'a "name"'):
        said = json.loads(_native.hub_json(hub._handle))
        assert said["publishers"] == hub.statistics().publishers == 1
        assert hub.streams().keys() == {("live", 'a "name"')}


def test_many_players() -> None:
    """Fifty players on threads, of one publisher: everybody gets everything in order."""
    players, count = 50, 300
    with Hub() as hub, Server("127.0.0.1:0", hub=hub) as server, ThreadPoolExecutor(players) as pool:
        url = f"rtmp://{server.address}/live/x"
        with Client.publish(url) as publisher:
            send_frames(publisher, 0, 1)
            received(hub, "x", 1)

            def play(_: int) -> list[int]:
                with Client.play(url) as client:
                    got = []
                    for n in frames(client):
                        got.append(n)
                        if n == count - 1:
                            break
                    return got

            playing = [pool.submit(play, i) for i in range(players)]
            until(lambda: hub.statistics().players == players, 30)
            send_frames(publisher, 1, count - 1)
            assert all(p.result(60) == list(range(count)) for p in playing)
