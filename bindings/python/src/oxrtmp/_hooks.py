"""Functions that a server calls when something happens."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Any

from ._base import BaseRequest
from ._enums import RequestKind, ServerEventKind
from ._log import logger as own_logger
from ._server_event import ServerEvent

REQUESTS = {kind.name.lower(): kind for kind in RequestKind}
TOLD = {kind.name.lower(): kind for kind in ServerEventKind if kind.name.lower() not in REQUESTS}


class Refusal(Exception):
    """Raised by a hook that refuses a request, in words for the peer. The code is what fits the request if not given."""

    def __init__(self, description: str | None = None, *, code: str | None = None) -> None:
        super().__init__(description or "refused")
        self.description: str | None = description  #: words for the peer
        self.code: str | None = code  #: such as "NetStream.Publish.Denied"; what fits if not given


AskHook = Callable[[Any], object]  # Request → None
TellHook = Callable[[ServerEvent], object]


@dataclass(kw_only=True)
class Hooks:
    """Functions that a server calls when something happens. In oxrtmp.aio they may be coroutine functions.

    The first five are called with the Request when a peer asks. Raising Refusal refuses it, and so does any other
    exception, which is logged as well; a hook may also answer the request itself. What it leaves unanswered goes on: to
    the hub, or to who takes requests. It has the time of Timeouts.decision.

    The others are called with the ServerEvent, exactly once for each occurrence, those of one connection in order. An
    exception is logged. media_tag is asked first: when it returns False the message is dropped, and nobody else sees it.

    A Server calls them in the thread that takes requests (`for`, accept, serve), and on close in that which closes; one
    that waits holds up the others. In oxrtmp.aio those of one connection wait for one another, and others do not.
    """

    connection: AskHook | None = None  #: an address, nothing the peer chose: no byte has been read
    connect: AskHook | None = None  #: a connect command: application, user
    fc_publish: AskHook | None = None  #: FCPublish, which encoders send before publish
    publish: AskHook | None = None  #: a publish command: whoever may not is refused here
    play: AskHook | None = None  #: a play command, where the server has a hub or asks
    handshake_complete: TellHook | None = None  #: its handshake is complete
    disconnect: TellHook | None = None  #: a connection is gone
    publish_stop: TellHook | None = None  #: nothing more comes of what it published
    unpublish: TellHook | None = None  #: and its name is free again
    play_stop: TellHook | None = None  #: it plays no longer
    pause: TellHook | None = None  #: a player pauses
    unpause: TellHook | None = None  #: a player goes on
    metadata: TellHook | None = None  #: onMetaData came
    media_tag: TellHook | None = None  #: an audio or video message came: False drops it
    video_frame: TellHook | None = None  #: a video frame with a legacy header
    audio_frame: TellHook | None = None  #: an audio frame with a legacy header
    enhanced_video_frame: TellHook | None = None  #: a video frame of Enhanced RTMP
    enhanced_audio_frame: TellHook | None = None  #: an audio frame of Enhanced RTMP
    keyframe: TellHook | None = None  #: a video frame that needs no earlier one
    stats_update: TellHook | None = None  #: stats_interval has passed for a stream

    @classmethod
    def chain(cls, *sets: Hooks) -> Hooks:
        """Hooks that call those of each of several sets in turn.

        The first that refuses or answers a request, or drops a message, has the last word: those behind are not asked.
        """
        chained = cls()
        for name in NAMES:
            calls = [call for hooks in sets if (call := getattr(hooks, name)) is not None]
            if calls:
                setattr(chained, name, in_turn(calls, drops=name == "media_tag"))
        return chained

    @classmethod
    def log(cls, logger: logging.Logger = own_logger) -> Hooks:
        """Hooks that log everything: at level INFO, what happens for each packet or from time to time at DEBUG.

        Of stream names a record shows the beginning only: they may be secrets.
        """
        return cls(**{name: logging_hook(logger, name) for name in NAMES})

    def _asked(self) -> set[RequestKind]:
        return {kind for name, kind in REQUESTS.items() if getattr(self, name) is not None}

    def _told(self) -> set[ServerEventKind]:
        return {kind for name, kind in TOLD.items() if getattr(self, name) is not None}


NAMES = [f.name for f in fields(Hooks)]
MEDIA = {
    ServerEventKind.METADATA, ServerEventKind.MEDIA_TAG, ServerEventKind.VIDEO_FRAME, ServerEventKind.AUDIO_FRAME,
    ServerEventKind.ENHANCED_VIDEO_FRAME, ServerEventKind.ENHANCED_AUDIO_FRAME, ServerEventKind.KEYFRAME,
}  # fmt: skip


def in_turn(calls: list[Callable[[Any], object]], *, drops: bool) -> Callable[[Any], object]:
    """One function for several: the first that answers, or drops where that can be, is the last to be called."""

    def is_last(about: Any, result: object) -> bool:
        return (drops and result is False) or is_answered(about)

    def call(about: Any) -> object:
        for number, one in enumerate(calls):
            result = one(about)
            if inspect.isawaitable(result):
                return wait(about, result, calls[number + 1 :])
            if is_last(about, result):
                return result
        return None

    async def wait(about: Any, result: Awaitable[object], rest: list[Callable[[Any], object]]) -> object:
        kept = await result
        if is_last(about, kept):
            return kept
        for one in rest:
            kept = one(about)
            if inspect.isawaitable(kept):
                kept = await kept
            if is_last(about, kept):
                return kept
        return None

    return call


def is_answered(about: Any) -> bool:
    return isinstance(about, BaseRequest) and about.closed


def masked(name: str) -> str:
    return "…" if len(name) <= 4 else name[:2] + "…"


def logging_hook(logger: logging.Logger, name: str) -> Callable[[Any], object]:
    kind = TOLD.get(name)
    level = logging.DEBUG if kind in MEDIA or kind == ServerEventKind.STATS_UPDATE else logging.INFO

    def hook(about: BaseRequest | ServerEvent) -> None:
        if not logger.isEnabledFor(level):
            return
        words = [f"{name} connection={about.connection} peer={about.peer_address}"]
        if about.stream_name:
            words.append(f"app={about.app} stream={masked(about.stream_name)}")
        if isinstance(about, ServerEvent):
            if about.packet is not None:
                words.append(f"timestamp={about.packet.timestamp_ms} bytes={len(about.packet.raw)}")
            if about.statistics is not None:
                words.append(f"packets={about.statistics.packets} bytes={about.statistics.bytes}")
            if about.text:
                words.append(f"reason={about.text}")
        logger.log(level, "%s", " ".join(words))

    return hook
