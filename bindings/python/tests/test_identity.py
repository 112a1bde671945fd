"""Who a peer is, and where it is sent: logins, redirections, kicks, the addresses behind load balancers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import oxrtmp
import pytest
from conftest import Run, until
from oxrtmp import LoginScheme, RequestKind, ServerEventKind, aio

USERS = {"alice": "s3cret", "bob": "p@ss:w/rd"}
HEADER = b"PROXY TCP4 192.0.2.7 192.0.2.1 50123 1935\r\n"


@contextlib.contextmanager
def answering(server: oxrtmp.Server, handler: Callable[[oxrtmp.Request], object]) -> Iterator[None]:
    thread = threading.Thread(target=server.serve, args=(handler,))
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("scheme", list(LoginScheme))
def test_users_log_in(scheme: LoginScheme) -> None:
    """C11, D34: those of the options, from the URL and from options; others do not, at once."""
    users: list[tuple[str, str]] = []

    def handler(request: oxrtmp.Request) -> None:
        with request.accept() as session:
            users.append((request.user, session.user))
            list(session)

    with oxrtmp.Server("127.0.0.1:0", users=USERS, login_scheme=scheme) as server, answering(server, handler):
        oxrtmp.Client.publish(f"rtmp://alice:s3cret@{server.address}/live/test").close()
        oxrtmp.Client.publish(f"rtmp://{server.address}/live/test", user="bob", password="p@ss:w/rd").close()
        for login in ("alice:wrong@", "carol:s3cret@", "alice:@", ""):
            begun = time.monotonic()
            with pytest.raises(oxrtmp.RefusedError) as refused:
                oxrtmp.Client.publish(f"rtmp://{login}{server.address}/live/test")
            assert refused.value.status == oxrtmp.Status.AUTH
            assert time.monotonic() - begun < 1
    assert users == [("alice", "alice"), ("bob", "bob")]


def test_options_are_checked() -> None:
    wrong: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"users": {"": "x"}}, oxrtmp.ArgumentError),
        ({"users": {"a\0b": "x"}}, ValueError),
        ({"users": {"a": 1}}, TypeError),
        ({"login_scheme": 3}, oxrtmp.ArgumentError),
        ({"proxy_from": ["10.0.0.0/33"]}, oxrtmp.ArgumentError),
        ({"events": [99]}, ValueError),
    ]
    for options, error in wrong:
        with pytest.raises(error):
            oxrtmp.Server("127.0.0.1:0", **options)


@pytest.mark.parametrize("scheme", list(LoginScheme))
@pytest.mark.parametrize("known", [True, False])
def test_the_application_decides_logins(scheme: LoginScheme, known: bool) -> None:
    """C11: it has the passwords."""
    steps: list[tuple[str, bool]] = []

    def handler(request: oxrtmp.Request) -> None:
        if request.kind is RequestKind.CONNECT:
            user = request.user
            steps.append((user, request.login(scheme, USERS["alice"] if known else None)))
            return
        with pytest.raises(oxrtmp.UsageError):
            request.login(scheme, "s3cret")
        request.accept().close()

    with oxrtmp.Server("127.0.0.1:0", ask_connect=True) as server, answering(server, handler):
        url = f"rtmp://alice:s3cret@{server.address}/live/test"
        if known:
            oxrtmp.Client.publish(url).close()
        else:
            with pytest.raises(oxrtmp.RefusedError):
                oxrtmp.Client.publish(url)
    assert steps == [("", False), ("alice", False), ("alice", known)]


def test_coroutines_decide_logins_and_redirect(run: Run) -> None:
    """C11, A70, for asyncio."""

    async def main() -> None:
        seen: list[tuple[str, str]] = []

        async def front(request: aio.Request) -> None:
            if request.kind is RequestKind.CONNECT:
                await request.login(LoginScheme.ADOBE, USERS.get(request.user))
            else:
                await request.redirect(f"rtmp://{behind.address}/other", "not here")

        async def back(request: aio.Request) -> None:
            async with request.accept() as session:
                seen.append((session.app, session.stream_name))
                async for _ in session:
                    pass

        async with (
            aio.Server("127.0.0.1:0", ask_connect=True) as server,
            aio.Server("127.0.0.1:0") as behind,
        ):
            tasks = [asyncio.create_task(server.serve(front)), asyncio.create_task(behind.serve(back))]
            url = f"rtmp://alice:s3cret@{server.address}/live/test"
            async with aio.Client.publish(url, follow_redirects=True):
                pass
            with pytest.raises(oxrtmp.RefusedError, match="not here"):
                await aio.Client.publish(url)
            await server.close()
            await behind.close()
            await asyncio.gather(*tasks)
        assert seen == [("other", "test")]

    run(main())


@pytest.mark.parametrize("kind", [RequestKind.CONNECT, RequestKind.PUBLISH])
def test_peers_are_redirected(kind: RequestKind) -> None:
    """A70, C47: who asks in the wrong place is sent to the right one, and goes there if it is told to follow."""
    seen: list[tuple[str, str]] = []

    def back(request: oxrtmp.Request) -> None:
        with request.accept() as session:
            seen.append((session.app, session.stream_name))
            list(session)

    def front(request: oxrtmp.Request) -> None:
        assert request.kind is kind
        request.redirect(f"rtmp://{behind.address}/other", "not here")

    with (
        oxrtmp.Server("127.0.0.1:0") as behind,
        oxrtmp.Server("127.0.0.1:0", ask_connect=kind is RequestKind.CONNECT) as server,
        answering(behind, back),
        answering(server, front),
    ):
        url = f"rtmp://{server.address}/live/test"
        oxrtmp.Client.publish(url, follow_redirects=True).close()
        with pytest.raises(oxrtmp.RefusedError, match="not here"):
            oxrtmp.Client.publish(url)
    assert seen == [("other", "test")]


def test_peers_are_kicked() -> None:
    with (
        oxrtmp.Hub() as hub,
        oxrtmp.Server("127.0.0.1:0", hub=hub, events=[ServerEventKind.PUBLISH, ServerEventKind.DISCONNECT]) as server,
        oxrtmp.Client.publish(f"rtmp://{server.address}/live/test") as client,
    ):
        event = server.next_event(timeout=10)
        assert not server.kick(event.connection + 1)
        assert server.kick(event.connection, "you again", code="NetStream.Publish.BadName")
        with pytest.raises(oxrtmp.RefusedError, match="you again") as refused:
            while True:
                client.send_audio(0, b"frame")
                time.sleep(0.005)
        assert refused.value.status == oxrtmp.Status.NAME
        assert server.next_event(timeout=10).kind is ServerEventKind.DISCONNECT
        until(lambda: not server.kick(event.connection))


CHOSEN = "no \udcff\0"  # a name that a peer has chosen, in words for it


def wrong(request: Any) -> None:
    """Answers that are none, before the one that is."""
    with pytest.raises(TypeError):
        request.reject(5)
    with pytest.raises(ValueError):
        request.redirect("rtmp://\0")
    request.reject(CHOSEN, code="NetStream.Publish.Denied\0")


@pytest.mark.parametrize(
    "answer",
    [wrong, lambda request: request.redirect("rtmp://127.0.0.1:1/live", CHOSEN)],
    ids=["rejected", "redirected"],
)
def test_words_that_a_peer_has_chosen(answer: Callable[[oxrtmp.Request], object]) -> None:
    with oxrtmp.Server("127.0.0.1:0") as server, answering(server, answer):
        with pytest.raises(oxrtmp.RefusedError) as refused:
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/test")
        assert refused.value.description == "no ??"
        assert answer is not wrong or refused.value.code == "NetStream.Publish.Denied?"


def test_words_that_a_peer_has_chosen_on_asyncio(run: Run) -> None:
    async def main() -> None:
        async with aio.Server("127.0.0.1:0") as server:

            async def publish() -> None:
                async with aio.Client.publish(f"rtmp://{server.address}/live/test") as client:
                    while True:
                        await client.send_audio(0, b"frame")
                        await asyncio.sleep(0.005)

            async def refused(coming: asyncio.Task[None]) -> str:
                with pytest.raises(oxrtmp.RefusedError) as caught:
                    await coming
                return caught.value.description

            coming = asyncio.create_task(publish())
            wrong(await server.accept())
            assert await refused(coming) == "no ??"
            for how in ("close", "kick"):
                coming = asyncio.create_task(publish())
                async with (await server.accept()).accept() as session:
                    await session.next_packet()
                    if how == "kick":
                        server.kick(session.connection, CHOSEN, code="NetStream.Publish.BadName")
                    else:
                        await session.close(CHOSEN, code="NetStream.Publish.BadName")
                    assert await refused(coming) == "no ??"

    run(main())


@pytest.mark.parametrize("networks", [["10.0.0.0/8", "127.0.0.0/8"], ["127.0.0.1"], ["10.0.0.0/8"], None])
@pytest.mark.parametrize("headed", [True, False])
def test_addresses_behind_load_balancers(networks: list[str] | None, headed: bool) -> None:
    """C19: that of the header, where it may come from; elsewhere a header ends the connection."""
    addresses: list[str] = []

    def handler(request: oxrtmp.Request) -> None:
        addresses.append(request.peer_address)
        request.accept().close()

    options: oxrtmp.ServerOptions = {} if networks is None else {"proxy_from": networks}
    with oxrtmp.Server("127.0.0.1:0", **options) as server, answering(server, handler):
        connection = socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])))
        listed = networks is not None and "127" in networks[-1]
        if headed:
            for at in range(0, len(HEADER), 1 if listed else len(HEADER)):  # in pieces, where it is read to its end
                connection.sendall(HEADER[at : at + (1 if listed else len(HEADER))])
        if listed == headed:
            oxrtmp.Client.publish("rtmp://host/live/test", connection=connection).close()
            assert (addresses == ["192.0.2.7:50123"]) == headed
        else:
            with contextlib.closing(connection), pytest.raises(oxrtmp.Error):
                oxrtmp.Client.publish("rtmp://host/live/test", connection=connection)
            assert addresses == []
