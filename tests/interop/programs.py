"""Our own example programs as the tests drive them, in every language."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from process import BUILD, ROOT, Nursery, Process

# How each language's programs are started. The other languages' packages add theirs here.
INGEST = {
    "go": [BUILD / "bin/ingest-go"],
    "c": [BUILD / "bin/ingest-c"],
    "python": [BUILD / "venv/bin/python", ROOT / "examples/python/ingest.py"],
    "python-aio": [BUILD / "venv/bin/python", ROOT / "examples/python/ingest_aio.py"],
    "node": ["node", ROOT / "examples/node/ingest.mjs"],
}
PUSH = {
    "go": [BUILD / "bin/push-go"],
    "c": [BUILD / "bin/push-c"],
    "python": [BUILD / "venv/bin/python", ROOT / "examples/python/push.py"],
    "python-aio": [BUILD / "venv/bin/python", ROOT / "examples/python/push_aio.py"],
    "node": ["node", ROOT / "examples/node/push.mjs"],
}
LANGUAGES = list(INGEST)
SERVER = {
    "go": [BUILD / "bin/server-go"],
    "c": [BUILD / "bin/server-c"],
    "python": [BUILD / "venv/bin/python", ROOT / "examples/python/server.py"],
    "python-aio": [BUILD / "venv/bin/python", ROOT / "examples/python/server_aio.py"],
    "node": ["node", ROOT / "examples/node/server.mjs"],
}
PULL = {
    "go": [BUILD / "bin/pull-go"],
    "c": [BUILD / "bin/pull-c"],
    "python": [BUILD / "venv/bin/python", ROOT / "examples/python/pull.py"],
    "python-aio": [BUILD / "venv/bin/python", ROOT / "examples/python/pull_aio.py"],
    "node": ["node", ROOT / "examples/node/pull.mjs"],
}
TRACKS = {
    "go": [BUILD / "bin/tracks-go"],
    "c": [BUILD / "bin/tracks-c"],
    "python": [BUILD / "venv/bin/python", ROOT / "examples/python/tracks.py"],
    "python-aio": [BUILD / "venv/bin/python", ROOT / "examples/python/tracks_aio.py"],
    "node": ["node", ROOT / "examples/node/tracks.mjs"],
}


@dataclass(frozen=True)
class Ended:
    """The line that ingest prints when a stream ends."""

    stream: str
    fields: dict[str, str]

    def number(self, name: str) -> int:
        return int(self.fields[name])

    @property
    def file(self) -> Path:
        return Path(self.fields["file"])


def parse_end(line: str) -> Ended:
    word, stream, *pairs = line.split(" ")
    assert word == "end", line
    fields, key = {}, ""
    for pair in pairs:
        name, sep, value = pair.partition("=")
        if sep and name.isidentifier():
            key = name
            fields[key] = value
        else:  # the reason may hold spaces
            fields[key] += " " + pair
    return Ended(stream, fields)


class Listening:
    """A running program of ours that publishers come to."""

    def __init__(self, nursery: Nursery, program: list[str | Path], *flags: str | Path, listen: str = "127.0.0.1:0"):
        self.process: Process = nursery.start([*program, "-listen", listen, *flags])
        first = self.process.wait_line(lambda line: line.startswith("listening on "), 20)
        assert self.process.lines[0] == first, f"'listening on' is not the first line\n{self.process}"
        self.address = first.removeprefix("listening on ").split(",")[0].split(" ")[0]
        self.port = int(self.address.rpartition(":")[2])

    def url(self, name: str = "test", app: str = "live") -> str:
        return f"rtmp://127.0.0.1:{self.port}/{app}/{name}"

    def ended(self, nth: int = 1, timeout: float = 20) -> Ended:
        """The nth stream that ended."""
        return parse_end(self.process.wait_line(lambda line: line.startswith("end "), timeout, nth))

    def stop(self) -> None:
        """Ctrl-C; a clean exit is demanded."""
        code = self.process.interrupt()
        assert code == 0, f"exit code {code} after Ctrl-C\n{self.process}"


class Ingest(Listening):
    """An ingest that records into a folder of its own."""

    def __init__(self, nursery: Nursery, language: str, directory: Path, *flags: str, listen: str = "127.0.0.1:0"):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(nursery, INGEST[language], "-record", directory, *flags, listen=listen)


class Server(Listening):
    """A live server, without grace for publishers that go unless the flags say otherwise."""

    def __init__(self, nursery: Nursery, language: str, *flags: str | Path, listen: str = "127.0.0.1:0"):
        super().__init__(nursery, SERVER[language], "-grace-ms", "0", *flags, listen=listen)

    def published(self, nth: int = 1, timeout: float = 20) -> None:
        """Waits for the nth publisher."""
        self.process.wait_line(lambda line: line.startswith("publish "), timeout, nth)

    def played(self, nth: int = 1, timeout: float = 20) -> None:
        """Waits for the nth player."""
        self.process.wait_line(lambda line: line.startswith("play "), timeout, nth)


def pull(nursery: Nursery, language: str, url: str, file: Path, *flags: str) -> Process:
    """Starts pull."""
    return nursery.start([*PULL[language], *flags, url, file])


def push(nursery: Nursery, language: str, file: Path, url: str, *flags: str) -> Process:
    """Starts push."""
    return nursery.start([*PUSH[language], *flags, file, url])
