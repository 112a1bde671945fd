"""`python -m oxrtmp`: what its commands say to programs, on a terminal, and when something is wrong."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oxrtmp
import pytest

ROOT = Path(__file__).resolve().parents[3]
CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"
COMMAND = [sys.executable, "-X", "dev", "-W", "error", "-m", "oxrtmp"]


class Command:
    """A command that runs: its lines of JSON as they come."""

    def __init__(self, *arguments: str | Path) -> None:
        self.child = subprocess.Popen(
            [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.events: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stdout
        for line in self.child.stdout:
            with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()

    def wait(self, event: str, **fields: Any) -> dict[str, Any]:
        """The first event of that kind, and with these fields."""
        end = time.monotonic() + 20
        with self._changed:
            while True:
                for e in self.events:
                    if e["event"] == event and all(e.get(k) == v for k, v in fields.items()):
                        return e
                assert time.monotonic() < end and self._reader.is_alive(), (event, self.events)
                self._changed.wait(0.1)

    def end(self, number: int = signal.SIGINT) -> int:
        self.child.send_signal(number)
        return self.result()

    def result(self) -> int:
        code = self.child.wait(20)
        self._reader.join(5)
        assert self.child.stdout and self.child.stderr
        self.child.stdout.close()
        self.errors = self.child.stderr.read()
        self.child.stderr.close()
        return code


@pytest.fixture
def station(tmp_path: Path) -> Iterator[tuple[Command, str]]:
    """A server, and the URL of a stream there."""
    command = Command("listen", "127.0.0.1:0", "--record", tmp_path / "recorded", "--grace", "0.1", "--key", "test")
    (address,) = command.wait("listening")["addresses"]
    yield command, f"rtmp://{address}/live/test"
    if command.child.poll() is None:
        command.child.kill()
        command.result()


def tags(path: Path) -> list[tuple[int, int, bytes]]:
    with oxrtmp.FLVReader(str(path)) as reader:
        return [(p.type, p.timestamp_ms, bytes(p.raw)) for p in reader if p.type in (8, 9)]


def test_push_listen_play(station: tuple[Command, str], tmp_path: Path) -> None:
    """What is pushed is recorded, and played, as it is; programs hear of it line by line."""
    server, url = station
    pushing = Command("push", CLIP, url)
    pushing.wait("publishing")
    published = server.wait("publish", stream="live/test")
    assert published["peer"].startswith("127.0.0.1:")
    out = tmp_path / "played.flv"
    playing = Command("play", url, "-o", out)
    server.wait("play", stream="live/test")
    progress = server.wait("progress", stream="live/test", players=1)
    assert progress["kbit_s"] > 0 and progress["fps"] > 0 and progress["dropped"] == 0
    assert pushing.result() == 0, pushing.errors
    assert pushing.events[-1]["event"] == "end" and pushing.events[-1]["error"] is None
    assert playing.result() == 0, playing.errors
    assert playing.wait("end")["packets"] > 100
    recorded = Path(server.wait("recorded")["file"])
    assert tags(recorded) == tags(CLIP)
    played = tags(out)
    assert len(played) > 100 and set(played) <= set(tags(CLIP)) | set(played[:2])
    assert server.end() == 0, server.errors
    assert server.errors == pushing.errors == playing.errors == ""
    rates = [e for command in (server, pushing, playing) for e in command.events if e["event"] == "progress"]
    assert all(e["fps"] < 500 and e["kbit_s"] < 50_000 for e in rates), rates  # of the first second too


def test_play_to_the_standard_output(station: tuple[Command, str]) -> None:
    """FLV comes out, for players that read it; what is said goes to the standard error."""
    server, url = station
    pushing = Command("push", CLIP, url, "--loop")
    server.wait("publish")
    playing = subprocess.run([*COMMAND, "play", url, "-o", "-", "--seconds", "1.5"], capture_output=True, timeout=30)
    assert playing.returncode == 0, playing.stderr
    assert playing.stdout.startswith(b"FLV\x01\x05")
    with oxrtmp.FLVReader() as reader:
        reader.feed(playing.stdout)
        assert sum(p.type == 9 for p in reader) > 20
    assert {json.loads(line)["event"] for line in playing.stderr.splitlines()} == {"playing", "progress", "end"}
    gone = subprocess.run(
        f"{' '.join(COMMAND)} play {url} -o - | head -c 100 | wc -c", shell=True, capture_output=True, timeout=30
    )
    assert gone.stdout.strip() == b"100" and b"Traceback" not in gone.stderr, gone.stderr
    assert pushing.end() == 0, pushing.errors


def test_relay(station: tuple[Command, str]) -> None:
    server, url = station
    with oxrtmp.Hub() as hub, oxrtmp.Server("127.0.0.1:0", hub=hub) as other:
        pushing = Command("push", CLIP, url, "--loop")
        server.wait("publish")
        relaying = Command("relay", url, f"rtmp://{other.address}/app/copy")
        relaying.wait("relay", state="running", stream=f"1 to rtmp://{other.address}")
        relaying.wait("relay", state="running", stream="from " + url.rpartition("/live")[0])
        with oxrtmp.Client.play(f"rtmp://{other.address}/app/copy") as client:
            assert client.next_packet(10).type in (8, 9, 18)
        progress = relaying.wait("progress", state="running")
        assert progress["retries"] == 0 and "dropped" in progress
        assert all("/live/test" not in json.dumps(e) for e in relaying.events)  # paths are secrets
        assert relaying.end(signal.SIGTERM) == 0, relaying.errors
        assert pushing.end() == 0, pushing.errors


def test_probe(station: tuple[Command, str]) -> None:
    server, url = station
    pushing = Command("push", CLIP, url, "--loop")
    server.wait("publish")
    probing = subprocess.run([*COMMAND, "probe", url, "--seconds", "2"], capture_output=True, text=True, timeout=30)
    found = json.loads(probing.stdout)
    assert probing.returncode == 0 and found["rtt_ms"] > 0 and found["metadata"]["width"] > 0
    tracks = {t["type"]: t for t in found["tracks"]}
    assert tracks["video"]["codec"] == "avc1" and tracks["audio"]["codec"] == "mp4a"
    assert tracks["video"]["frames"] > 20 and tracks["video"]["configuration"].startswith("01")
    assert pushing.end() == 0, pushing.errors


def test_a_terminal_gets_words(station: tuple[Command, str]) -> None:
    """A live line that is drawn anew, and words instead of JSON."""
    server, url = station
    pushing = Command("push", CLIP, url, "--loop")
    server.wait("publish")
    for arguments, words in (
        (
            ["play", url, "--seconds", "2.5"],
            r"playing from 127\.0\.0\.1:\d+\r\n.*kbit/s +[\d.]+ fps  packets \d+.*\x1b\[1A",
        ),
        (["probe", url, "--seconds", "1"], r"video track 0: avc1, \d+ frames, "),
    ):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(COMMAND[0], [*COMMAND, *arguments])
        said = b""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if select.select([terminal], [], [], 1)[0]:
                try:
                    piece = os.read(terminal, 65536)
                except OSError:
                    break
                if not piece:
                    break
                said += piece
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        assert status == 0 and re.search(words, said.decode(), re.DOTALL), said.decode()
    assert pushing.end() == 0, pushing.errors


def test_what_goes_wrong(station: tuple[Command, str], tmp_path: Path) -> None:
    """One line on the standard error and exit code 1; no traceback."""
    server, url = station
    nothing = url.replace("/test", "/nothing")
    for arguments, words in (
        (["play", nothing], "NetStream.Play.StreamNotFound"),
        (["probe", nothing, "--seconds", "1"], "NetStream.Play.StreamNotFound"),
        (["push", CLIP, nothing], "NetStream.Publish.BadName: unauthorized"),
        (["push", tmp_path / "missing.flv", url], "missing.flv"),
        (["push", ROOT / "README.md", url], "not an FLV file of version 1; to make an FLV file: ffmpeg -i"),
        (["push", os.devnull, url], "/dev/null: there is nothing in it; to make"),
        (["play", "http://example.org/"], "URL"),
        (["listen", url.partition("//")[2].partition("/")[0]], "address already in use"),
    ):
        done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=30)
        assert done.returncode == 1, arguments
        assert done.stderr.startswith("oxrtmp: ") and words in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert server.wait("refused", stream="live/nothing")
    wrong = subprocess.run([*COMMAND, "play"], capture_output=True, text=True, timeout=30)
    assert wrong.returncode == 2 and "usage: python -m oxrtmp play" in wrong.stderr
    for arguments, words in (
        (["listen", "rtmps://127.0.0.1:0"], "need --tls-cert and --tls-key"),
        (["listen", "--tls-cert", "cert.pem"], "belong together"),
        ([], "To try it, in three terminals"),
    ):
        wrong = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30)
        assert (wrong.returncode, wrong.stdout) == (2, "") and words in wrong.stderr, wrong


def test_help_is_worth_reading() -> None:
    said = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True, timeout=30).stdout
    for command in ("listen", "play", "push", "relay", "probe"):
        assert re.search(rf"^    {command} +\S", said, re.MULTILINE), said
        more = subprocess.run([*COMMAND, command, "--help"], capture_output=True, text=True, check=True, timeout=30)
        flags = re.findall(
            r"^  (?:-\w, |-\w [A-Z]+, )?(--\w[\w-]*|[A-Z]+)(?: [A-Z]+)?( +\S.*|\n +\S.*)?$", more.stdout, re.MULTILINE
        )
        assert all(text for _, text in flags), more.stdout
        assert f"\n  python -m oxrtmp {command}" in more.stdout.partition("\nexample")[2], more.stdout
