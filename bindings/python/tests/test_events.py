"""What a server tells, to hooks and to who takes events: every occurrence once, in order; and what hooks decide."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import oxrtmp
import oxrtmp.aio
import pytest
from conftest import AVCC, Run, until
from oxrtmp import Hooks, Packet, Refusal, RequestKind, ServerEvent, ServerEventKind
from oxrtmp._server_event import Backlog

NAMES = [k.name.lower() for k in ServerEventKind]
ENHANCED_VIDEO = b"\x93hvc1\x01\x02\x03"
ENHANCED_AUDIO = b"\x91Opus\x01\x02\x03"
PUBLISHER = (
    "connection handshake_complete connect fc_publish publish metadata media_tag keyframe video_frame media_tag "
    "audio_frame media_tag keyframe enhanced_video_frame media_tag enhanced_audio_frame media_tag publish_stop "
    "unpublish disconnect"
)
PLAYER = "connection handshake_complete connect play pause unpause play_stop disconnect"


def asynchronous(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[Run], None]:
    """A test that is a coroutine function."""

    def call(run: Run) -> None:
        run(test())

    call.__name__, call.__doc__ = test.__name__, test.__doc__
    return call


class Diary:
    """What was told of each connection, in order."""

    def __init__(self) -> None:
        self.of: dict[int, list[str]] = {}
        self.faults: list[str] = []

    def write(self, name: str, about: Any) -> None:
        self.of.setdefault(about.connection, []).append(name)
        if about.kind.name.lower() != name or not about.peer_address.startswith("127.0.0.1:"):
            self.faults.append(f"{name}: {about}")
        if isinstance(about, ServerEvent):
            media = ServerEventKind.METADATA <= about.kind <= ServerEventKind.KEYFRAME
            if (about.packet is not None) != media or (media and about.stream_name != "test"):
                self.faults.append(f"{name}: {about}")

    def hooks(self, **others: Any) -> Hooks:
        def hook(name: str) -> Callable[[Any], None]:
            return lambda about: self.write(name, about)

        return Hooks(**{**{name: hook(name) for name in NAMES}, **others})

    def async_hooks(self) -> Hooks:
        def hook(name: str) -> Callable[[Any], Any]:
            async def call(about: Any) -> None:
                await asyncio.sleep(0)
                self.write(name, about)

            return call

        return Hooks(**{name: hook(name) for name in NAMES})

    def said(self, connection: int) -> str:
        return " ".join(self.of.get(connection, []))

    def check(self) -> None:
        assert not self.faults
        assert self.said(1) == PUBLISHER
        assert self.said(2) == PLAYER


def send_everything(client: oxrtmp.Client) -> None:
    client.send_metadata(oxrtmp.Metadata(width=16))
    client.send_video(0, True, b"frame")
    client.send_audio(0, b"frame")
    client.send_packet(Packet(9, 0, raw=ENHANCED_VIDEO))
    client.send_packet(Packet(8, 0, raw=ENHANCED_AUDIO))
    client.send_video_sequence_header(AVCC)
    client.flush(10)


def conversation(address: str, told: Callable[[int, str], bool]) -> None:
    """A publisher and a player, who say everything that can be told."""
    with oxrtmp.Client.publish(f"rtmp://{address}/live/test") as publisher:
        send_everything(publisher)
        until(lambda: told(1, "enhanced_audio_frame media_tag"))
        with oxrtmp.Client.play(f"rtmp://{address}/live/test") as player:
            player.pause()
            player.pause()  # no other occurrence
            player.resume()
            until(lambda: told(2, "unpause"))


@contextlib.contextmanager
def serving(server: oxrtmp.Server, handler: Callable[[oxrtmp.Request], object] | None = None) -> Iterator[None]:
    thread = threading.Thread(target=server.serve, args=(handler,))
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("end", ["peers", "server"])
def test_every_hook_is_called_once(end: str) -> None:
    """A172, A173, A174, A198."""
    diary = Diary()
    with oxrtmp.Hub() as hub, oxrtmp.Server("127.0.0.1:0", hooks=diary.hooks(), hub=hub, stats_interval=3600) as server:
        with serving(server):
            conversation(server.address, lambda connection, words: words in diary.said(connection))
            if end == "peers":
                until(lambda: "disconnect" in diary.said(1) and "disconnect" in diary.said(2))
        diary.check()


@asynchronous
async def test_every_hook_of_asyncio_is_called_once() -> None:
    """A172, A173, A174, A198."""
    diary = Diary()
    async with (
        oxrtmp.aio.Hub() as hub,
        oxrtmp.aio.Server("127.0.0.1:0", hooks=diary.async_hooks(), hub=hub, stats_interval=3600) as server,
    ):
        await asyncio.to_thread(conversation, server.address, lambda connection, words: words in diary.said(connection))
        async with asyncio.timeout(10):
            while "disconnect" not in diary.said(1) or "disconnect" not in diary.said(2):
                await asyncio.sleep(0.005)
    diary.check()


def test_events_are_taken_one_by_one() -> None:
    """A198: without hooks, by who takes them; the last ones also after close."""
    diary = Diary()
    with (
        oxrtmp.Hub() as hub,
        oxrtmp.Server("127.0.0.1:0", hub=hub, events=ServerEventKind, stats_interval=3600) as server,
    ):
        with pytest.raises(oxrtmp.TimeoutError):
            server.next_event(timeout=0)

        def take() -> None:
            for event in server.events():
                diary.write(event.kind.name.lower(), event)

        thread = threading.Thread(target=take)
        thread.start()
        conversation(server.address, lambda connection, words: words in diary.said(connection))
        until(lambda: "disconnect" in diary.said(1) and "disconnect" in diary.said(2))
        with oxrtmp.Client.publish(f"rtmp://{server.address}/live/test"):
            until(lambda: "publish" in diary.said(3))
            server.close()
        thread.join(10)
        diary.check()
        assert diary.said(3).endswith("fc_publish publish publish_stop unpublish disconnect")
        with pytest.raises(oxrtmp.ClosedError):
            server.next_event()


@asynchronous
async def test_events_are_awaited() -> None:
    """A198, for asyncio."""
    diary = Diary()
    async with (
        oxrtmp.aio.Hub() as hub,
        oxrtmp.aio.Server("127.0.0.1:0", hub=hub, events=ServerEventKind, stats_interval=3600) as server,
    ):

        async def take() -> None:
            async for event in server.events():
                diary.write(event.kind.name.lower(), event)

        task = asyncio.create_task(take())
        await asyncio.to_thread(conversation, server.address, lambda connection, words: words in diary.said(connection))
        await server.close()
        await asyncio.wait_for(task, 10)
    diary.check()


@pytest.mark.parametrize("kind", list(RequestKind))
@pytest.mark.parametrize("way", ["refusal", "answer", "fault"])
def test_hooks_refuse(kind: RequestKind, way: str, caplog: pytest.LogCaptureFixture) -> None:
    """A172, A198: connection, connect, fc_publish, publish and play can be refused; a fault in a hook refuses too."""
    diary = Diary()

    def refuse(request: oxrtmp.Request) -> None:
        assert request.kind is kind
        if way == "answer":
            request.reject("not you", code="NetStream.Play.Failed")
            return
        if way == "fault":
            raise ValueError("secret words")
        raise Refusal("not you", code="NetStream.Play.Failed")

    hooks = diary.hooks(**{kind.name.lower(): refuse})
    with (
        oxrtmp.Hub(wait_for_publisher=True) as hub,
        oxrtmp.Server("127.0.0.1:0", hooks=hooks, hub=hub, linger=0.05) as server,
        serving(server),
    ):
        url = f"rtmp://{server.address}/live/test"
        with pytest.raises(oxrtmp.Error) as refused:
            oxrtmp.Client.play(url) if kind is RequestKind.PLAY else oxrtmp.Client.publish(url)
        if kind is not RequestKind.CONNECTION:
            assert isinstance(refused.value, oxrtmp.RefusedError)
            assert ("the application failed" if way == "fault" else "not you") in str(refused.value)
            until(lambda: "disconnect" in diary.said(1))
        assert "stop" not in diary.said(1)
        assert "secret" not in str(refused.value)
        assert not hub.streams()
    failures = [r for r in caplog.records if "the hook" in r.message]
    assert len(failures) == (way == "fault")
    if failures:
        assert failures[0].exc_info
        assert isinstance(failures[0].exc_info[1], ValueError)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("chained", [False, True])
def test_coroutine_functions_are_not_for_threads(chained: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody would await them: what they ask for would be granted."""

    async def refuse(request: object) -> None:
        raise Refusal("not you")

    hooks = Hooks(publish=refuse)
    if chained:
        hooks = Hooks.chain(hooks, Hooks(publish=lambda request: None))
    with oxrtmp.Hub() as hub, oxrtmp.Server("127.0.0.1:0", hooks=hooks, hub=hub) as server, serving(server):
        with pytest.raises(oxrtmp.RefusedError, match="the application failed"):
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/test")
    with oxrtmp.Server("127.0.0.1:0") as server, serving(server, refuse):
        with pytest.raises(oxrtmp.RefusedError):
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/test")
    words = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert words == 2 * ["coroutine functions are for oxrtmp.aio: oxrtmp.Server calls plain functions"]


def test_a_copy_of_an_event_answers_nothing() -> None:
    """The message of a MEDIA_TAG waits as long as somebody has the event, or a copy of it."""
    with oxrtmp.Hub() as hub, oxrtmp.Server("127.0.0.1:0", ask_media_tag=True, hub=hub) as server:
        with oxrtmp.Client.publish(f"rtmp://{server.address}/live/test") as client:
            client.send_audio(0, b"frame")
            event = server.next_event(10)
            for copied in (copy.copy(event), dataclasses.replace(event, text="x")):
                assert copied.packet is event.packet
            del copied
            event.drop()
            client.send_audio(20, b"frame")
            server.next_event(10).keep()
            until(lambda: hub.statistics().packets > 0)
            assert hub.stream_statistics("live", "test").timestamp_ms == 20
            assert hub.statistics().packets == 1


def test_hooks_come_before_requests() -> None:
    """What a hook lets pass is asked for where the application has asked for it."""
    seen: list[str] = []
    hooks = Hooks(
        connect=lambda request: seen.append("hook connect"), publish=lambda request: seen.append("hook publish")
    )
    with oxrtmp.Server("127.0.0.1:0", hooks=hooks, ask_connect=True) as server:

        def handler(request: oxrtmp.Request) -> None:
            seen.append(f"handler {request.kind.name.lower()}")
            with request.accept() as session:
                if request.kind is RequestKind.PUBLISH:
                    list(session)

        with serving(server, handler):
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/test").close()
    assert seen == ["hook connect", "handler connect", "hook publish", "handler publish"]


@pytest.mark.parametrize("first", ["accept", "next_event"])
def test_threads_get_what_hooks_of_others_let_pass(first: str) -> None:
    """Hooks that take their time, called in the thread that waits for something else."""
    taken: dict[str, list[Any]] = {"accept": [], "next_event": []}

    def take(name: str) -> None:
        with contextlib.suppress(oxrtmp.ClosedError):
            while True:
                found = getattr(server, name)()
                taken[name].append(found)
                if name == "accept":
                    found.reject()

    hooks = Hooks(publish=lambda _: time.sleep(0.1), disconnect=lambda _: time.sleep(0.1))
    with oxrtmp.Server("127.0.0.1:0", hooks=hooks, events=[ServerEventKind.DISCONNECT]) as server:
        threads = [
            threading.Thread(target=take, args=(name,)) for name in sorted(taken, key=lambda name: name != first)
        ]
        for thread in threads:
            thread.start()
            time.sleep(0.05)
        for number in range(1, 4):
            with pytest.raises(oxrtmp.RefusedError):
                oxrtmp.Client.publish(f"rtmp://{server.address}/live/test")
            until(lambda: len(taken["accept"]) == len(taken["next_event"]) == number, 5)  # noqa: B023
    for thread in threads:
        thread.join(10)


@pytest.mark.parametrize("way", ["hook", "events", "next_event"])
def test_media_tags_are_dropped(way: str) -> None:
    """A175."""
    frames: list[int] = []

    def keeps(event: ServerEvent) -> bool:
        assert event.packet
        return event.packet.timestamp_ms % 2 == 0

    hooks = Hooks(
        media_tag=keeps, video_frame=lambda event: frames.append(event.packet.timestamp_ms if event.packet else -1)
    )
    options: Any = (
        {"hooks": hooks} if way == "hook" else {"ask_media_tag": True, "events": [ServerEventKind.VIDEO_FRAME]}
    )
    with oxrtmp.Server("127.0.0.1:0", **options) as server:

        def take() -> None:
            if way == "events":
                for event in server.events():
                    if event.kind is ServerEventKind.VIDEO_FRAME:
                        frames.append(event.packet.timestamp_ms if event.packet else -1)
                    elif not keeps(event):
                        event.drop()
            elif way == "next_event":
                with contextlib.suppress(oxrtmp.ClosedError):
                    while True:
                        event = server.next_event()
                        if event.kind is ServerEventKind.VIDEO_FRAME:
                            frames.append(event.packet.timestamp_ms if event.packet else -1)
                            continue
                        event.keep() if keeps(event) else event.drop()
                        event.drop()  # too late
                        del event

        taker = threading.Thread(target=take)
        taker.start()
        stamps: list[int] = []

        def handler(request: oxrtmp.Request) -> None:
            with request.accept() as session:
                stamps.extend(packet.timestamp_ms for packet in session)

        with serving(server, handler):
            with oxrtmp.Client.publish(f"rtmp://{server.address}/live/test") as client:
                for n in range(99):  # the last one is kept: when it comes all have been decided
                    client.send_video(n, n == 0, b"frame")
            until(lambda: len(stamps) == 50)
        taker.join(10)
        assert stamps == frames == list(range(0, 100, 2))


@asynchronous
async def test_a_slow_hook_holds_up_its_connection_only() -> None:
    hold, passed = asyncio.Event(), []

    async def publish(request: oxrtmp.aio.Request) -> None:
        if request.stream_name == "slow":
            await hold.wait()
        passed.append(request.stream_name)

    async with (
        oxrtmp.aio.Hub() as hub,
        oxrtmp.aio.Server("127.0.0.1:0", hooks=Hooks(publish=publish), hub=hub) as server,
    ):
        url = f"rtmp://{server.address}/live/"
        slow = asyncio.create_task(asyncio.to_thread(oxrtmp.Client.publish, url + "slow"))
        (await asyncio.to_thread(oxrtmp.Client.publish, url + "quick")).close()
        assert passed == ["quick"]
        hold.set()
        (await slow).close()
        assert passed == ["quick", "slow"]


def test_events_that_nobody_takes_hold_connections_up() -> None:
    """And are all there once they are taken."""
    with (
        oxrtmp.Hub() as hub,
        oxrtmp.Server("127.0.0.1:0", hub=hub, events=[ServerEventKind.VIDEO_FRAME]) as server,
        oxrtmp.Client.publish(f"rtmp://{server.address}/live/test", send_timeout=None) as client,
    ):
        total, sent = 5000, []

        def send() -> None:
            for n in range(total):
                client.send_video(n, n == 0, bytes(10000))
                sent.append(n)

        thread = threading.Thread(target=send)
        thread.start()
        with pytest.raises(oxrtmp.TimeoutError):
            server.accept(timeout=1)  # takes over what there is, but not without end
        held = len(server._told.events)
        assert 0 < held < 2 * server._told.MOST
        time.sleep(0.1)
        assert len(sent) < total
        for n in range(total):
            event = server.next_event(timeout=10)
            assert event.packet
            assert event.packet.timestamp_ms == n
        thread.join(10)


@pytest.mark.parametrize("taken_by", ["nobody", "a slow hook"])
def test_a_shutdown_does_not_wait_for_events(taken_by: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backlog, "MOST", 16)

    async def main() -> None:
        hold = asyncio.Event()

        async def wait(event: ServerEvent) -> None:
            await hold.wait()

        hooks = None if taken_by == "nobody" else Hooks(handshake_complete=wait)
        async with (
            oxrtmp.aio.Hub() as hub,
            oxrtmp.aio.Server("127.0.0.1:0", hub=hub, hooks=hooks, events=list(ServerEventKind)) as server,
        ):
            client = await oxrtmp.aio.Client.publish(f"rtmp://{server.address}/live/test")
            for n in range(100):
                await client.send_video(n, True, b"frame")
            while not server._told._paused:
                await asyncio.sleep(0.01)
            await server.shutdown(0.05)
            hold.set()
            found = [event async for event in server.events()]
            assert len(found) <= 17
            if taken_by == "nobody":
                assert found[-1].kind == ServerEventKind.DISCONNECT
            with contextlib.suppress(oxrtmp.Error):
                await client.close()

    run(main())


@pytest.mark.parametrize("hooks", [None, Hooks(handshake_complete=lambda _: None)])
def test_a_shutdown_of_threads_does_not_wait_for_events(hooks: Hooks | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backlog, "MOST", 16)
    with (
        oxrtmp.Hub() as hub,
        oxrtmp.Server("127.0.0.1:0", hub=hub, hooks=hooks, events=list(ServerEventKind)) as server,
    ):
        with contextlib.suppress(oxrtmp.Error), oxrtmp.Client.publish(f"rtmp://{server.address}/live/test") as client:
            for n in range(100):
                client.send_video(n, True, b"frame")
            with pytest.raises(oxrtmp.TimeoutError):
                server.accept(timeout=0.1)
            assert server._told._paused
            ended = threading.Thread(target=server.shutdown, args=(0.05,), daemon=True)
            ended.start()
            ended.join(10)
            assert not ended.is_alive()
        found = list(server.events())
        assert found[-1].kind == ServerEventKind.DISCONNECT
        assert hooks is not None or len(found) <= 17


def test_statistics_are_told() -> None:
    """A198: stats_update."""
    with (
        oxrtmp.Hub() as hub,
        oxrtmp.Server("127.0.0.1:0", hub=hub, events=[ServerEventKind.STATS_UPDATE], stats_interval=0.01) as server,
        oxrtmp.Client.publish(f"rtmp://{server.address}/live/test") as client,
    ):
        client.send_video(7, True, b"frame")
        for event in server.events():
            assert event.statistics
            if event.statistics.keyframes == 1:
                assert (event.stream_name, event.statistics.timestamp_ms) == ("test", 7)
                break


def test_hooks_in_a_chain_and_one_that_logs(caplog: pytest.LogCaptureFixture) -> None:
    """A176."""
    seen: list[str] = []

    def first(request: oxrtmp.Request) -> None:
        seen.append("first")
        if request.stream_name == "refused":
            raise Refusal("by the first")
        if request.stream_name == "answered":
            request.reject("by itself")

    def media(event: ServerEvent) -> bool:
        assert event.packet
        return event.packet.timestamp_ms != 1

    hooks = Hooks.chain(
        Hooks.log(logging.getLogger("station")),
        Hooks(publish=first, media_tag=media),
        Hooks(
            publish=lambda request: seen.append("second"),
            media_tag=lambda event: seen.append(f"{event.packet.timestamp_ms}"),
        ),
    )
    caplog.set_level(logging.DEBUG, "station")
    with oxrtmp.Hub() as hub, oxrtmp.Server("127.0.0.1:0", hooks=hooks, hub=hub) as server:
        with serving(server):
            for name, words in (("refused", "by the first"), ("answered", "by itself")):
                with pytest.raises(oxrtmp.RefusedError, match=words):
                    oxrtmp.Client.publish(f"rtmp://{server.address}/live/{name}")
            with oxrtmp.Client.publish(f"rtmp://{server.address}/live/secret-key") as client:
                for n in range(3):
                    client.send_audio(n, b"frame")
            until(lambda: "unpublish" in caplog.text)
    assert seen == ["first", "first", "first", "second", "0", "2"]
    lines = [r for r in caplog.records if r.name == "station"]
    assert {r.levelname for r in lines if "audio_frame" in r.message} == {"DEBUG"}
    assert any(
        "publish connection=3" in r.message and "stream=se…" in r.message and r.levelno == logging.INFO for r in lines
    )
    assert "secret-key" not in caplog.text


@asynchronous
async def test_coroutine_functions_in_a_chain() -> None:
    seen: list[str] = []

    async def refuse(request: oxrtmp.aio.Request) -> None:
        await asyncio.sleep(0)
        seen.append("refuse")
        raise Refusal("not you")

    async def note(request: oxrtmp.aio.Request) -> None:
        seen.append("note")

    hooks = Hooks.chain(
        Hooks(publish=note),
        Hooks(publish=lambda request: seen.append("plain")),
        Hooks(publish=refuse),
        Hooks(publish=note),
    )
    async with oxrtmp.aio.Server("127.0.0.1:0", hooks=hooks) as server:
        with pytest.raises(oxrtmp.RefusedError, match="not you"):
            await asyncio.to_thread(oxrtmp.Client.publish, f"rtmp://{server.address}/live/test")
    assert seen == ["note", "plain", "refuse"]


async def not_at_all(_: object) -> bool:
    return False


@pytest.mark.parametrize("first", [lambda _: False, not_at_all])
def test_false_drops_messages_and_nothing_else(first: Callable[[object], object]) -> None:
    asyncio.run(asked_after(first))


async def asked_after(first: Callable[[object], object]) -> None:
    told: list[str] = []

    def refuse(request: oxrtmp.aio.Request) -> None:
        raise Refusal("not you")

    hooks = Hooks.chain(
        Hooks(publish=first, disconnect=first),
        Hooks(publish=refuse, disconnect=lambda event: told.append(event.kind.name)),
    )
    async with oxrtmp.aio.Server("127.0.0.1:0", hooks=hooks, events=[ServerEventKind.DISCONNECT]) as server:
        with pytest.raises(oxrtmp.RefusedError, match="not you"):
            await asyncio.to_thread(oxrtmp.Client.publish, f"rtmp://{server.address}/live/test")
        event = await asyncio.wait_for(server.next_event(), 10)
    assert event.kind.name == "DISCONNECT"
    assert told == ["DISCONNECT"]


def test_a_fault_in_a_hook_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: ServerEvent) -> None:
        raise ValueError(event.kind.name)

    with oxrtmp.Hub() as hub, oxrtmp.Server("127.0.0.1:0", hooks=Hooks(unpublish=fail), hub=hub) as server:
        with serving(server):
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/test").close()
            until(lambda: "the hook unpublish failed" in caplog.text)
    assert "ValueError: UNPUBLISH" in caplog.text


@pytest.mark.parametrize("whole", [False, True])
def test_a_hook_that_is_cancelled(whole: bool, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """What it waited for was cancelled, or the task that calls the hooks: what comes after that is told."""
    told: list[str] = []

    async def keyframe(event: ServerEvent) -> None:
        told.append("keyframe")
        if whole:
            for task in server._tellers:
                task.cancel()
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    hooks = Hooks(keyframe=keyframe, disconnect=lambda event: told.append("disconnect"))

    async def main() -> None:
        nonlocal server
        async with oxrtmp.aio.Hub() as hub, oxrtmp.aio.Server("127.0.0.1:0", hooks=hooks, hub=hub) as server:
            async with oxrtmp.aio.Client.publish(f"rtmp://{server.address}/live/test") as client:
                await client.send_video(0, True, b"frame")
                while not told or server._lines:
                    await asyncio.sleep(0.01)
            while "disconnect" not in told:
                await asyncio.sleep(0.01)
            assert (server._told._count, server._told._bytes) == (0, 0)

    server: Any = None
    run(main())
    assert told == ["keyframe", "disconnect"]
    assert ("the hook keyframe failed" in caplog.text) is not whole
    caplog.clear()  # its traceback has the event
