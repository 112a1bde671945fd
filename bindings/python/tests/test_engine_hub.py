"""Engines whose streams a hub has: what is published and played through transports of the application's own."""

from __future__ import annotations

import asyncio
import select
import time

import oxrtmp
import pytest
from conftest import Run
from oxrtmp import Engine, EventKind, Hub, aio
from test_engine import CLIP


class Side:
    """An accepting engine and its peer, which talk through memory."""

    def __init__(self, engine: Engine, play: bool, hub: Hub | None = None) -> None:
        self.engine, self.hub = engine, hub
        self.peer = (Engine.play if play else Engine.publish)("rtmp://host/live/cam")
        self.rest = b""
        self.kinds: list[EventKind] = []  # of the engine's events
        self.told: list[EventKind] = []  # of the peer's
        self.packets: list[oxrtmp.Packet] = []  # that the peer got
        self.carry()

    def carry(self) -> None:
        more = True
        while more:
            self.rest += self.peer.output()
            taken = self.engine.receive(self.rest, 0) if self.rest and not self.engine.closing else 0
            self.rest = self.rest[taken:]
            for event in self.engine.events():
                self.kinds.append(event.kind)
                if event.request is not None:
                    assert self.hub is not None and self.hub.accept(event.request)
            output = memoryview(self.engine.output())
            more = taken > 0 or len(output) > 0
            while output and not self.peer.closing:
                output = output[self.peer.receive(output, 0) :]
                for event in self.peer.events():
                    self.told.append(event.kind)
                    if event.packet is not None and event.packet.type != 18:
                        self.packets.append(event.packet)

    def until(self, count: int) -> None:
        """Until the peer has that many packets: the descriptor says when there are more."""
        deadline = time.monotonic() + 10
        while len(self.packets) < count:
            assert time.monotonic() < deadline
            select.select([self.engine], [], [], 1)
            self.carry()

    def close(self) -> None:
        self.engine.close()
        self.peer.close()


@pytest.mark.parametrize("asked", [False, True])
def test_a_clip_through_a_hub(asked: bool) -> None:
    with Hub() as hub, oxrtmp.FLVReader(CLIP) as reader:
        clip = [packet for packet in reader if packet.type != 18][:100]

        def engine() -> Engine:
            return Engine.server(ask_play=True) if asked else Engine.server(hub=hub)

        publisher = Side(engine(), play=False, hub=hub)
        publisher.peer.send_packet(clip[0])
        publisher.carry()
        player = Side(engine(), play=True, hub=hub)
        for packet in clip[1:]:
            publisher.peer.send_packet(packet)
        publisher.carry()
        player.until(len(clip))
        assert [bytes(p.raw) for p in player.packets] == [bytes(p.raw) for p in clip]
        assert (EventKind.REQUEST in publisher.kinds) is asked
        assert EventKind.PACKET not in publisher.kinds
        assert not select.select([player.engine], [], [], 0)[0]
        if not asked:
            second = Side(engine(), play=False)
            assert EventKind.FAILED in second.told  # there is a publisher
            second.close()
        hub.close()
        assert select.select([player.engine], [], [], 10)[0]
        player.carry()
        assert EventKind.STREAM_END in player.kinds and EventKind.STREAM_END in player.told
        publisher.close()
        player.close()


def test_an_engine_beside_a_server(run: Run) -> None:
    """A publisher of a server, and a player whose bytes asyncio would carry, of the same hub."""

    async def main() -> None:
        async with aio.Hub() as hub, aio.Server("127.0.0.1:0", hub=hub) as server:
            async with aio.Client.publish(f"rtmp://{server.address}/live/cam") as client:
                await client.send_audio_sequence_header(b"\x12\x10")
                while hub.statistics().packets < 1:
                    await asyncio.sleep(0.005)
                player = Side(Engine.server(hub=hub), play=True)
                woken = asyncio.Event()
                loop = asyncio.get_running_loop()
                loop.add_reader(player.engine.fileno(), woken.set)
                await client.send_audio(20, b"audio")
                await asyncio.wait_for(woken.wait(), 10)
                loop.remove_reader(player.engine.fileno())
            player.until(2)
            assert [p.timestamp_ms for p in player.packets] == [0, 20]
            player.close()

    run(main())
