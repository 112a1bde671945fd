"""Hub for asyncio."""

from __future__ import annotations

from types import TracebackType
from typing import Self, Unpack

from ._aio_client import Client
from ._aio_relay import Relay
from ._hub import BaseHub
from ._opening import Opening, Ready
from ._options import ClientOptions, RelayOptions


class Hub(BaseHub):
    """Takes what is published under an application's and a stream's name and gives it to everybody who plays that.

    A whole live server:

        async with oxrtmp.aio.Hub() as hub, oxrtmp.aio.Server(":1935", hub=hub) as server:
            await server.serve(nothing)  # there are no requests: the hub answers

    As oxrtmp.Hub, which a server of oxrtmp.aio may have too: what the hub does takes no task and no thread of yours.
    """

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def publish(self, app: str, stream_name: str, /, **options: Unpack[ClientOptions]) -> Opening[Client]:
        """Publish into the hub, at once: a client without a connection. To be used in `async with`, or awaited.

        Of the options send_timeout and output_bytes have a meaning. BusyError when the stream has a publisher that must
        not be replaced. The client ends when another publisher takes over, or the hub is closed.
        """
        return Opening(Ready(Client._of(*self._client(app, stream_name, options, receives=False))))

    def play(self, app: str, stream_name: str, /, **options: Unpack[ClientOptions]) -> Opening[Client]:
        """Play from the hub, at once: a client without a connection. RefusedError when there is no such stream.

        Of a client whose packets are not taken in time video is dropped, as of a slow player.
        """
        return Opening(Ready(Client._of(*self._client(app, stream_name, options, receives=True))))

    def push(self, app: str, stream_name: str, url: str, /, **options: Unpack[RelayOptions]) -> Relay:
        """Send a stream of the hub to url whenever it is published here. There may be any number of relays of one.

        The hub keeps the relay until that is closed, or the hub.
        """
        return Relay(self._relay(app, stream_name, url, options, pull=False))._kept(self._relays)

    def pull(self, app: str, stream_name: str, url: str, /, **options: Unpack[RelayOptions]) -> Relay:
        """Play url and publish what comes in the hub, unless somebody else publishes there."""
        return Relay(self._relay(app, stream_name, url, options, pull=True))._kept(self._relays)
