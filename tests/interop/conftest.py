"""What all interop tests share: bounded processes, our programs, and media made once per run."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from authority import Authority
from lag import Lag
from media import Library
from process import ROOT, Nursery
from programs import LANGUAGES, Ingest

# Programs that are ended by Ctrl-C inherit an ignored SIGINT, which a shell gives to what it runs in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write what OBS said into testdata/captures")


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    """Starts processes; all of them are ended with the test."""
    n = Nursery()
    yield n
    n.close()


@pytest.fixture
def lag() -> Iterator[Lag]:
    """How long the machine makes a thread wait that could run."""
    watch = Lag()
    yield watch
    watch.stop()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """The language whose ingest or push is tested."""
    return request.param


@pytest.fixture
def ingest(nursery: Nursery, language: str, tmp_path: Path) -> Callable[..., Ingest]:
    """Starts the language's ingest: ingest('-key', 'secret')."""

    def start(*flags: str, **options: str) -> Ingest:
        return Ingest(nursery, language, tmp_path / "recorded", *flags, **options)

    return start


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Clips that ffmpeg makes, each once per run."""
    return Library(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session")
def clips() -> list[Path]:
    """The clips of the repository."""
    found = sorted((ROOT / "testdata/flv").glob("*.flv"))
    assert found, "testdata/flv holds no clips"
    return found


@pytest.fixture
def authority(nursery: Nursery, tmp_path: Path) -> Authority:
    """Vouches for the test's servers."""
    return Authority(nursery, tmp_path)
