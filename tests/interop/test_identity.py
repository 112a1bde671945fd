"""Logins of encoders, kicks that they respect, and addresses behind HAProxy, on the servers of every language."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path

import flv
import pytest
from authority import Authority
from lag import Lag
from media import Library
from peers import FFMPEG, FLV_OPTIONS, HAProxy, ffmpeg_send
from process import ROOT, Nursery
from programs import PUSH, SERVER, Server, push

CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"
USERS = "alice:s3cret,bob:hunter2"


@pytest.fixture(params=list(SERVER))
def server_language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("scheme", ["adobe", "llnw"])
def test_ffmpeg_logs_in(nursery: Nursery, server_language: str, scheme: str, tmp_path: Path, lag: Lag) -> None:
    """C11: with the right password what it sends is recorded; with a wrong one it hears so within a second."""
    server = Server(nursery, server_language, "-users", USERS, "-login", scheme, "-record", tmp_path / "recorded")

    def send(login: str, port: int) -> list[str | Path]:
        url = f"rtmp://{login}127.0.0.1:{port}/live/test"
        return [
            *FFMPEG,
            "-i",
            CLIP,
            "-t",
            "1",
            "-c",
            "copy",
            "-f",
            "flv",
            "-flvflags",
            FLV_OPTIONS.partition("=")[2],
            url,
        ]

    nursery.start(send("alice:s3cret@", server.port)).succeed(30)
    assert server.ended().number("packets") > 30
    assert flv.read(server.ended().file)
    for login in ("alice:wrong@", "carol:s3cret@", ""):
        watch = Forwarder("127.0.0.1", server.port)
        refused = nursery.start(send(login, watch.port))
        assert refused.wait(20) != 0
        took = watch.ended - watch.begun
        watch.close()
        words = (
            "authfailed",
            "sername/password",
            "no credentials",
            "nosuchuser",
            "Operation not permitted",
            "need auth",
        )
        assert any(word in refused.output for word in (*words, "authmod=")), str(refused)
        # From ffmpeg's first connection to where it gives the last one up.
        assert 0 < took < 1 + 20 * lag.take(), f"{login or 'no login'}: {took:.2f} s"
    assert sum(line.startswith("publish ") for line in server.process.lines) == 1
    server.stop()


@pytest.mark.parametrize("scheme", ["adobe", "llnw"])
@pytest.mark.parametrize("language", list(PUSH))
def test_push_logs_in(nursery: Nursery, language: str, scheme: str) -> None:
    """C11, D34: our clients, at the server of another language; a wrong password is an error within a second."""
    languages = list(SERVER)
    other = languages[(languages.index(language) + 1) % len(languages)]
    server = Server(nursery, other, "-users", USERS, "-login", scheme)
    address = f"127.0.0.1:{server.port}/live/test"
    push(nursery, language, CLIP, f"rtmp://bob:hunter2@{address}", "-fast").succeed(30)
    server.ended()
    took = []
    for login in ("bob:wrong@", ""):
        begun = time.monotonic()
        refused = push(nursery, language, CLIP, f"rtmp://{login}{address}", "-fast")
        assert refused.wait(20) == 1
        took.append(time.monotonic() - begun)
        assert "auth" in refused.lines[-1].lower(), str(refused)
    assert min(took) < 3, took  # with the program's own beginning; the test of each package holds it to a second
    server.stop()


def test_gstreamer_logs_in(nursery: Nursery, server_language: str) -> None:
    """C11: rtmp2sink knows adobe's scheme."""
    server = Server(nursery, server_language, "-users", USERS)

    def publish(password: str) -> list[str]:
        return ["gst-launch-1.0", "-q", "videotestsrc", "num-buffers=30", "!", "video/x-raw,width=160,height=90,framerate=30/1",
                "!", "x264enc", "threads=1", "speed-preset=ultrafast", "!", "flvmux", "streamable=true", "!",
                "rtmp2sink", f"location=rtmp://alice:{password}@127.0.0.1:{server.port}/live/test"]  # fmt: skip

    nursery.start(publish("s3cret")).succeed(30)
    assert server.ended().number("video") >= 30
    assert nursery.start(publish("wrong")).wait(20) != 0
    assert sum(line.startswith("publish ") for line in server.process.lines) == 1
    server.stop()


def test_ffmpeg_respects_a_kick(nursery: Nursery, server_language: str, library: Library) -> None:
    """A publisher whose place another one has taken is told NetStream.Publish.BadName, and goes."""
    server = Server(nursery, server_language, "-takeover", "replace")
    clip = library.clip("h264", "aac")
    first = ffmpeg_send(nursery, clip, server.url())
    server.published(1)
    second = ffmpeg_send(nursery, clip, server.url())
    server.published(2)
    assert first.wait(20) != 0
    assert "another publisher has taken over" in first.output, str(first)
    assert second.running
    time.sleep(1)
    assert sum(line.startswith("publish ") for line in server.process.lines) == 2
    server.stop()


class Forwarder:
    """Connects on behalf of whom connects to it, from an address of its own."""

    def __init__(self, source: str, port: int):
        self.source, self.to = source, port
        self.addresses: list[str] = []
        self.begun = self.ended = 0.0  # when the first came, and when the latest hung up
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.begun = self.begun or time.monotonic()
                server = socket.create_connection(("127.0.0.1", self.to), source_address=(self.source, 0))
                self.addresses.append("{}:{}".format(*server.getsockname()))
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._copy, args=(one, other, one is client), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket, client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        if client:
            self.ended = time.monotonic()
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listener.close()


def test_haproxy(nursery: Nursery, server_language: str, authority: Authority, tmp_path: Path) -> None:
    """C19: in front of two servers, with RTMP and RTMPS, each knows the addresses of its clients."""
    certificate = authority.issue("localhost")
    servers = [
        Server(
            nursery, server_language, "-proxy-from", "127.0.0.1/32,10.0.0.0/8", "-tls-cert", certificate.certificate,
            "-tls-key", certificate.key, listen="127.0.0.1:0,rtmps://127.0.0.1:0",
        )
        for _ in range(2)
    ]  # fmt: skip
    secure = [int(s.process.lines[0].rpartition(":")[2]) for s in servers]
    front = HAProxy(nursery, tmp_path, [[s.port for s in servers], secure])
    for nth, scheme in enumerate(("rtmp", "rtmps")):
        for source in ("127.0.0.2", "127.0.0.3"):  # one for each server
            forwarder = Forwarder(source, front.ports[nth])
            url = f"{scheme}://localhost:{forwarder.port}/live/{scheme}"  # the stream before may not have ended yet
            push(nursery, "go", CLIP, url, "-fast", "-ca", str(authority.file)).succeed(30)
            forwarder.close()
            assert forwarder.addresses
            deadline = time.monotonic() + 10
            while not any(f" from {forwarder.addresses[-1]} " in line for s in servers for line in s.process.lines):
                assert time.monotonic() < deadline, f"{forwarder.addresses}\n{servers[0].process}\n{servers[1].process}"
                time.sleep(0.02)
    for server in servers:
        assert sum(line.startswith("publish ") for line in server.process.lines) == 2, str(server.process)
    refused = push(nursery, "go", CLIP, servers[0].url(), "-fast")  # it may say for whom, and does not
    assert refused.wait(20) == 1
    unlisted = Server(nursery, server_language, "-proxy-from", "10.0.0.0/8")
    stranger = HAProxy(nursery, tmp_path / "stranger", [[unlisted.port]])
    assert push(nursery, "go", CLIP, f"rtmp://127.0.0.1:{stranger.ports[0]}/live/test", "-fast").wait(20) == 1
    for server in (*servers, unlisted):
        server.stop()
    assert not any(line.startswith("publish ") for line in unlisted.process.lines)
