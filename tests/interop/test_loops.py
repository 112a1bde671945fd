"""The same work on calls that wait, on queues in three event loops, and on engines with sockets of their own: what is
recorded is the same, to the last byte."""

from __future__ import annotations

import os
import pty
import socket
import threading
import tty
from pathlib import Path

import flv
import pytest
from media import Library
from peers import FFMPEG
from process import BUILD, ROOT, Nursery, Process, free_port
from programs import Ingest, Server
from wire import CREATE, NULL, Peer, command, connect, frame, message, number, publish

CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"
LOOPS = [
    BUILD / "bin" / f"{name}-c"
    for name in ("epoll_loop", "uv_loop", "asio_loop", "engine_epoll", "engine_uv", "engine_asio")
]


def frames(file: Path) -> list[tuple[int, str]]:
    return [(t.type, t.digest) for t in flv.media(flv.read(file))]


def same(files: dict[str, Path], source: Path = CLIP) -> None:
    """All files are the same, and hold the source's frames."""
    contents = {name: file.read_bytes() for name, file in files.items()}
    first = next(iter(contents))
    different = [name for name, data in contents.items() if data != contents[first]]
    assert not different, f"not as {first}: {different}, {[str(files[d]) for d in different]}"
    assert len(contents) > 1 and frames(files[first]) == frames(source)


def encode(nursery: Nursery, url: str) -> None:
    nursery.start([*FFMPEG, "-i", CLIP, "-c", "copy", "-f", "flv", url]).succeed(30)


def distributor(nursery: Nursery) -> Server:
    """A server whose players wait for the publisher, and then get everything."""
    return Server(nursery, "c", "-wait", "-slow", "block")


def listening(nursery: Nursery, *argv: str | Path) -> tuple[Process, str]:
    server = nursery.start(argv)
    return server, server.wait_line(lambda line: line.startswith("listening on "), 20).split()[-1]


def test_ingest(nursery: Nursery, tmp_path: Path) -> None:
    blocking = Ingest(nursery, "c", tmp_path / "blocking")
    encode(nursery, blocking.url())
    files = {"blocking": blocking.ended().file}
    blocking.stop()
    variants = [(program.name, [program]) for program in LOOPS]
    variants.append(("handshake apart", [BUILD / "bin/engine_epoll-c", "-apart"]))
    for name, program in variants:
        server, address = listening(nursery, *program, "ingest", "127.0.0.1:0", tmp_path / name)
        encode(nursery, f"rtmp://{address}/live/test")
        server.wait_line(lambda line: line == "end test", 20)
        assert server.interrupt() == 0, str(server)
        files[name] = tmp_path / name / "test.flv"
    same(files)


def test_play(nursery: Nursery, tmp_path: Path) -> None:
    server = distributor(nursery)
    variants = [("blocking", [BUILD / "bin/pull-c"]), *((program.name, [program, "pull"]) for program in LOOPS)]
    files = {name: tmp_path / f"{name}.flv" for name, _ in variants}
    players = [nursery.start([*program, server.url(), files[name]]) for name, program in variants]
    server.played(len(players))
    encode(nursery, server.url())
    for player in players:
        player.succeed(20)
    server.stop()
    same(files)


def test_relay(nursery: Nursery, tmp_path: Path) -> None:
    server, target = distributor(nursery), Ingest(nursery, "c", tmp_path)
    variants = [("blocking", [BUILD / "bin/restream-c"]), *((program.name, [program, "relay"]) for program in LOOPS)]
    relays = [nursery.start([*program, server.url(), target.url(name)]) for name, program in variants]
    server.played(len(relays))
    encode(nursery, server.url())
    for relay in relays:
        relay.succeed(20)
    ends = [target.ended(n + 1) for n in range(len(relays))]
    server.stop()
    target.stop()
    same({end.stream: end.file for end in ends})


@pytest.mark.parametrize("program", LOOPS, ids=lambda program: program.stem)
def test_what_fails_is_told(nursery: Nursery, tmp_path: Path, program: Path) -> None:
    """Nobody listens; nobody plays: exit code 1, and why."""
    nobody = f"rtmp://127.0.0.1:{free_port()}/live/test"
    server, address = listening(nursery, BUILD / "bin/server-c", "-listen", "127.0.0.1:0")
    missing = f"rtmp://{address}/live/none"
    for count, url in enumerate((nobody, missing)):
        failed = nursery.start([program, "pull", url, tmp_path / f"{count}.flv"])
        assert failed.wait(20) == 1, str(failed)
    assert "no such stream" in failed.output, str(failed)
    failed = nursery.start([program, "relay", missing, nobody])
    assert failed.wait(20) == 1, str(failed)


def publishing(address: str, name: str | bytes) -> Peer:
    """A peer on whose first message stream name is published, or refused."""
    peer = Peer(int(address.rsplit(":", 1)[1]))
    peer.shake()
    peer.send(connect() + CREATE + publish(name))
    assert peer.read_until(b"NetStream.Publish.", 10)
    return peer


@pytest.mark.parametrize("program", LOOPS, ids=lambda program: program.stem)
def test_a_peer_s_fault_is_its_own(nursery: Nursery, tmp_path: Path, program: Path) -> None:
    """Streams that cannot be recorded, two on one connection, and a name for the terminal: the others go on."""
    no_directory = tmp_path / "file"
    no_directory.touch()
    server, address = listening(nursery, program, "ingest", "127.0.0.1:0", no_directory)
    for _ in range(2):
        publishing(address, "test").close()
    assert server.interrupt() == 0, str(server)
    server, address = listening(nursery, program, "ingest", "127.0.0.1:0", tmp_path)
    peer = publishing(address, "first")
    peer.send(CREATE + publish("second", 2) + message(9, frame(0, True), 1) + message(9, frame(0, True), 2))
    peer.send(command("deleteStream", 6, NULL, number(1)) + message(9, frame(1, True), 2) * 3)
    server.wait_line(lambda line: line == "end first", 20)
    peer.close()
    named = publishing(address, "a\u009b2J\x1b[31m")
    named.send(message(9, frame(0, True), 1))
    named.close()
    server.wait_line(lambda line: line == "end a?2J?[31m", 20)
    assert server.interrupt() == 0, str(server)


def test_engines_and_a_hub(nursery: Nursery, library: Library, tmp_path: Path) -> None:
    """A live server of nothing but engines: ffmpeg publishes, and ffmpeg and our pull play to the end."""
    server, address = listening(nursery, BUILD / "bin/engine_epoll-c", "serve", "127.0.0.1:0", "-1")
    url = f"rtmp://{address}/live/test"
    source = library.clip("h264", "aac")
    encoder = nursery.start([*FFMPEG, "-re", "-i", source, "-c", "copy", "-f", "flv", url])
    files = [tmp_path / "ffmpeg.flv", tmp_path / "pull.flv"]
    for _ in range(100):  # until the stream is there
        ours = nursery.start([BUILD / "bin/pull-c", url, files[1]])
        if ours.wait_line(lambda line: line.startswith(("playing ", "pull: ")), 10).startswith("playing "):
            break
        ours.wait(10)
    theirs = nursery.start([*FFMPEG, "-i", url, "-c", "copy", "-f", "flv", files[0]])
    encoder.succeed(60)
    ours.succeed(30)
    theirs.wait(30)
    sent = [t.digest for t in flv.media(flv.read(source)) if t.type == flv.VIDEO]
    for file in files:
        got = [t.digest for t in flv.media(flv.read(file)) if t.type == flv.VIDEO]
        assert len(got) > 20 and got[1:] == sent[-len(got) + 1 :], file  # before them there are the headers
    assert server.interrupt() == 0, str(server)


@pytest.mark.parametrize("capture", sorted((ROOT / "testdata/captures").glob("*.json")), ids=lambda path: path.stem)
def test_a_file_byte_by_byte(nursery: Nursery, tmp_path: Path, capture: Path) -> None:
    """What an encoder once sent, from a file: the tags that it wrote itself result."""
    nursery.start([BUILD / "bin/engine_file-c", capture.with_suffix(".bin"), tmp_path]).succeed(60)
    (file,) = tmp_path.glob("*.flv")
    nursery.start([ROOT / "tests/c/compare", capture, file]).succeed(20)


# ---- a serial line ----


class Line:
    """Two terminals, each of which gets what is written to the other."""

    def __init__(self) -> None:
        (self._one, first), (self._other, second) = pty.openpty(), pty.openpty()
        self.first, self.second = os.ttyname(first), os.ttyname(second)
        self._held = [first, second]
        for terminal in self._held:
            tty.setraw(terminal)

    def connect(self) -> None:
        for source, target in ((self._one, self._other), (self._other, self._one)):
            threading.Thread(
                target=pump, args=(lambda s=source: os.read(s, 4096), lambda d, t=target: write_all(t, d)), daemon=True
            ).start()

    def close(self) -> None:
        for fd in (*self._held, self._one, self._other):
            os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def pump(read, write) -> None:  # type: ignore[no-untyped-def]
    try:
        while data := read():
            write(data)
    except OSError:
        pass  # closed


@pytest.mark.parametrize("flags", [[], ["-shaken"]], ids=["handshake", "shaken"])
def test_a_serial_line(nursery: Nursery, tmp_path: Path, flags: list[str]) -> None:
    """A clip over two pseudo-terminals, from engine to engine."""
    line = Line()
    receiver = nursery.start([BUILD / "bin/engine_serial-c", *flags, "ingest", line.first, tmp_path])
    receiver.wait_line(lambda text: text == "ready", 10)
    line.connect()
    nursery.start([BUILD / "bin/engine_serial-c", *flags, "push", line.second, CLIP]).succeed(30)
    receiver.wait_line(lambda text: text == "end serial", 10)
    assert frames(tmp_path / "serial.flv") == frames(CLIP)
    receiver.end()
    line.close()


def test_an_encoder_behind_a_serial_line(nursery: Nursery, tmp_path: Path) -> None:
    """What ffmpeg says on a socket goes over a terminal to the engine, and its answers back."""
    master, slave = pty.openpty()
    receiver = nursery.start([BUILD / "bin/engine_serial-c", "ingest", os.ttyname(slave), tmp_path])
    receiver.wait_line(lambda text: text == "ready", 10)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        encoder = nursery.start(
            [*FFMPEG, "-i", CLIP, "-c", "copy", "-f", "flv", f"rtmp://127.0.0.1:{listener.getsockname()[1]}/live/far"]
        )
        listener.settimeout(20)
        connection, _ = listener.accept()
    connection.settimeout(None)
    for arguments in (
        (lambda: connection.recv(4096), lambda data: write_all(master, data)),
        (lambda: os.read(master, 4096), connection.sendall),
    ):
        threading.Thread(target=pump, args=arguments, daemon=True).start()
    encoder.succeed(30)
    receiver.wait_line(lambda text: text == "end far", 10)
    assert frames(tmp_path / "far.flv") == frames(CLIP)
    receiver.end()
    connection.close()
    os.close(slave)
    os.close(master)
