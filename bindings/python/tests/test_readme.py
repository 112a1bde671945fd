"""The programs in README.md, as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import oxrtmp
import pytest
from conftest import ROOT, Collector, until

README = ROOT / "bindings/python/README.md"
ADDRESS = "127.0.0.1:1935"


def programs() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def program(*words: str) -> str:
    found = [p for p in programs() if all(word in p for word in words)]
    assert len(found) == 1, f"{len(found)} programs with {words}"
    return found[0]


def free_port() -> int:
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


@pytest.mark.parametrize("word", ["oxrtmp.Server(", "oxrtmp.aio.Server("])
def test_server(tmp_path: Path, word: str) -> None:
    port = free_port()
    script = tmp_path / "server.py"
    script.write_text(program(word, "reject").replace(ADDRESS, f"127.0.0.1:{port}"))
    child = subprocess.Popen(
        [sys.executable, "-u", "-X", "dev", "-W", "error", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(port)
        with pytest.raises(oxrtmp.RefusedError, match="unauthorized"):
            oxrtmp.Client.publish(f"rtmp://127.0.0.1:{port}/live/wrong")
        with oxrtmp.Client.publish(f"rtmp://127.0.0.1:{port}/live/secret") as client:
            client.send_video(0, True, b"12345")
            client.send_audio(10, b"123")
        assert child.stdout
        assert child.stdout.readline() == "0 0 avc1 5\n"
        assert child.stdout.readline() == "10 0 mp4a 3\n"
        child.send_signal(2)
        _, err = child.communicate(timeout=5)
        assert err.rstrip().endswith("KeyboardInterrupt")
    finally:
        child.kill()
        child.communicate()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            oxrtmp.Client.publish(f"rtmp://127.0.0.1:{port}/live/probe", timeout=5).close()
        except oxrtmp.RefusedError:
            return
        except oxrtmp.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("word", ["oxrtmp.Client.publish", "oxrtmp.aio.Client.publish"])
def test_client(collector: Collector, tmp_path: Path, word: str) -> None:
    source = program(word, "send_video_sequence_header")
    names = "avcc = asc = nalus = aac = b'xyz'\ntimestamp_ms, keyframe = 40, True\n"
    script = tmp_path / "client.py"
    script.write_text(names + source.replace("127.0.0.1/live", f"{collector.server.address}/live"))
    subprocess.run([sys.executable, "-X", "dev", "-W", "error", script], check=True, timeout=20)
    until(lambda: len(collector.packets) == 4)
    assert [p.kind.name for p in collector.packets] == ["SEQUENCE_HEADER", "SEQUENCE_HEADER", "FRAME", "FRAME"]


def test_files(tmp_path: Path) -> None:
    """One program records what the other sends."""
    clip = ROOT / "testdata/flv/sample-h264-aac.flv"
    port = free_port()
    scripts = []
    for name, words in (("record", ("Recorder",)), ("send", ("FLVReader", "Client.publish"))):
        source = program(*words).replace("clip.flv", str(clip)).replace('"/tmp"', f'"{tmp_path}"')
        scripts.append(tmp_path / f"{name}.py")
        scripts[-1].write_text(source.replace(ADDRESS, f"127.0.0.1:{port}").replace("127.0.0.1/", f"127.0.0.1:{port}/"))
    flags = [sys.executable, "-X", "dev", "-W", "error"]
    recording = subprocess.Popen([*flags, scripts[0]])
    until(lambda: subprocess.run([*flags, scripts[1]], capture_output=True, check=False).returncode == 0)
    assert recording.wait(20) == 0
    with oxrtmp.FLVReader(clip) as want, oxrtmp.FLVReader(tmp_path / "secret.flv") as got:
        recorded = [(p.type, p.timestamp_ms, bytes(p.raw)) for p in got][1:]
        assert recorded == [(p.type, p.timestamp_ms, bytes(p.raw)) for p in want]


def test_playing(tmp_path: Path) -> None:
    """One program plays what the other serves."""
    clip = ROOT / "testdata/flv/sample-h264-aac.flv"
    port = free_port()
    for name, words in (("serve", ("FLVReader", "ask_play")), ("play", ("Client.play",))):
        source = program(*words).replace("clip.flv", str(clip)).replace(ADDRESS, f"127.0.0.1:{port}")
        (tmp_path / f"{name}.py").write_text(source.replace("127.0.0.1/", f"127.0.0.1:{port}/"))
    flags = [sys.executable, "-X", "dev", "-W", "error"]
    serving = subprocess.Popen([*flags, tmp_path / "serve.py"])
    played = ""

    def play() -> bool:
        nonlocal played
        done = subprocess.run([*flags, tmp_path / "play.py"], capture_output=True, text=True, check=False)
        played = done.stdout
        return done.returncode == 0

    until(play)
    assert serving.wait(20) == 0
    with oxrtmp.FLVReader(clip) as want:
        lines = [f"{p.timestamp_ms} {p.codec} {p.size}" for p in want if p.type != 18]
    assert [line for line in played.splitlines() if len(line.split()) == 3] == lines


def test_restream(tmp_path: Path) -> None:
    """Two servers get what is published, and it is said how they fare."""
    port = free_port()
    with (
        oxrtmp.Hub() as a, oxrtmp.Server("127.0.0.1:0", hub=a) as first,
        oxrtmp.Hub() as b, oxrtmp.Server("127.0.0.1:0", hub=b) as second,
    ):  # fmt: skip
        source = program("TARGETS").replace(ADDRESS, f"127.0.0.1:{port}")
        source = source.replace("rtmp://a.example", f"rtmp://{first.address}")
        (tmp_path / "restream.py").write_text(source.replace("rtmps://b.example", f"rtmp://{second.address}"))
        child = subprocess.Popen(
            [sys.executable, "-u", "-X", "dev", "-W", "error", tmp_path / "restream.py"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            publishers: list[oxrtmp.Client] = []
            until(lambda: publishers.append(p) or p if (p := published(port)) else None)
            with publishers[0] as publisher:
                publisher.send_video(0, True, b"12345")
                for hub in (a, b):
                    until(lambda hub=hub: ("app", "key") in hub.streams())  # type: ignore[misc]
                assert child.stdout
                until(lambda: child.stdout and child.stdout.readline().startswith("RUNNING 1 packets"))
            child.send_signal(2)
            assert child.communicate(timeout=10)[1].rstrip().endswith("KeyboardInterrupt")
        finally:
            child.kill()
            child.communicate()


def published(port: int) -> oxrtmp.Client | None:
    try:
        return oxrtmp.Client.publish(f"rtmp://127.0.0.1:{port}/live/secret", timeout=5)
    except oxrtmp.ConnectionError:
        return None


def test_live_server(tmp_path: Path) -> None:
    port = free_port()
    script = tmp_path / "live.py"
    script.write_text(program("oxrtmp.Hub(", "signal").replace(ADDRESS, f"127.0.0.1:{port}"))
    child = subprocess.Popen([sys.executable, "-X", "dev", "-W", "error", script], stderr=subprocess.PIPE, text=True)
    url = f"rtmp://127.0.0.1:{port}/live/x"

    def publish() -> oxrtmp.Client | None:
        try:
            return oxrtmp.Client.publish(url, timeout=5)
        except oxrtmp.ConnectionError:
            return None

    try:
        publishers: list[oxrtmp.Client] = []
        until(lambda: publishers.append(p) or p if (p := publish()) else None)
        with publishers[0] as publisher:
            publisher.send_video(0, True, b"12345")
            with oxrtmp.Client.play(url) as player:
                assert bytes(next(p for p in player if p.type == 9).data) == b"12345"
        child.send_signal(2)
        assert child.communicate(timeout=10)[1].rstrip().endswith("KeyboardInterrupt")
    finally:
        child.kill()
        child.communicate()


def test_hooks(tmp_path: Path) -> None:
    port = free_port()
    script = tmp_path / "hooks.py"
    script.write_text(program("oxrtmp.Hooks(").replace(ADDRESS, f"127.0.0.1:{port}"))
    child = subprocess.Popen(
        [sys.executable, "-u", "-X", "dev", "-W", "error", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(port)
        with pytest.raises(oxrtmp.RefusedError, match="unauthorized"):
            oxrtmp.Client.publish(f"rtmp://127.0.0.1:{port}/live/wrong")
        oxrtmp.Client.publish(f"rtmp://127.0.0.1:{port}/live/secret").close()
        assert child.stdout
        assert child.stdout.readline().startswith("secret has ended: ")
        child.send_signal(2)
        _, err = child.communicate(timeout=5)
        assert err.rstrip().endswith("KeyboardInterrupt")
    finally:
        child.kill()
        child.communicate()


def test_every_program_is_tested() -> None:
    assert len(programs()) == 11
