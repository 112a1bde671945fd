"""The programs of others that publish to us and receive from us."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from media import AUDIO, ENCODE, SECONDS, VIDEO
from process import BUILD, Nursery, Process, free_port, wait_listening

FFMPEG = ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", "-y"]
HERE = Path(__file__).parent
NODE_AV = BUILD / "node-peers"
# A file's duration and size are patched into its onMetaData at the end, which a stream cannot have.
FLV_OPTIONS = "flvflags=no_duration_filesize"


def ffmpeg_publish(
    nursery: Nursery,
    url: str,
    copy: Path,
    video: str,
    audio: str,
    *options: str,
    seconds: float = SECONDS,
    realtime: bool = False,
) -> Process:
    """Debian's ffmpeg encodes, publishes, and writes what it publishes into a file as well."""
    pace = ["-re"] if realtime else []
    return nursery.start(
        [*FFMPEG, *pace, *VIDEO, *pace, *AUDIO, "-map", "0:v", "-map", "1:a", "-t", str(seconds),
         *ENCODE[video], *ENCODE[audio], "-flags", "+global_header", *options,
         "-f", "tee", f"[f=flv:{FLV_OPTIONS}]{url}|[f=flv:{FLV_OPTIONS}]{copy}"]
    )  # fmt: skip


def ffmpeg_send(nursery: Nursery, clip: Path, url: str, *options: str) -> Process:
    """Debian's ffmpeg publishes a clip as it is, in real time."""
    return nursery.start([*FFMPEG, "-re", "-stream_loop", "-1", *options, "-i", clip, "-c", "copy", "-f", "flv", url])


def gstreamer_publish(
    nursery: Nursery, url: str, copy: Path, video: str, audio: str, frames: int = 90, size: tuple[int, int] = (320, 180)
) -> Process:
    """GStreamer's rtmp2sink publishes what goes into a file as well."""
    # A buffer of audiotestsrc holds 1024 samples at 44.1 kHz: as many as fill the frames' time at 30 per second.
    samples = frames * 44100 // 30 // 1024
    return nursery.start(
        ["gst-launch-1.0", "-q",
         "videotestsrc", f"num-buffers={frames}", "!",
         f"video/x-raw,width={size[0]},height={size[1]},framerate=30/1", "!",
         *video.split(), "!", "flvmux", "streamable=true", "name=m", "!", "tee", "name=t", "!",
         "queue", "!", "filesink", f"location={copy}", "t.", "!", "queue", "!", "rtmp2sink", f"location={url}",
         "audiotestsrc", f"num-buffers={samples}", "!", "audio/x-raw,rate=44100", "!", "audioconvert", "!", "audioresample", "!", *audio.split(), "!", "m."]
    )  # fmt: skip


@dataclass(frozen=True)
class ModernPeer:
    """An FFmpeg of today, with Enhanced RTMP, as a package brings it."""

    name: str
    argv: list[str | Path]
    env: dict[str, str] | None = None

    def publish(self, nursery: Nursery, source: Path, url: str | Path, *copies: Path) -> Process:
        """Publishes the source's packets; the same muxer writes the copies."""
        return nursery.start([*self.argv, "publish", source, url, *copies], env=self.env)

    def read(self, nursery: Nursery, source: str | Path, *codecs: str) -> Process:
        """Reads a file or plays a URL, to its end. codecs is what it says of Enhanced RTMP, where it can say it."""
        return nursery.start([*self.argv, "packets", source, *codecs], env=self.env)

    def parse(self, reader: Process) -> list[dict[str, object]]:
        """What it read: a dict per packet."""
        return [json.loads(line) for line in reader.lines if line.startswith("{")]

    def packets(self, nursery: Nursery, file: Path) -> list[dict[str, object]]:
        """What it reads from a file."""
        return self.parse(self.read(nursery, file).succeed(60))


PYAV = ModernPeer("pyav", [sys.executable, HERE / "peer_pyav.py"])
NODEAV = ModernPeer("node-av", ["node", HERE / "peer_nodeav.mjs"], {"NODE_AV": str(NODE_AV)})
MODERN = [PYAV, NODEAV]


class Nginx:
    """nginx with its RTMP module, in the foreground, recording what it is sent."""

    MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"

    def __init__(self, nursery: Nursery, directory: Path, port: int = 0):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.port = port or free_port()
        config = directory / "nginx.conf"
        config.write_text(
            f"daemon off; master_process off; worker_processes 1; user root;\n"
            f"pid {directory}/nginx.pid; error_log {directory}/error.log info; load_module {self.MODULE};\n"
            f"events {{ worker_connections 64; }}\n"
            f"rtmp {{ server {{ listen 127.0.0.1:{self.port}; application live {{ live on;\n"
            f"  record all; record_path {directory}; record_suffix .flv; }} }} }}\n"
        )
        self.process = nursery.start(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-c", config, "-e", directory / "error.log"]
        )
        wait_listening(self.port, self.process)

    def url(self, name: str) -> str:
        return f"rtmp://127.0.0.1:{self.port}/live/{name}"

    def recorded(self, name: str, timeout: float = 10) -> Path:
        """The file it recorded, when the stream is over and the file is closed."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            log = (self.directory / "error.log").read_text(errors="replace")
            if "deleteStream" in log or "disconnect" in log:
                return self.directory / f"{name}.flv"
            time.sleep(0.05)
        raise AssertionError(f"nginx did not see the stream end\n{log[-4000:]}")


class NginxFront:
    """nginx's stream module, which ends TLS in front of a server that has none."""

    MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"

    def __init__(self, nursery: Nursery, directory: Path, backend: int, certificate: Path, key: Path):
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        config = directory / "nginx.conf"
        config.write_text(
            f"daemon off; master_process off; worker_processes 1; user root;\n"
            f"pid {directory}/nginx.pid; error_log {directory}/error.log info; load_module {self.MODULE};\n"
            f"events {{ worker_connections 64; }}\n"
            f"stream {{ server {{ listen 127.0.0.1:{self.port} ssl; proxy_pass 127.0.0.1:{backend};\n"
            f"  ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3; }} }}\n"
        )
        self.process = nursery.start(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-c", config, "-e", directory / "error.log"]
        )
        wait_listening(self.port, self.process)

    def url(self, name: str) -> str:
        return f"rtmps://localhost:{self.port}/live/{name}"


class HAProxy:
    """HAProxy, which says by PROXY protocol version 2 for whom it connects; a front for each list of servers' ports."""

    def __init__(self, nursery: Nursery, directory: Path, backends: list[list[int]]):
        directory.mkdir(parents=True, exist_ok=True)
        self.ports = [free_port() for _ in backends]
        lines = ["global", " maxconn 100", "defaults", " mode tcp", " timeout connect 5s", " timeout client 30s",
                 " timeout server 30s"]  # fmt: skip
        for i, (port, servers) in enumerate(zip(self.ports, backends, strict=True)):
            lines += [f"listen front{i}", f" bind 127.0.0.1:{port}", " balance roundrobin"]
            lines += [f" server s{j} 127.0.0.1:{server} send-proxy-v2" for j, server in enumerate(servers)]
        config = directory / "haproxy.cfg"
        config.write_text("\n".join(lines) + "\n")
        self.process = nursery.start([shutil.which("haproxy") or "/usr/sbin/haproxy", "-f", config, "-db"])
        for port in self.ports:
            wait_listening(port, self.process)


class FFmpegServer:
    """ffmpeg -listen 1: accepts one publisher and writes what it sends into a file."""

    def __init__(self, nursery: Nursery, file: Path):
        self.file = file
        self.port = free_port()
        self.process = nursery.start(
            [*FFMPEG, "-listen", "1", "-f", "flv", "-i", self.url("test"), "-c", "copy", "-f", "flv", file]
        )
        wait_listening(self.port, self.process)

    def url(self, name: str) -> str:
        return f"rtmp://127.0.0.1:{self.port}/live/{name}"


def frame_counts(nursery: Nursery, file: Path) -> dict[str, int]:
    """Packets by kind of stream as Debian's ffprobe counts them."""
    probe = nursery.run(
        ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_type,codec_name,nb_read_packets",
         "-of", "json", file]
    )  # fmt: skip
    streams = json.loads(probe.output)["streams"]
    return {f"{s['codec_type']} {s.get('codec_name', '?')}": int(s["nb_read_packets"]) for s in streams}
