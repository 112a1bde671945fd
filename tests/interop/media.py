"""Clips that Debian's ffmpeg makes from its own signal generators, each once per run."""

from __future__ import annotations

from pathlib import Path

from process import Nursery

SECONDS = 3
VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30"]
AUDIO = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-bf", "2", "-threads", "1"]

ENCODE: dict[str, list[str]] = {
    # Legacy FLV codecs
    "h264": H264,
    "flv1": ["-c:v", "flv", "-g", "30", "-b:v", "400k"],
    "flashsv": ["-c:v", "flashsv", "-g", "30", "-pix_fmt", "bgr24"],
    "flashsv2": ["-c:v", "flashsv2", "-g", "30", "-pix_fmt", "bgr24"],
    "aac": ["-c:a", "aac", "-b:a", "96k"],
    "mp3": ["-c:a", "libmp3lame", "-ar", "44100", "-b:a", "96k"],
    "speex": ["-c:a", "libspeex", "-ar", "16000", "-ac", "1"],
    "nellymoser": ["-c:a", "nellymoser", "-ar", "22050", "-ac", "1"],
    "adpcm_swf": ["-c:a", "adpcm_swf", "-ar", "22050", "-ac", "1"],
    "pcm_s16le": ["-c:a", "pcm_s16le", "-ar", "44100", "-ac", "2"],
    "pcm_u8": ["-c:a", "pcm_u8", "-ar", "22050", "-ac", "1"],
    # Codecs of Enhanced RTMP
    "hevc": ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params",
             "keyint=30:bframes=2:log-level=error:pools=1:frame-threads=1"],
    "av1": ["-c:v", "libsvtav1", "-preset", "12", "-g", "30", "-svtav1-params", "lp=1"],
    "vp9": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "30"],
    "opus": ["-c:a", "libopus", "-b:a", "64k"],
    "flac": ["-c:a", "flac", "-strict", "experimental"],
    "ac3": ["-c:a", "ac3"],
    "eac3": ["-c:a", "eac3"],
}  # fmt: skip


class Library:
    """Makes clips when they are asked for the first time."""

    def __init__(self, directory: Path):
        self.directory = directory

    def clip(self, video: str, audio: str, container: str = "flv", seconds: float = SECONDS) -> Path:
        """A clip of one video and one audio stream in a container."""
        path = self.directory / f"{video}-{audio}-{seconds}.{container}"
        self._make(path, [*VIDEO, *AUDIO, "-map", "0:v", "-map", "1:a"], [*ENCODE[video], *ENCODE[audio]], seconds)
        return path

    def multitrack(self, seconds: float = SECONDS) -> Path:
        """Two H.264 and two AAC tracks in MP4."""
        path = self.directory / f"multitrack-{seconds}.mp4"
        inputs = [*VIDEO, "-f", "lavfi", "-i", "testsrc=size=160x90:rate=30", *AUDIO,
                  "-f", "lavfi", "-i", "sine=frequency=880:sample_rate=48000",
                  "-map", "0", "-map", "1", "-map", "2", "-map", "3"]  # fmt: skip
        self._make(path, inputs, [*H264, *ENCODE["aac"]], seconds)
        return path

    def _make(self, path: Path, inputs: list[str], encode: list[str], seconds: float) -> None:
        if path.exists():
            return
        nursery = Nursery()
        try:
            nursery.run(
                ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *inputs, "-t", str(seconds), *encode, path],
                timeout=120,
            )
        finally:
            nursery.close()
