"""Hub for threads, and what it shares with the one for asyncio."""

from __future__ import annotations

import json
from typing import Any, Unpack

from . import _native
from ._base import BaseRequest
from ._client import Client
from ._errors import Error, Status
from ._options import (
    ClientOptions,
    HubOptions,
    Mask,
    RelayOptions,
    native_hub_options,
    native_options,
    native_relay_options,
)
from ._owned import Managed, Owned
from ._records import HubStatistics, PlayerStatistics, StreamStatistics
from ._relay import BaseRelay, Relay

# How a request ends that is not granted: refused for a reason, or gone.
NOT_GRANTED = {
    Status.BUSY,
    Status.NOT_FOUND,
    Status.UNSUPPORTED,
    Status.REFUSED,
    Status.CLOSED,
    Status.STATE,
    Status.TIMEOUT,
    Status.HANDLE,
}


class BaseHub(Owned):
    """Everything but what makes clients."""

    def __init__(self, **options: Unpack[HubOptions]) -> None:
        self._relays: set[BaseRelay] = set()
        self._own(_native.hub_create(native_hub_options(options)), _native.hub_close)

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.Hub{' closed' if self._closed else ''}>"

    def accept(self, request: BaseRequest, *, mask: Mask | None = None) -> bool:
        """Give it a request to publish or play, which it grants or refuses: there is no session for you.

        A player may get what a mask leaves of the stream, in the place of the hub's own. Whether it was granted: not when the stream has a publisher, or is not there, or when the peer has gone.
        """
        request._answer()
        try:
            if mask is None:
                _native.hub_accept(self._handle, request._handle)
            else:
                _native.hub_accept_masked(self._handle, request._handle, {"mask": mask._native()})
        except Error as error:
            if error.status in NOT_GRANTED:
                return False
            request._closed = False  # it still waits
            raise
        return True

    def statistics(self) -> HubStatistics:
        """The hub at this moment."""
        return HubStatistics(**_native.hub_statistics(self._handle))

    def stream_statistics(self, app: str, stream_name: str) -> StreamStatistics:
        """One of its streams. RefusedError with Status.NOT_FOUND if there is none of that name."""
        return StreamStatistics(**_native.hub_stream_statistics(self._handle, app, stream_name))

    def streams(self) -> dict[tuple[str, str], StreamStatistics]:
        """Its streams, by application and stream name.

        >>> with oxrtmp.Hub() as hub, hub.publish("live", "demo") as publisher:
        ...     list(hub.streams())
        [('live', 'demo')]
        """
        found = json.loads(_native.hub_json(self._handle))["streams"]
        for stream in found:
            del stream["player_list"]
            for codec in ("video_codec", "audio_codec"):
                stream[codec] = stream[codec].to_bytes(4, "big").decode("latin-1").strip("\0")
        return {(s.pop("app"), s.pop("stream_name")): StreamStatistics(**s) for s in found}

    def players(self, app: str, stream_name: str) -> list[PlayerStatistics]:
        """Who play one of its streams; nobody if there is none of that name."""
        for stream in json.loads(_native.hub_json(self._handle))["streams"]:
            if (stream["app"], stream["stream_name"]) == (app, stream_name):
                return [PlayerStatistics(**player) for player in stream["player_list"]]
        return []

    def data_frames(self, app: str, stream_name: str) -> list[list[Any]]:
        """What the publisher of a stream has set to be kept, onMetaData among it, in the order in which late players get it.

        Of each the handler's name and its values, as JSON has them. RefusedError when there is no such stream.
        """
        found: list[list[Any]] = json.loads(_native.hub_data_frames_json(self._handle, app, stream_name))
        return found

    def close(self) -> None:
        """End its streams, telling publishers and players. Servers that have it refuse from then on."""
        if not self._closed:
            self._drop()

    def _drop(self) -> None:
        super()._drop()
        self._relays.clear()

    def _relay(self, app: str, stream_name: str, url: str, options: Any, *, pull: bool) -> int:
        begin = _native.hub_pull if pull else _native.hub_push
        return begin(self._handle, app, stream_name, url, *native_relay_options(options))

    def _client(
        self, app: str, stream_name: str, options: Any, *, receives: bool
    ) -> tuple[int, str, bool, float | None]:
        """What a client is made of."""
        plain, limits, timeouts = native_options(options)
        send_timeout = plain.pop("send_timeout", 10)
        plain["no_wait"] = True
        begin = _native.hub_play if receives else _native.hub_publish
        handle = begin(self._handle, app, stream_name, plain, limits, timeouts)
        return handle, f"hub:{app}/{stream_name}", receives, send_timeout


class Hub(BaseHub, Managed):
    """Takes what is published under an application's and a stream's name and gives it to everybody who plays that.

    A whole live server:

        with oxrtmp.Hub() as hub, oxrtmp.Server(":1935", hub=hub) as server:
            server.serve(lambda request: None)  # there are no requests: the hub answers

    Who comes late gets metadata, sequence headers and what the cache holds. A player that takes less than it is sent
    loses video up to a keyframe and keeps its audio; the others do not notice it. When a publisher goes its players stay
    for the grace period, and go on with the next one. Any number of servers may share a hub.
    """

    def publish(self, app: str, stream_name: str, /, **options: Unpack[ClientOptions]) -> Client:
        """Publish into the hub: a client without a connection.

        Of the options send_timeout and output_bytes have a meaning. BusyError when the stream has a publisher that must
        not be replaced. The client ends when another publisher takes over, or the hub is closed.
        """
        return Client._of(*self._client(app, stream_name, options, receives=False))

    def play(self, app: str, stream_name: str, /, **options: Unpack[ClientOptions]) -> Client:
        """Play from the hub: a client without a connection. RefusedError when there is no such stream.

        Of a client whose packets are not taken in time video is dropped, as of a slow player.

        >>> with oxrtmp.Hub() as hub, hub.publish("live", "demo") as publisher, hub.play("live", "demo") as player:
        ...     publisher.send_audio(20, b"frame")
        ...     bytes(next(p for p in player if p.type == 8).data)
        b'frame'
        """
        return Client._of(*self._client(app, stream_name, options, receives=True))

    def push(self, app: str, stream_name: str, url: str, /, **options: Unpack[RelayOptions]) -> Relay:
        """Send a stream of the hub to url whenever it is published here. There may be any number of relays of one.

        The hub keeps the relay until that is closed, or the hub.
        """
        return Relay(self._relay(app, stream_name, url, options, pull=False))._kept(self._relays)

    def pull(self, app: str, stream_name: str, url: str, /, **options: Unpack[RelayOptions]) -> Relay:
        """Play url and publish what comes in the hub, unless somebody else publishes there."""
        return Relay(self._relay(app, stream_name, url, options, pull=True))._kept(self._relays)
