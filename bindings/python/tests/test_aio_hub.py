"""Hub on asyncio."""

from __future__ import annotations

import asyncio

import oxrtmp
import pytest
from conftest import Run
from oxrtmp import PacketKind, aio


async def send_frames(client: aio.Client, first: int, count: int) -> None:
    for n in range(first, first + count):
        await client.send_video(n * 10, n % 10 == 0, n.to_bytes(4, "big"))


async def take(client: aio.Client, first: int, count: int) -> None:
    wanted = first
    async for packet in client:
        if packet.type == 9 and packet.kind == PacketKind.FRAME:
            assert int.from_bytes(packet.data, "big") == wanted
            wanted += 1
            if wanted == first + count:
                return
    raise AssertionError(f"the stream ended before {wanted}")


def test_a_whole_server(run: Run) -> None:
    async def main() -> None:
        async with aio.Hub() as hub, aio.Server("127.0.0.1:0", hub=hub) as server:
            url = f"rtmp://{server.address}/live/cam"
            async with aio.Client.publish(url) as publisher:
                await send_frames(publisher, 0, 15)
                while hub.statistics().packets < 15:
                    await asyncio.sleep(0.005)
                async with aio.Client.play(url) as remote, hub.play("live", "cam") as player:
                    await send_frames(publisher, 15, 200)
                    await take(remote, 10, 205)
                    await take(player, 10, 205)
                    assert hub.streams()["live", "cam"].players == 2
                    hub.close()
                    async for packet in remote:
                        assert packet.type != 9
                    assert isinstance(remote.error, oxrtmp.EndOfStreamError)

    run(main())


def test_requests_are_seen_first(run: Run) -> None:
    async def main() -> None:
        answers = []

        async def gate(request: aio.Request) -> None:
            if request.query != "key=1":
                await request.reject("no key")
            else:
                answers.append(hub.accept(request))

        with oxrtmp.Hub() as hub:
            async with aio.Server("127.0.0.1:0", hub=hub, ask_publish=True, ask_play=True) as server:
                serving = asyncio.create_task(server.serve(gate))
                url = f"rtmp://{server.address}/live/cam"
                with pytest.raises(oxrtmp.RefusedError, match="no key"):
                    await aio.Client.publish(url)
                async with aio.Client.publish(url + "?key=1") as publisher, aio.Client.play(url + "?key=1") as player:
                    await send_frames(publisher, 0, 20)
                    await take(player, 0, 20)
                    with pytest.raises(oxrtmp.RefusedError):
                        await aio.Client.publish(url + "?key=1")
                await server.close()
                await serving
        assert answers == [True, True, False]

    run(main())


def test_publishing_into_it_and_playing_from_it(run: Run) -> None:
    async def main() -> None:
        async with aio.Hub() as hub, hub.publish("live", "x") as publisher:
            with pytest.raises(oxrtmp.BusyError):
                hub.publish("live", "x")
            with pytest.raises(oxrtmp.RefusedError):
                hub.play("live", "y")
            await publisher.send_metadata(oxrtmp.Metadata(width=640))
            await send_frames(publisher, 0, 1)
            players = [await hub.play("live", "x") for _ in range(20)]
            taking = [asyncio.create_task(take(player, 0, 150)) for player in players]
            for n in range(1, 150):
                await send_frames(publisher, n, 1)
                await asyncio.sleep(0)
            async with asyncio.timeout(30):
                await asyncio.gather(*taking)
            for player in players:
                await player.close()

    run(main())


def test_closing_the_hub_ends_its_clients(run: Run) -> None:
    async def main() -> None:
        hub = aio.Hub()
        async with hub.publish("live", "x") as publisher, hub.play("live", "x") as player:
            waiting = asyncio.create_task(player.next_packet())
            await asyncio.sleep(0.05)
            hub.close()
            with pytest.raises(oxrtmp.Error):
                await waiting
            with pytest.raises(oxrtmp.Error):
                while True:
                    await publisher.send_audio(0, b"x")
                    await asyncio.sleep(0.005)

    run(main())
