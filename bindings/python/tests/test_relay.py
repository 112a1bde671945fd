"""Relays and masks: streams of a hub to other servers, from there, and with parts left out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from concurrent.futures import ThreadPoolExecutor

import oxrtmp
import pytest
from conftest import Certificate, Run, until
from oxrtmp import Client, Event, EventKind, Hub, Mask, Relay, RelayOptions, RelayState, Server, Timestamps, aio
from oxrtmp import _aio_relay as aio_relay
from test_hub import send_frames, take

QUICK: RelayOptions = {"retry_min": 0.02, "retry_max": 0.1}


def until_state(relay: Relay, state: RelayState) -> Event:
    """Waits for the relay to come into a state."""
    while True:
        event = relay.next_event(20)
        assert event.kind is EventKind.RELAY
        if event.value == state:
            return event


def until_frame(player: Client, number: int) -> None:
    """Takes packets up to the frame that holds the number."""
    assert any(p.type == 9 and bytes(p.data) == number.to_bytes(4, "big") for p in player)


def player_of(hub: Hub, name: str) -> Client:
    """A player of a stream that is on its way."""
    found: list[Client] = []

    def play() -> bool:
        with contextlib.suppress(oxrtmp.RefusedError):
            found.append(hub.play("live", name))
        return bool(found)

    until(play, 20)
    return found[0]


def test_push_to_several(certificate: Certificate) -> None:
    """To two servers, one of them by TLS; one goes, and comes again on the same port."""
    with Hub() as here, Hub() as there, Hub() as secure, contextlib.ExitStack() as stack:
        plain_server = Server("127.0.0.1:0", hub=there)
        address = plain_server.address
        secure_server = stack.enter_context(Server("rtmps://127.0.0.1:0", hub=secure, tls=certificate.shown))
        relay = stack.enter_context(here.push("live", "cam", f"rtmp://{address}/live/copy", **QUICK))
        secure_relay = stack.enter_context(
            here.push("live", "cam", f"{secure_server.address}/live/copy", client={"tls": certificate.trusted}, **QUICK)
        )
        assert relay.statistics().state is RelayState.IDLE and not relay.statistics().pull
        publisher = stack.enter_context(here.publish("live", "cam"))
        send_frames(publisher, 0, 1)
        until_state(relay, RelayState.RUNNING)
        until_state(secure_relay, RelayState.RUNNING)
        for hub in (there, secure):
            with player_of(hub, "copy") as player:
                if hub is there:
                    send_frames(publisher, 1, 99)
                until_frame(player, 99)
        info = secure_relay.statistics()
        assert (info.state, info.connections, info.video_packets, info.status) == (RelayState.RUNNING, 1, 100, 0)

        plain_server.close()
        event = until_state(relay, RelayState.WAITING)
        assert event.status != oxrtmp.Status.OK and isinstance(event.error, oxrtmp.Error)
        with Server(address, hub=there):
            until_state(relay, RelayState.RUNNING)
            assert relay.statistics().connections == 2 and relay.statistics().retries >= 1
            send_frames(publisher, 100, 20)
            with player_of(there, "copy") as player:
                until_frame(player, 119)
        assert "RUNNING" in repr(secure_relay)
    assert relay.closed and relay.statistics().connections >= 2


def test_pull_on_demand() -> None:
    with Hub() as there, Hub() as here, Server("127.0.0.1:0", hub=there) as server:
        url = f"rtmp://{server.address}/live/cam"
        with there.publish("live", "cam") as publisher:
            send_frames(publisher, 0, 5)
            with here.pull("live", "copy", url, on_demand=True, idle_after=0.05, **QUICK) as relay:
                time.sleep(0.2)
                assert relay.statistics().connections == 0 and relay.statistics().pull
                with here.play("live", "copy") as player:
                    take(player, 0, 5)
                    send_frames(publisher, 5, 50)
                    take(player, 5, 50)
                    assert relay.statistics().state is RelayState.RUNNING
                until(lambda: relay.statistics().state is RelayState.IDLE)
                states = []
                while not states or states[-1] is not RelayState.IDLE:
                    states.append(RelayState(relay.next_event(10).value))
                assert RelayState.RUNNING in states


def test_a_relay_gives_up() -> None:
    with Hub() as hub, hub.publish("live", "x") as publisher:
        send_frames(publisher, 0, 1)
        with hub.push("live", "x", "rtmp://127.0.0.1:1/live/x", attempts=2, **QUICK) as relay:
            states = [RelayState(event.value) for event in relay.events()]
            assert states.count(RelayState.WAITING) >= 1 and states[-1] is RelayState.CLOSED
            assert relay.statistics().status == oxrtmp.Status.CONNECT and relay.statistics().text
            with pytest.raises(oxrtmp.ClosedError):
                relay.next_event(1)


def test_waiting_and_closing() -> None:
    with Hub() as hub, ThreadPoolExecutor(1) as pool:
        relay = hub.push("live", "x", "rtmp://127.0.0.1:1/live/x")
        with contextlib.suppress(oxrtmp.TimeoutError):
            while True:
                relay.next_event(0.05)
        waiting = pool.submit(relay.next_event)
        time.sleep(0.1)
        relay.close()
        with contextlib.suppress(oxrtmp.ClosedError):  # or it tells that it is closed
            assert waiting.result(10).value == RelayState.CLOSED
        with pytest.raises(oxrtmp.ArgumentError):
            hub.push("live", "x", "nonsense")
        with pytest.raises(TypeError, match="nonsense"):
            hub.pull("live", "x", "rtmp://127.0.0.1/live/x", nonsense=1)  # type: ignore[call-arg]


def media_of(client: Client, last: int) -> list[tuple[int, int, bool]]:
    """Type, track and keyframe of what comes up to a timestamp."""
    found = []
    for packet in client:
        if packet.timestamp_ms >= last:
            return found
        if packet.type in (8, 9):
            found.append((packet.type, packet.track, packet.keyframe))
    raise AssertionError("the stream ended early")


def send_mixed(publisher: Client) -> None:
    """Twenty video and audio frames, and at 1000 ms one of each that ends what is looked at."""
    for n in range(20):
        publisher.send_video(n * 10, n % 10 == 0, b"v")
        publisher.send_audio(n * 10, b"a")
    publisher.send_video(1000, True, b"v")
    publisher.send_audio(1000, b"a")


@pytest.mark.parametrize(
    ("mask", "video", "audio"),
    [
        (Mask(), 20, 20),
        (Mask(no_audio=True), 20, 0),
        (Mask(no_video=True), 0, 20),
        (Mask(keyframes_only=True), 2, 20),
        (Mask(codecs=["avc1"]), 20, 0),
        (Mask(codecs=["mp4a", "Opus"]), 0, 20),
        (Mask(track=0), 20, 20),
    ],
    ids=str,
)
def test_masks(mask: Mask, video: int, audio: int) -> None:
    """Of a hub's player, of a request that is handed on, and of a hub."""
    with Hub(mask=mask) as whole, Hub() as hub:
        with Server("127.0.0.1:0", hub=hub, ask_play=True) as server, Server("127.0.0.1:0", hub=whole) as masked:
            with hub.publish("live", "x") as one, whole.publish("live", "x") as two, ThreadPoolExecutor(1) as pool:
                one.send_video(0, True, b"v")
                two.send_video(0, True, b"v")
                coming = pool.submit(Client.play, f"rtmp://{server.address}/live/x")
                assert hub.accept(server.accept(10), mask=mask)
                players = [hub.play("live", "x", mask=mask), coming.result(10)]
                players.append(Client.play(f"rtmp://{masked.address}/live/x"))
                for publisher in (one, two):
                    send_mixed(publisher)
                for player in players:
                    with player:
                        types = [kind for kind, _, _ in media_of(player, 1000)]
                        assert (types.count(8), types.count(9) - (1 if video else 0)) == (audio, video)


def test_a_mask_with_too_many_codecs() -> None:
    with pytest.raises(ValueError, match="256"):
        Hub(mask=Mask(codecs=["avc1"] * 257))
    with pytest.raises(ValueError, match="four characters"):
        Hub(mask=Mask(codecs=["h264"[:3]]))


def test_timestamps_from_zero() -> None:
    with Hub(timestamps=Timestamps.REBASE) as hub, hub.publish("live", "x") as publisher:
        publisher.send_video(70_000, True, b"v")
        with hub.play("live", "x") as player:
            publisher.send_video(70_040, False, b"v")
            assert [next(p.timestamp_ms for p in player if p.type == 9) for _ in range(2)] == [0, 40]


def test_who_plays() -> None:
    with Hub() as hub, Server("127.0.0.1:0", hub=hub) as server, hub.publish("live", "x") as publisher:
        assert hub.players("live", "x") == [] == hub.players("live", "y")
        send_frames(publisher, 0, 10)
        with hub.play("live", "x"), Client.play(f"rtmp://{server.address}/live/x") as player:
            take(player, 0, 10)
            peers = sorted(p.peer.split(":")[0] for p in hub.players("live", "x"))
            assert peers == ["", "127.0.0.1"]
            stream = hub.streams()["live", "x"]
            assert (stream.players, stream.video_codec, stream.audio_codec) == (2, "avc1", "")
            assert stream == hub.stream_statistics("live", "x") or stream.packets == 10


def test_complete() -> None:
    with Server("127.0.0.1:0", ask_play=True) as server, ThreadPoolExecutor(1) as pool:
        coming = pool.submit(Client.play, f"rtmp://{server.address}/live/x")
        with server.accept(10).accept() as session, coming.result(10) as client:
            session.send_audio(0, b"all of it")
            session.complete()
            assert [bytes(p.data) for p in client if p.type == 8] == [b"all of it"]
            said = []
            with contextlib.suppress(oxrtmp.Error):
                while True:
                    said.append(client.next_event(0.5).code)
            assert "NetStream.Play.Complete" in said or isinstance(client.error, oxrtmp.EndOfStreamError)


def test_on_asyncio(run: Run) -> None:
    async def main() -> None:
        async with aio.Hub() as here, aio.Hub() as there, aio.Server("127.0.0.1:0", hub=there) as server:
            url = f"rtmp://{server.address}/live/copy"
            async with here.publish("live", "cam") as publisher, here.push("live", "cam", url, **QUICK) as relay:
                await publisher.send_video(0, True, b"first")
                while (await relay.next_event()).value != RelayState.RUNNING:
                    pass
                async with there.pull("live", "again", url, **QUICK) as pulled:
                    async for event in pulled.events():
                        if event.value == RelayState.RUNNING:
                            break
                    while not there.streams().get(("live", "again")) or there.streams()["live", "again"].packets == 0:
                        await asyncio.sleep(0.01)
                    async with there.play("live", "again") as player:
                        async for packet in player:
                            if packet.type == 9:
                                assert bytes(packet.data) == b"first"
                                break
                waiting = asyncio.create_task(relay.next_event())
                await asyncio.sleep(0.05)
                await relay.close()
                with contextlib.suppress(oxrtmp.ClosedError):
                    await waiting

    run(main())


def test_what_nobody_takes_is_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest events go, and the last word stays."""
    monkeypatch.setattr(aio_relay, "MOST_EVENTS", 4)

    async def main() -> None:
        async with aio.Hub() as hub, hub.publish("live", "x"):
            url = "rtmp://127.0.0.1:1/live/x"
            async with hub.push("live", "x", url, attempts=5, retry_min=0.002, retry_max=0.004) as relay:
                while not relay._ended:
                    await asyncio.sleep(0.01)
                states = [event.value async for event in relay.events()]
                assert len(states) == 4 and states[-1] == RelayState.CLOSED

    run(main())


def test_a_relay_that_nobody_holds_goes_on() -> None:
    """The hub keeps it."""
    with oxrtmp.Hub() as far, oxrtmp.Server("127.0.0.1:0", hub=far) as server, oxrtmp.Hub() as hub:
        hub.push("live", "a", f"rtmp://{server.address}/live/b")
        gc.collect()
        with hub.publish("live", "a") as publisher:
            publisher.send_audio(0, b"x")
            until(lambda: ("live", "b") in far.streams())
        assert len(hub._relays) == 1
