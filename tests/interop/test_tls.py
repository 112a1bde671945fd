"""RTMPS: encoders, players and servers of others, and certificates that are good, bad, and exchanged under live streams."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import flv
import pytest
from authority import Authority, Certificate, shown
from media import AUDIO, ENCODE, VIDEO, Library
from peers import FFMPEG, FLV_OPTIONS, Nginx, NginxFront
from players import frames
from process import ROOT, Nursery, Process
from programs import Server, parse_end, pull, push

# Languages whose programs know rtmps. The other languages' packages add theirs here.
LANGUAGES = ["go", "c", "python", "python-aio", "node"]
CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"


@pytest.fixture(params=LANGUAGES)
def tls_language(request: pytest.FixtureRequest) -> str:
    return request.param


class SecureServer(Server):
    """A server that records, and has the name localhost."""

    def __init__(self, nursery: Nursery, language: str, certificate: Certificate, *flags: str | Path):
        super().__init__(
            nursery, language, "-tls-cert", certificate.certificate, "-tls-key", certificate.key, *flags,
            listen="rtmps://127.0.0.1:0",
        )  # fmt: skip
        assert self.address.startswith("rtmps://127.0.0.1:")

    def url(self, name: str = "test", app: str = "live") -> str:
        return f"rtmps://localhost:{self.port}/{app}/{name}"


def ffmpeg_publish(
    nursery: Nursery, url: str, ca: Path, copy: Path, seconds: float = 3, realtime: bool = False
) -> Process:
    """Debian's ffmpeg, by GnuTLS, verifies the server and publishes; the same muxer writes a copy."""
    pace = ["-re"] if realtime else []
    return nursery.start(
        [*FFMPEG, *pace, *VIDEO, *pace, *AUDIO, "-map", "0:v", "-map", "1:a", "-t", str(seconds),
         *ENCODE["h264"], *ENCODE["aac"], "-flags", "+global_header",
         "-f", "tee", f"[f=flv:{FLV_OPTIONS}:tls_verify=1:ca_file={ca}]{url}|[f=flv:{FLV_OPTIONS}]{copy}"]
    )  # fmt: skip


def test_ffmpeg_publishes(nursery: Nursery, tls_language: str, authority: Authority, tmp_path: Path) -> None:
    server = SecureServer(nursery, tls_language, authority.issue("localhost"), "-record", tmp_path / "recorded")
    copy = tmp_path / "sent.flv"
    ffmpeg_publish(nursery, server.url(), authority.file, copy).succeed(60)
    assert flv.difference(flv.media(flv.read(copy)), flv.media(flv.read(server.ended().file))) == ""
    server.stop()


def test_ffmpeg_does_not_trust_everybody(nursery: Nursery, authority: Authority, tmp_path: Path) -> None:
    """What shows that ffmpeg did verify: one who knows another authority does not publish."""
    stranger = Authority(nursery, tmp_path, "stranger")
    server = SecureServer(nursery, "go", authority.issue("localhost"))
    refused = ffmpeg_publish(nursery, server.url(), stranger.file, tmp_path / "sent.flv")
    refused.wait(30)
    assert "Peer certificate failed verification" in refused.output
    assert not any(line.startswith("publish ") for line in server.process.lines), str(server.process)
    server.stop()


def test_gstreamer_publishes(nursery: Nursery, tls_language: str, authority: Authority, tmp_path: Path) -> None:
    """rtmp2sink knows the system's authorities only: it refuses ours, and takes it when it is told not to verify."""
    server = SecureServer(nursery, tls_language, authority.issue("localhost"), "-record", tmp_path / "recorded")
    copy = tmp_path / "sent.flv"

    def publish(*sink: str) -> Process:
        return nursery.start(
            ["gst-launch-1.0", "-q", "videotestsrc", "num-buffers=60", "!", "video/x-raw,width=320,height=180,framerate=30/1",
             "!", "x264enc", "key-int-max=30", "threads=1", "speed-preset=ultrafast", "!", "flvmux", "streamable=true", "!",
             "tee", "name=t", "!", "queue", "!", "filesink", f"location={copy}",
             "t.", "!", "queue", "!", "rtmp2sink", f"location={server.url()}", *sink]
        )  # fmt: skip

    assert publish().wait(30) != 0
    publish("tls-validation-flags=no-flags").succeed(60)
    assert flv.difference(flv.media(flv.read(copy)), flv.media(flv.read(server.ended().file))) == ""
    server.stop()


def test_players(nursery: Nursery, tls_language: str, authority: Authority, tmp_path: Path) -> None:
    """ffmpeg and our pull play over TLS what our push publishes over TLS."""
    server = SecureServer(nursery, tls_language, authority.issue("localhost"), "-wait", "-slow", "block")
    by_ffmpeg, by_pull = tmp_path / "ffmpeg.flv", tmp_path / "pull.flv"
    player = nursery.start(
        [
            *FFMPEG,
            "-tls_verify",
            "1",
            "-ca_file",
            authority.file,
            "-i",
            server.url(),
            "-c",
            "copy",
            "-f",
            "flv",
            by_ffmpeg,
        ]
    )
    pulling = pull(nursery, tls_language, server.url(), by_pull, "-ca", str(authority.file))
    server.played(2)
    push(nursery, tls_language, CLIP, server.url(), "-fast", "-ca", str(authority.file)).succeed(30)
    player.succeed(30)
    pulling.succeed(30)
    want = [t.digest for t in frames(flv.read(CLIP))]
    pulled = parse_end(next(line for line in pulling.lines if line.startswith("end "))).file
    assert [t.digest for t in frames(flv.read(pulled))] == want
    assert sorted(t.digest for t in frames(flv.read(by_ffmpeg))) == sorted(want)  # it interleaves anew
    server.stop()


def test_push_to_nginx(
    nursery: Nursery, tls_language: str, library: Library, authority: Authority, tmp_path: Path
) -> None:
    """nginx ends TLS in front of nginx-rtmp: what we push through it is recorded, what we pull through it comes."""
    certificate = authority.issue("localhost")
    backend = Nginx(nursery, tmp_path / "nginx")
    front = NginxFront(nursery, tmp_path / "front", backend.port, certificate.certificate, certificate.key)
    clip = library.clip("h264", "aac")
    push(nursery, tls_language, clip, front.url("pushed"), "-ca", str(authority.file)).succeed(30)
    want = [(t.timestamp, t.digest) for t in frames(flv.read(clip))]
    assert [(t.timestamp, t.digest) for t in frames(flv.read(backend.recorded("pushed")))] == want

    pushing = push(nursery, tls_language, clip, front.url("played"), "-loop", "-ca", str(authority.file))
    file = tmp_path / "pulled.flv"
    deadline = time.monotonic() + 20
    while True:  # nginx lets players wait for their publisher
        pulling = pull(nursery, tls_language, front.url("played"), file, "-seconds", "1", "-ca", str(authority.file))
        if pulling.wait(30) == 0 or time.monotonic() > deadline:
            break
    pulled = parse_end(next(line for line in pulling.lines if line.startswith("end "))).file
    assert {t.digest for t in frames(flv.read(pulled))} <= {d for _, d in want}
    assert len(frames(flv.read(pulled))) > 30
    pushing.interrupt()


@pytest.mark.parametrize(
    ("names", "days", "known", "reason"),
    [
        pytest.param(["elsewhere.example"], 1, True, "valid for elsewhere.example, not localhost", id="wrong name"),
        pytest.param(["localhost"], -1, True, "has expired", id="expired"),
        pytest.param(["localhost"], 1, False, "unknown authority", id="unknown authority"),
    ],
)
def test_push_refuses(
    nursery: Nursery, tls_language: str, tmp_path: Path, authority: Authority,
    names: list[str], days: int, known: bool, reason: str,
) -> None:  # fmt: skip
    """D35: a server that cannot be trusted gets no byte of the stream; the error says what is wrong with it."""
    certificate = authority.issue(*names, days=days)
    backend = Nginx(nursery, tmp_path / "nginx")
    front = NginxFront(nursery, tmp_path / "front", backend.port, certificate.certificate, certificate.key)
    trusted = authority if known else Authority(nursery, tmp_path, "stranger")
    refused = push(nursery, tls_language, CLIP, front.url("pushed"), "-ca", str(trusted.file))
    assert refused.wait(20) == 1
    assert reason in refused.lines[-1] and "tls" in refused.lines[-1], str(refused)
    push(nursery, tls_language, CLIP, front.url("pushed"), "-fast", "-insecure").succeed(30)


def test_certificate_is_exchanged(nursery: Nursery, authority: Authority, tmp_path: Path) -> None:
    """C18: a publisher and a player go on when the certificate is exchanged; who comes next sees the new one."""
    old, new = authority.issue("localhost"), authority.issue("localhost")
    server = SecureServer(nursery, "go", old, "-record", tmp_path / "recorded")
    copy, pulled = tmp_path / "sent.flv", tmp_path / "pulled.flv"
    encoder = ffmpeg_publish(nursery, server.url(), authority.file, copy, seconds=6, realtime=True)
    server.published()
    playing = pull(nursery, "go", server.url(), pulled, "-ca", str(authority.file))
    server.played()
    assert shown(nursery, server.port, tmp_path) == 2
    old.certificate.write_bytes(new.certificate.read_bytes())
    old.key.write_bytes(new.key.read_bytes())
    server.process.signal(signal.SIGHUP)
    server.process.wait_line(lambda line: line == "the certificate is new", 10)
    assert shown(nursery, server.port, tmp_path) == 3
    assert encoder.running and playing.running
    encoder.succeed(60)
    playing.succeed(30)
    assert flv.difference(flv.media(flv.read(copy)), flv.media(flv.read(server.ended().file))) == ""
    server.stop()
