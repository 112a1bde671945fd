"""What a hub owes its players, by every language's server: players of these tests' own, which are told from one another by
the numbers in what they get."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path

import pytest
import wire
from process import Nursery
from programs import SERVER, Server

TORTURE = os.environ.get("OXRTMP_TORTURE") == "1"
AUDIO, VIDEO = 8, 9
CHUNK = 65535


@pytest.fixture(params=list(SERVER))
def server_language(request: pytest.FixtureRequest) -> str:
    return request.param


def ask(peer: wire.Peer, what: bytes, answer: bytes) -> None:
    """Says something, and waits for a word of the answer."""
    peer.send(what)
    assert peer.read_until(answer, 20), f"no {answer.decode()}"


def connect(peer: wire.Peer) -> None:
    """From the handshake to a message stream."""
    peer.shake()
    ask(peer, wire.chunk_size(CHUNK) + wire.connect(), b"NetConnection.Connect.Success")
    ask(peer, wire.CREATE, b"_result")


def play(name: str) -> bytes:
    return wire.command("play", 5, wire.NULL, wire.string(name), stream=1)


class Publisher(wire.Peer):
    def __init__(self, server: Server, name: str = "test"):
        super().__init__(server.port, 20)
        connect(self)
        ask(self, wire.publish(name), b"NetStream.Publish.Start")

    def headers(self) -> None:
        metadata = wire.string("@setDataFrame") + wire.string("onMetaData") + wire.ecma_array(width=wire.number(640))
        for type_id, payload in ((18, metadata), (VIDEO, wire.AVC_HEADER), (AUDIO, wire.AAC_HEADER)):
            self.send(wire.message(type_id, payload, stream=1, csid=4, chunk=CHUNK))

    def video(self, n: int, key: bool = False, ms: int = 0, size: int = 0) -> None:
        self.send(wire.message(VIDEO, wire.frame(n, key) + bytes(size), stream=1, csid=6, chunk=CHUNK, timestamp=ms))

    def audio(self, n: int, ms: int = 0) -> None:
        self.send(wire.message(AUDIO, b"\xaf\x01" + wire.u32(n), stream=1, csid=4, chunk=CHUNK, timestamp=ms))


class Media(wire.Messages):
    """Keeps what comes: the numbers of frames, with their timestamps."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[tuple[int, int, int]] = []  # type, number, timestamp
        self.keyframes: set[int] = set()
        self.kinds: list[str] = []

    def message(self, type_id: int, timestamp: int, payload: bytes) -> None:
        if type_id == VIDEO and payload[1] == 1:
            number = int.from_bytes(payload[9:13], "big")
            self.got.append((VIDEO, number, timestamp))
            if payload[0] >> 4 == 1:
                self.keyframes.add(number)
            self.kinds.append("key" if payload[0] >> 4 == 1 else "inter")
        elif type_id == AUDIO and payload[1] == 1:
            self.got.append((AUDIO, int.from_bytes(payload[2:6], "big"), timestamp))
        elif type_id in (AUDIO, VIDEO):
            self.kinds.append("header")
        else:
            super().message(type_id, timestamp, payload)

    def numbers(self, type_id: int) -> list[int]:
        return [n for t, n, _ in self.got if t == type_id]


class Player(wire.Peer):
    """Plays. Says nothing more, unless it is told to."""

    def __init__(self, server: Server, name: str = "test", room: int = 0):
        super().__init__(server.port, 20)
        if room:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.media = self._messages = Media()
        connect(self)
        ask(self, play(name), b"NetStream.Play.Start")

    def read(self, most: int = 65536, timeout: float = 20) -> bool:
        """Takes what is there. False at the end."""
        self.socket.settimeout(timeout)
        try:
            data = self.socket.recv(most)
        except ConnectionError:
            return False
        self.media.feed(data)
        return bool(data)

    def until(self, number: int, type_id: int = VIDEO) -> None:
        """Reads up to the frame of this number."""
        while not any(t == type_id and n == number for t, n, _ in reversed(self.media.got)):
            assert self.read(), f"the end came before frame {number}: {self.media.got[-3:]}"


def descriptors(server: Server) -> int:
    """How many the server has open."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def steady_descriptors(server: Server) -> int:
    """How many it has open once none has come or gone for a second: some it opens when it needs them."""
    found, since = descriptors(server), time.monotonic()
    while time.monotonic() < since + 1:
        time.sleep(0.05)
        if (now := descriptors(server)) != found:
            found, since = now, time.monotonic()
    return found


@pytest.mark.parametrize("cache", ["gop", "keyframe", "off"])
def test_first_frame_comes_with_play_start(nursery: Nursery, server_language: str, cache: str) -> None:
    """C4: with keyframes 10 s apart a new player has one in the same write as the answer to play, unless the cache is off."""
    server = Server(nursery, server_language, "-cache", cache)
    publisher = Publisher(server)
    publisher.headers()
    publisher.video(0, key=True)
    early = Player(server)
    for n in range(1, 100):
        publisher.video(n, ms=100 * n)
    publisher.audio(0, ms=9900)
    early.until(0, AUDIO)
    late = wire.Peer(server.port, 20)
    connect(late)
    late.send(play("test"))
    data = b""
    while b"NetStream.Play.Start" not in data:
        data = late.socket.recv(1 << 20)
        assert data, "the server hung up"
    assert (wire.frame(0, True) in data) == (cache != "off")
    assert wire.AVC_HEADER in data and wire.AAC_HEADER in data and b"onMetaData" in data
    publisher.video(100, ms=10000)
    publisher.video(101, key=True, ms=10100)
    while wire.frame(101, True) not in data:
        data += late.socket.recv(65536)
    for n in range(1, 101):
        assert (wire.frame(n) in data) == (cache == "gop"), f"frame {n}"
    server.stop()


def test_everybody_gets_everything_in_order(nursery: Nursery, server_language: str) -> None:
    """C38: 500 players of one stream, of which nobody lacks a frame or gets one twice."""
    server = Server(nursery, server_language)
    publisher = Publisher(server)
    publisher.video(0, key=True)
    players = [Player(server) for _ in range(500)]
    frames = 100
    for n in range(1, frames):
        publisher.video(n, key=n % 30 == 0, ms=33 * n, size=2000)
    for player in players:
        player.until(frames - 1)
        assert player.media.got == [(VIDEO, n, 33 * n) for n in range(frames)]
        player.close()
    server.stop()


def test_a_player_that_is_stuck_is_dropped_and_harms_nobody(nursery: Nursery, server_language: str) -> None:
    """C5: it costs what it may cost at most, and then its connection ends; the others get every frame at once."""
    server = Server(nursery, server_language, "-slow", "disconnect")
    publisher = Publisher(server)
    publisher.video(0, key=True)
    others = [Player(server) for _ in range(3)]
    before = steady_descriptors(server)
    stuck, dropped = Player(server, room=4096), 0
    frames, size = 400, 60000
    for n in range(1, frames):
        if not dropped and descriptors(server) <= before:
            dropped = n
        publisher.video(n, key=n % 30 == 0, ms=33 * n, size=size)
        for player in others:
            player.until(n)
    for player in others:
        assert player.media.numbers(VIDEO) == list(range(frames))
    assert 0 < dropped * size < 16 << 20, f"dropped at frame {dropped} of {frames}"  # most of it is the kernel's
    stuck.close()
    server.stop()


def test_a_slow_player_keeps_its_audio(nursery: Nursery, server_language: str) -> None:
    """C5: held to 30 % of the rate it gets every audio packet, while its video drops to keyframes."""
    server = Server(nursery, server_language)
    publisher = Publisher(server)
    publisher.video(0, key=True)
    slow, other = Player(server, room=65536), Player(server)
    frames, size = 800, 30000
    for n in range(1, frames):
        publisher.video(n, key=n % 30 == 0, ms=33 * n, size=size)
        publisher.audio(n, ms=33 * n)
        other.until(n, AUDIO)
        with contextlib.suppress(TimeoutError):
            slow.read(3 * size // 10, 0.01)
    publisher.video(frames, key=True, ms=33 * frames)
    publisher.audio(frames, ms=33 * frames)
    slow.until(frames, AUDIO)
    assert slow.media.numbers(AUDIO) == list(range(1, frames + 1))
    video = slow.media.numbers(VIDEO)
    assert len(video) < frames // 2
    for before, after in zip(video, video[1:]):
        assert after == before + 1 or after in slow.media.keyframes, f"{after} after {before}"
    assert other.media.numbers(VIDEO) == list(range(frames))
    server.stop()


def test_a_silent_player_that_reads_lives(nursery: Nursery, server_language: str) -> None:
    """It answers no ping and acknowledges nothing, for much longer than a connection may be idle."""
    server = Server(nursery, server_language, "-idle-ms", "1000")
    publisher = Publisher(server)
    publisher.video(0, key=True)
    player = Player(server)
    for n in range(1, 70):
        publisher.video(n, ms=50 * n)
        player.until(n)
        time.sleep(0.05)
    assert player.closed(20), "nothing is sent to it, and it says nothing"
    server.stop()


def test_a_publisher_whose_link_is_mute_is_replaced(nursery: Nursery, server_language: str) -> None:
    """C7: no FIN, no reset; the same name again takes over. One that is reset comes back in time. Their players stay."""
    server = Server(nursery, server_language, "-takeover", "replace", "-grace-ms", "20000")
    player, publishers = None, []
    for turn in range(3):
        publisher = Publisher(server)
        publishers.append(publisher)
        publisher.headers()
        for n in range(10):
            publisher.video(100 * turn + n, key=n == 0, ms=40 * n)
        if player is None:
            player = Player(server)
        player.until(100 * turn + 9)
        assert len(player.media.kinds) >= 12 and player.media.kinds[-12:] == ["header", "header", "key", *["inter"] * 9]
        if (
            turn == 1
        ):  # the mute one is told, and its link ends: nobody else would do that before it is idle for too long
            assert publishers[0].read_until(b"another publisher has taken over", 10)
            assert publishers[0].closed(10)
            assert server.ended().fields["reason"] == "closed"
            publisher.reset()
    assert player is not None
    times = [ms for _, _, ms in player.media.got]
    assert player.media.numbers(VIDEO) == [100 * turn + n for turn in range(3) for n in range(10)]
    assert times == sorted(times) and times[29] >= 3 * 9 * 40
    server.stop()


def test_an_encoder_stops_and_begins_again_at_once(nursery: Nursery, server_language: str, tmp_path: Path) -> None:
    """In one breath, over the same connection: its last stream, which is being recorded, is no rival."""
    server = Server(nursery, server_language, "-record", tmp_path)
    publisher = Publisher(server)
    for turn in range(3):
        publisher.headers()
        publisher.video(turn, key=True)
        stop = wire.command("closeStream", 0, wire.NULL, stream=1)
        ask(publisher, stop + wire.publish("test"), b"NetStream.Publish.Start")
    publisher.close()
    assert len({server.ended(n).file for n in (1, 2, 3, 4)}) == 4
    server.stop()


def test_players_that_come_and_go_leave_nothing(nursery: Nursery, server_language: str) -> None:
    server = Server(nursery, server_language)
    publisher = Publisher(server)
    publisher.video(0, key=True)

    def turn(count: int) -> None:
        for i in range(count):
            player = Player(server)
            player.until(0)
            if i % 2:
                player.reset()
            else:
                player.close()

    def settled(most: int) -> int:
        deadline = time.monotonic() + 20
        while (found := descriptors(server)) > most and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def resident() -> int:
        return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096

    turn(200)
    before = steady_descriptors(server)
    warm = resident()
    turn(10_000 if TORTURE else 300)
    assert settled(before) <= before
    assert resident() - warm < 24 << 20
    server.stop()
