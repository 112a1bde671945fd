"""How plays are answered by option, what becomes of players that do not decode a stream, logins, redirections."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import oxrtmp
import pytest
from conftest import Run, until
from oxrtmp import Client, CodecPolicy, Hub, Packet, RequestKind, Server, Status, aio, amf
from oxrtmp.lowlevel import (
    ChunkDecoder,
    ChunkEncoder,
    Command,
    Handshake,
    Message,
    command_build,
    command_parse,
    control_parse,
)
from test_play import played
from vectors import every

# ---- how plays are answered ----


def said(client: Client) -> list[Any]:
    """The data messages that come before the first sound."""
    found = []
    for packet in client:
        if packet.type == 8:
            break
        found.append(packet.values())
    return found


@pytest.mark.parametrize("samples", [True, False])
@pytest.mark.parametrize("data_start", [True, False])
def test_what_players_are_told(samples: bool, data_start: bool) -> None:
    options = {"no_sample_access": not samples, "data_start": data_start}
    with played(options) as (_, client, session):
        session.send_audio(0, b"sound")
        want: list[Any] = [["|RtmpSampleAccess", True, True]] if samples else []
        want += [["onStatus", {"code": "NetStream.Data.Start"}]] if data_start else []
        assert said(client) == want


def test_the_end_of_a_recorded_stream() -> None:
    with played({"play_recorded": True, "no_sample_access": True}) as (_, client, session):
        session.send_audio(0, b"all of it")
        session.complete()
        with pytest.raises(oxrtmp.EndOfStreamError):
            session.complete()
        got = list(client)
        assert [p.type for p in got] == [8, 18]
        assert got[1].values()[0] == "onPlayStatus" and got[1].values()[1]["code"] == "NetStream.Play.Complete"
        assert isinstance(client.error, oxrtmp.EndOfStreamError)


# ---- what players decode ----

STRANGE = Packet(9, 0, raw=b"\x90zzzz\1")  # nobody has said that he decodes zzzz


def types_up_to_sound(player: Client) -> set[int]:
    found: set[int] = set()
    while 8 not in found:
        found.add(player.next_packet(10).type)
    return found


@pytest.mark.parametrize("policy", CodecPolicy)
def test_codecs_that_players_have_not_named(policy: CodecPolicy) -> None:
    with Hub(codecs=policy) as hub, Server("127.0.0.1:0", hub=hub) as server, hub.publish("live", "cam") as publisher:
        publisher.send_packet(STRANGE)
        until(lambda: hub.stream_statistics("live", "cam").packets == 1)
        url = f"rtmp://{server.address}/live/cam"
        if policy is CodecPolicy.REFUSE:
            with pytest.raises(oxrtmp.RefusedError, match="zzzz") as caught:
                Client.play(url)
            assert (caught.value.code, caught.value.phase) == ("NetStream.Play.Failed", "play")
            return
        with Client.play(url) as player:
            publisher.send_audio(40, b"sound")
            assert types_up_to_sound(player) - {18} == ({8, 9} if policy is CodecPolicy.PASS else {8})


@pytest.mark.parametrize("policy", CodecPolicy)
def test_codecs_that_every_player_decodes(policy: CodecPolicy) -> None:
    with Hub(codecs=policy) as hub, Server("127.0.0.1:0", hub=hub) as server, hub.publish("live", "cam") as publisher:
        publisher.send_video(0, True, b"h.264")
        until(lambda: hub.stream_statistics("live", "cam").packets == 1)
        with Client.play(f"rtmp://{server.address}/live/cam") as player:
            publisher.send_audio(40, b"aac")
            assert types_up_to_sound(player) - {18} == {8, 9}


# ---- logins ----

REFUSED = "NetConnection.Connect.Rejected"
DEMAND = "[ AccessManager.Reject ] : [ code=403 need auth; authmod={} ] : "
CHALLENGE = {
    "adobe": "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=alice&salt=Zm9v&challenge=BAgAAA==&opaque=vgoAAA==",
    "llnw": "[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=alice&nonce=Tm9uY2U=",
}


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def md5_in_base64(text: str) -> str:
    return base64.b64encode(hashlib.md5(text.encode()).digest()).decode()


def adobe_response(user: str, password: str, salt: str, opaque: str, challenge: str) -> str:
    return md5_in_base64(md5_in_base64(user + salt + password) + opaque + challenge)


def llnw_response(user: str, password: str, app: str, nonce: str, nc: str, cnonce: str) -> str:
    ha1, ha2 = md5(f"{user}:live:{password}"), md5(f"publish:/{app}/_definst_")
    return md5(f"{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}")


def test_responses_are_those_of_the_vectors() -> None:
    v = {vector["id"]: vector["value"] for vector in every("auth")}
    a, limelight = v["adobe-opaque"], v["llnw"]
    assert a["response"] == adobe_response(a["user"], a["password"], a["salt"], a["opaque"], a["client_challenge"])
    a = v["adobe-challenge"]
    assert a["response"] == adobe_response(a["user"], a["password"], a["salt"], a["challenge"], a["client_challenge"])
    assert limelight["response"] == llnw_response(
        *(limelight[name] for name in ("user", "password", "app", "nonce", "nc", "cnonce"))
    )


class Logins:
    """A server that lets in alice, whose password is s3cret. It knows nothing of logins but what stands here."""

    def __init__(self, scheme: str) -> None:
        self.scheme, self.seen = scheme, list[str]()
        self.server = Server("127.0.0.1:0", ask_connect=True)
        self.thread = threading.Thread(target=self.server.serve, args=(self.answer,))
        self.thread.start()

    def url(self, login: str = "") -> str:
        return f"rtmp://{login}{self.server.address}/live/key"

    def answer(self, request: oxrtmp.Request) -> None:
        if request.kind != RequestKind.CONNECT:
            with request.accept() as session:
                list(session)
            return
        given = dict(part.partition("=")[::2] for part in request.query.split("&"))
        self.seen.append(given.get("authmod", ""))
        if "user" not in given:
            request.reject(DEMAND.format(self.scheme), code=REFUSED)
        elif "response" not in given:
            request.reject(CHALLENGE[self.scheme], code=REFUSED)
        elif given["response"] == self.right(given):
            request.accept()
        else:
            request.reject(f"[ AccessManager.Reject ] : [ authmod={self.scheme} ] : ?reason=authfailed", code=REFUSED)

    def right(self, given: dict[str, str]) -> str:
        if self.scheme == "adobe":
            return adobe_response("alice", "s3cret", "Zm9v", "vgoAAA==", given["challenge"])
        return llnw_response("alice", "s3cret", "live", "Tm9uY2U=", given["nc"], given["cnonce"])

    def close(self) -> None:
        self.server.close()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture(params=["adobe", "llnw"])
def logins(request: pytest.FixtureRequest) -> Iterator[Logins]:
    server = Logins(request.param)
    yield server
    server.close()


def test_logins(logins: Logins) -> None:
    Client.publish(logins.url("alice:s3cret@")).close()
    assert logins.seen == ["", logins.scheme, logins.scheme]
    Client.publish(logins.url(), user="alice", password="s3cret").close()
    Client.publish(logins.url("bob:wrong@"), user="alice", password="s3cret").close()  # the options win
    for url, options in (("", {}), ("alice:wrong@", {}), ("bob:s3cret@", {}), ("", {"user": "alice", "password": "x"})):
        with pytest.raises(oxrtmp.RefusedError) as caught:
            Client.publish(logins.url(url), **options)  # type: ignore[arg-type]
        assert (caught.value.status, caught.value.phase, caught.value.code) == (Status.AUTH, "connect", REFUSED)


def test_logins_on_asyncio(logins: Logins, run: Run) -> None:
    async def main() -> None:
        async with aio.Client.publish(logins.url(), user="alice", password="s3cret") as client:
            await client.send_audio(0, b"in")
        with pytest.raises(oxrtmp.RefusedError) as caught:
            await aio.Client.publish(logins.url(), user="alice", password="wrong")
        assert caught.value.status == Status.AUTH

    run(main())


# ---- redirections ----


def redirect(connection: socket.socket, url: str) -> None:
    """Answers the connect of a client by the word that what it looks for is at url."""
    with Handshake() as handshake, ChunkDecoder() as decoder, ChunkEncoder() as encoder:
        while received := connection.recv(65536):
            rest = memoryview(received)[handshake.receive(received) :]
            connection.sendall(handshake.output())
            while rest:
                rest = rest[decoder.feed(rest) :]
                if (message := decoder.next()) is None:
                    continue
                if message.type == 1:
                    decoder.set_chunk_size(control_parse(1, message.payload).value)
                if message.type != 20:
                    continue
                command = command_parse(20, message.payload)
                assert command.name == "connect"
                why = {"level": "error", "code": REFUSED, "description": "moved", "ex": {"code": 302, "redirect": url}}
                answer = Command("_error", command.transaction_id, amf.encode(None, why))
                connection.sendall(encoder.write(Message(3, 0, 0, 20, command_build(answer))))


@contextlib.contextmanager
def elsewhere(url_of: Callable[[int], str]) -> Iterator[tuple[str, list[int]]]:
    """A server that sends every client to url_of(its own port): its address, and who came."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, came = listener.getsockname()[1], list[int]()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, address = listener.accept()
                    came.append(address[1])
                    with connection, contextlib.suppress(ConnectionError):
                        connection.settimeout(10)
                        redirect(connection, url_of(port))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{port}", came
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            assert not thread.is_alive()


def test_redirections_are_followed() -> None:
    with (
        Server("127.0.0.1:0", ask_play=True) as there,
        elsewhere(lambda _: f"rtmp://{there.address}/other") as (at, came),
    ):
        with ThreadPoolExecutor(1) as pool:
            calls: list[Callable[..., Client]] = [Client.publish, Client.play]
            for call in calls:
                coming = pool.submit(call, f"rtmp://{at}/live/name?key=1", follow_redirects=True)
                request = there.accept(10)
                assert (request.app, request.stream_name, request.query) == ("other", "name", "key=1")
                assert request.tc_url == f"rtmp://{there.address}/other"
                with request.accept(), coming.result(10) as client:
                    assert client.peer_address == there.address
        assert len(came) == 2
        with pytest.raises(oxrtmp.RefusedError) as caught:
            Client.publish(f"rtmp://{at}/live/name")
        assert (caught.value.code, caught.value.phase, caught.value.description) == (REFUSED, "connect", "moved")


def test_redirections_in_a_circle() -> None:
    with elsewhere(lambda port: f"rtmp://127.0.0.1:{port}/live") as (at, came):
        with pytest.raises(oxrtmp.RefusedError):
            Client.publish(f"rtmp://{at}/live/name", follow_redirects=True)
        assert len(came) == 6  # five times in a row it goes where it is sent
