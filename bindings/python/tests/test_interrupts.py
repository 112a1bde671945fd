"""What signals' handlers do in the main thread: exceptions, and calls of this package, between any two steps of it.

A profiling function does it here, at each of the points in turn where the interpreter calls such handlers: where a function
begins, and where one that is not Python's ends.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import oxrtmp
import pytest
from conftest import until
from test_server import stuffed

PACKAGE = str(Path(oxrtmp.__file__).parent)


class Interrupt(Exception):
    pass


@contextmanager
def handler_at(number: int, handler: Callable[[], None]) -> Iterator[list[int]]:
    """Calls handler at the step of that number that this thread takes in the package. What is yielded is empty until then."""
    called: list[int] = []
    steps = 0

    def profile(frame: FrameType, event: str, _: Any) -> None:
        nonlocal steps
        if event in ("call", "c_return") and frame.f_code.co_filename.startswith(PACKAGE):
            steps += frame.f_code.co_name != "__del__"
            if steps == number and not called:
                called.append(number)
                handler()

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield called
    finally:
        sys.setprofile(before)


def interrupt() -> None:
    raise Interrupt


def interrupted(number: int, call: Callable[[], object]) -> bool:
    """Whether a call that is interrupted at a step comes to that step."""
    with handler_at(number, interrupt) as called:
        try:
            call()
        except (Interrupt, oxrtmp.Error):
            pass
    return bool(called)


def elsewhere(call: Callable[[], object]) -> object:
    """What a call returns, or raises, on another thread, in time."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(call())
        except Exception as error:  # noqa: BLE001 it is looked at
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    assert found, "it waits for ever"
    return found[0]


@pytest.mark.parametrize("late", [0.0, 0.005])
def test_an_end_is_not_lost(late: float) -> None:
    """And no other thread waits for what the interrupted one has left behind."""
    for number in count(1):
        with oxrtmp.Hub() as hub, hub.publish("live", "a"), hub.play("live", "a") as player:
            closing = threading.Timer(late, hub.close)
            closing.start()
            if not late:
                closing.join()
            reached = interrupted(number, lambda: player.next_packet(10))  # noqa: B023
            found = elsewhere(player.next_packet)
            assert isinstance(found, oxrtmp.EndOfStreamError), (number, found)
            closing.join()
        if not reached:
            break
    assert number > 10


@pytest.mark.parametrize("most", [1, 10])
def test_packets_are_not_lost(most: int) -> None:
    with oxrtmp.Hub() as hub, hub.publish("live", "a") as publisher, hub.play("live", "a") as player:
        taken: list[oxrtmp.Packet] = []

        def take() -> None:
            if most == 1:
                taken.append(player.next_packet(10))
            else:
                taken.extend(player.next_packets(most, 10))

        for number in count(1):
            for n in range(3):
                publisher.send_audio(n, b"x")
            reached = interrupted(number, take)
            while len(taken) < 3:
                taken.append(player.next_packet(5))
            assert [packet.timestamp_ms for packet in taken] == [0, 1, 2]
            taken.clear()
            if not reached:
                break
        assert number > 5


def test_a_thread_that_stands_by_goes_on() -> None:
    """It waits for the main thread, which waits for events until a signal's handler raises."""

    def handler(*_: object) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGALRM, handler)
    with oxrtmp.Hub() as hub, hub.publish("live", "a") as publisher, hub.play("live", "a") as player:
        others = player._channel._others
        found: list[oxrtmp.Packet] = []
        thread = threading.Thread(target=lambda: found.append(player.next_packet(20)))
        starter = threading.Timer(0.05, thread.start)
        alarm = threading.Thread(target=lambda: (until(lambda: others), os.kill(os.getpid(), signal.SIGALRM)))
        starter.start()
        alarm.start()
        with pytest.raises(Interrupt):
            player.next_packet(20)
        signal.signal(signal.SIGALRM, before)
        publisher.send_audio(0, b"x")
        thread.join(10)
        alarm.join(10)
        assert len(found) == 1 and not others
        found.clear()


def test_the_program_s_wakeup_descriptor_stays() -> None:
    with oxrtmp.Hub() as hub, hub.publish("live", "a"), hub.play("live", "a") as player:
        there, others = socket.socketpair()
        there.setblocking(False)
        with pytest.raises(oxrtmp.TimeoutError):
            player.next_packet(0.02)
        before = signal.set_wakeup_fd(there.fileno())
        try:
            for number in count(1):
                player._channel._brisk = False
                reached = interrupted(number, lambda: player.next_packet(0.02))
                found = signal.set_wakeup_fd(there.fileno())
                assert found == there.fileno(), number
                if not reached:
                    break
        finally:
            signal.set_wakeup_fd(before)
            there.close()
            others.close()
        assert number > 10


@contextmanager
def asking(server: oxrtmp.Server) -> Iterator[None]:
    """Somebody asks to publish, and is refused."""
    said: list[object] = []

    def publish() -> None:
        try:
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/a")
        except oxrtmp.RefusedError as error:
            said.append(error)

    thread = threading.Thread(target=publish)
    thread.start()
    select.select([server], [], [], 10)
    yield
    thread.join(10)
    assert said


def test_a_request_is_not_lost() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        for number in count(1):
            with asking(server):
                taken: list[oxrtmp.Request] = []
                reached = interrupted(number, lambda: taken.append(server.accept(10)))  # noqa: B023
                if not taken:
                    taken.append(server.accept(5))
                taken.pop().reject()
            if not reached:
                break
        assert number > 10


def test_a_request_comes_once() -> None:
    """A signal's handler takes requests while the main thread does."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        for number in count(1):
            with asking(server):
                taken: list[oxrtmp.Request] = []

                def take() -> None:
                    try:
                        taken.append(server.accept(0))  # noqa: B023
                    except TimeoutError:
                        pass

                with handler_at(number, take) as called:
                    take()
                take()
                assert len(taken) == 1, number
                taken.pop().reject()
            if not called:
                break
        assert number > 10


def test_events_come_once() -> None:
    """What is told of a server to two that take it in turns, of which one interrupts the other."""
    kinds = [oxrtmp.ServerEventKind.PUBLISH_STOP, oxrtmp.ServerEventKind.DISCONNECT]
    with oxrtmp.Hub() as hub, oxrtmp.Server("127.0.0.1:0", hub=hub, events=kinds) as server:
        for number in count(1):
            with oxrtmp.Client.publish(f"rtmp://{server.address}/live/a"):
                pass
            taken: list[oxrtmp.ServerEvent] = []

            def take() -> None:
                try:
                    taken.append(server.next_event(0))  # noqa: B023
                except TimeoutError:
                    pass

            with handler_at(number, take) as called:
                until(lambda: take() or len(taken) >= 2)  # noqa: B023
            assert {event.kind for event in taken} == set(kinds) and len(taken) == 2, number
            assert server._told._count == 0
            if not called or number == 200:
                break
        assert number > 10


def test_who_waits_for_room_leaves_the_line() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server, send_timeout=0.02, output_bytes=100_000)
        with pytest.raises(oxrtmp.TimeoutError):
            while True:
                client.send_video(0, False, bytes(50_000))
        for number in count(1):
            if not interrupted(number, lambda: client.send_video(0, False, bytes(50_000))):
                break
        assert number > 10
        client._send_timeout = 5
        taking = threading.Timer(0.1, lambda: [0 for _ in session])
        taking.start()
        assert elsewhere(lambda: client.send_video(0, False, bytes(50_000))) is None
        client.close()
        taking.join(10)
        session.close()
