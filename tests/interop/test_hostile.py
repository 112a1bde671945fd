"""After every hostile or odd conversation a normal publisher is served, by the same process, at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import hostile_players
import pytest
from hostile import STATES, Case, cases
from lag import Lag
from process import Nursery, Process
from programs import Ingest, Server
from wire import CREATE, Peer, connect, frame, message, publish

CASES = cases()

# Below the calls of a language the server is the same; the two that call it most differently are enough.
LANGUAGES = ["go", "c"]
MIB = 1 << 20


def reach(port: int, state: str, name: str) -> Peer:
    """A connection in a state."""
    peer = Peer(port)
    level = STATES.index("created" if state == "playing" else state)
    if level >= 1:
        peer.shake()
    if level >= 2:
        peer.send(connect())
        assert peer.read_until(b"NetConnection.Connect.Success", 5)
    if level >= 3:
        peer.send(CREATE)
        assert peer.read_until(b"_result", 5)
    if state == "playing":
        peer.send(hostile_players.play("good"))
        assert peer.read_until(b"NetStream.Play.Start", 5)
    if level >= 4:
        peer.send(publish(name))
        assert peer.read_until(b"NetStream.Publish.Start", 5)
        peer.send(message(9, frame(0, True), 1, csid=6))
    return peer


def publishes(port: int, name: str, timeout: float) -> float:
    """A whole publish, and how long it took."""
    begun = time.monotonic()
    peer = Peer(port, timeout)
    peer.shake()
    peer.send(connect() + CREATE + publish(name))
    assert peer.read_until(b"NetStream.Publish.Start", timeout), f"{name}: no Publish.Start within {timeout} s"
    peer.send(message(9, frame(1, True), 1, csid=6))
    peer.close()
    return time.monotonic() - begun


def resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the server has gone")


def processor(pid: int) -> float:
    """Seconds that the process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def still_there(peer: Peer, case: Case) -> None:
    """What follows is answered, so the connection has survived."""
    if case.state in ("publishing", "playing"):
        peer.send(message(4, b"\0\x06" + b"ping", csid=2, chunk=1 << 24))
        assert peer.read_until(b"\0\x07ping", 5), "no answer to a ping: the connection did not survive"
    else:
        wanted = b"_result" if case.state != "shaken" else b"NetConnection.Connect.Success"
        peer.send(CREATE)
        assert peer.read_until(wanted, 5), "no answer: the connection did not survive"


def test_there_are_enough() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)
    players = hostile_players.cases()
    assert len(players) >= 100 and len({case.name for case in players}) == len(players)


def hold(port: int, pid: int, process: Process, table: list[Case], lag: Lag) -> None:
    """Every conversation of a table with a server, and after each a publish."""
    publishes(port, "warm-up", 10)
    settled, failures = resident(pid), []
    for i, case in enumerate(table):
        lag.take()
        begun = processor(pid)
        peer = reach(port, case.state, f"case-{i}")
        try:
            case.say(peer)
            if case.stays:
                still_there(peer, case)
            took = publishes(port, f"after-{i}", 20)
            if took > 1 + 20 * lag.take():
                failures.append(f"{case.name}: the next publish took {took:.2f} s")
        except (AssertionError, OSError) as failure:
            failures.append(f"{case.name}: {failure!r}")
        finally:
            peer.close()
        if (used := processor(pid) - begun) > 3:
            failures.append(f"{case.name}: {used:.1f} s of computing")
        if (grown := resident(pid) - settled) > 96 * MIB:
            failures.append(f"{case.name}: the server has grown by {grown / MIB:.0f} MiB")
        assert process.running, f"{case.name} ended the server\n{process}"
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_conversations(ingest: Callable[..., Ingest], lag: Lag) -> None:
    server = ingest("-quiet")
    hold(int(server.address.rpartition(":")[2]), server.process.pid, server.process, CASES, lag)
    server.stop()


@pytest.mark.parametrize("server_language", ["go", "c", "python-aio"])
def test_hostile_players(nursery: Nursery, server_language: str, lag: Lag) -> None:
    """A server with a hub, and a stream that goes on whatever the others say."""
    server = Server(nursery, server_language, "-quiet")
    good = Peer(server.port)
    good.shake()
    good.send(connect() + CREATE + publish("good"))
    assert good.read_until(b"NetStream.Publish.Start", 10)
    good.send(message(9, frame(0, True), 1, csid=6))
    hold(server.port, server.process.pid, server.process, hostile_players.cases(), lag)
    good.send(message(9, frame(1, True), 1, csid=6) + message(4, b"\0\x06" + b"ping", csid=2))
    assert good.read_until(b"\0\x07ping", 5), "the stream that was there has ended"
    server.stop()


@pytest.mark.parametrize("language", LANGUAGES)
def test_silent_connections_hold_up_nobody(ingest: Callable[..., Ingest], lag: Lag) -> None:
    server = ingest("-quiet")
    port, pid = int(server.address.rpartition(":")[2]), server.process.pid
    publishes(port, "warm-up", 10)
    settled = resident(pid)
    silent = [Peer(port) for _ in range(1000)]
    for peer in silent[::2]:
        peer.send(b"\x03" + bytes(700))
    time.sleep(0.5)
    lag.take()
    took = publishes(port, "among", 20)
    assert took <= 1 + 20 * lag.take(), f"a publish among silent connections took {took:.2f} s"
    grown = (resident(pid) - settled) / len(silent)
    assert grown <= 64 * 1024, f"{grown / 1024:.0f} KiB for each silent connection"
    deadline = time.monotonic() + 30 + 20 * lag.take()
    for peer in silent:
        assert peer.closed(max(0.1, deadline - time.monotonic())), "a silent connection is still there after 30 s"
        peer.close()
    server.stop()
