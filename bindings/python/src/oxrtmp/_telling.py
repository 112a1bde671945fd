"""What the servers of both kinds have in common where hooks are called and events are told."""

from __future__ import annotations

import contextlib
from typing import Any

from . import _native
from ._base import BaseRequest, BaseServer, End, words
from ._enums import RequestKind, ServerEventKind
from ._errors import Error, Status
from ._hooks import REQUESTS, Hooks, Refusal
from ._hub import BaseHub
from ._log import logger
from ._options import take
from ._server_event import Backlog, ServerEvent, server_event_of

# Seconds that a server which is closed waits for its own last events.
LAST_WORDS = 2.0

ASKING = {
    RequestKind.CONNECTION: "ask_connection",
    RequestKind.CONNECT: "ask_connect",
    RequestKind.FC_PUBLISH: "ask_fc_publish",
    RequestKind.PUBLISH: "ask_publish",
    RequestKind.PLAY: "ask_play",
}


class TellingServer(BaseServer):
    """A server whose events are told: to hooks, and to who takes them."""

    _queue: int  # where its events go
    _number: int  # and by which they find it
    _hooks: Hooks | None
    _hub: BaseHub | None
    _told: Backlog
    _ended: End | None
    _tells = False  # whether anything is told
    _all_told = False  # SERVER_CLOSED has come

    def _prepare(self, given: Any, hooks: Hooks | None) -> dict[str, Any]:
        """Ask the library for all that the application and its hooks want: the options with that."""
        options: dict[str, Any] = dict(given)
        self._hooks = hooks = take(Hooks, {"hooks": hooks}, "hooks")
        self._hub = options.get("hub")
        self._told = Backlog(self._pause)
        self._asked = {kind for kind, name in ASKING.items() if options.get(name)}
        if self._hub is None:
            self._asked.add(RequestKind.PUBLISH)
        self._wanted = frozenset(ServerEventKind(kind) for kind in options.get("events", ()))
        self._asks_media = bool(options.get("ask_media_tag"))
        if self._asks_media:
            self._wanted |= {ServerEventKind.MEDIA_TAG}
        if hooks is not None:
            for kind in hooks._asked():
                options[ASKING[kind]] = True
            options["events"] = self._wanted | hooks._told()
            options["ask_media_tag"] = self._asks_media or hooks.media_tag is not None
        self._tells = bool(options.get("events")) or self._asks_media
        return options

    def _pause(self, paused: bool) -> None:
        if not self._closed:
            with contextlib.suppress(Error):
                _native.server_set_queue(self._handle, 0 if paused else self._queue, self._number)

    def _is_over(self) -> bool:
        """Whether it has ended, and told so."""
        return self._ended is not None and (self._all_told or not self._tells)

    def _arrived(self, payload: Any) -> ServerEvent | None:
        """What the library tells: returned if it is for hooks."""
        event = server_event_of(payload)
        if not self._told.came(event):
            event.keep()
            return None
        if self._hooks is not None:
            return event
        self._told.events.append(event)
        return None

    def _failed(self, name: str, about: BaseRequest | ServerEvent, error: BaseException) -> None:
        """A hook has raised something."""
        if isinstance(about, BaseRequest):
            refusal = error if isinstance(error, Refusal) else Refusal("the application failed")
            if not about.closed:
                about._refuse(refusal.description, refusal.code)
            if isinstance(error, Refusal):
                return
        logger.error("the hook %s failed", name, exc_info=error)

    def _hook_of(self, about: BaseRequest | ServerEvent) -> tuple[str, Any]:
        """The name of what is told or asked, and who is to be called."""
        name = about.kind.name.lower()
        asked = isinstance(about, BaseRequest)
        return name, getattr(self._hooks, name) if (name in REQUESTS) == asked else None

    def _after(self, about: BaseRequest | ServerEvent, kept: object) -> BaseRequest | None:
        """What follows when a hook was called, or when there is none. A request that is the application's is returned."""
        if isinstance(about, ServerEvent):
            dropped = kept is False and about.kind == ServerEventKind.MEDIA_TAG
            if dropped:
                about.drop()
            elif not self._asks_media:
                about.keep()
            if dropped or about.kind not in self._wanted:
                self._told.done(about)
            else:
                self._told.events.append(about)
            return None
        if about.closed:
            return None
        if about.kind in self._asked:
            return about
        with contextlib.suppress(Error):
            if about.kind not in (RequestKind.PUBLISH, RequestKind.PLAY):
                about._grant(0, 0)
            elif self._hub is not None:
                self._hub.accept(about)
            else:
                about._refuse("no such stream", None)
        return None

    def kick(self, connection: int, description: str | None = None, *, code: str | None = None) -> bool:
        """End a connection, by the number that requests, sessions and events have; false when it is not there any more.

        Streams on it end as by Session.close with these words, a request that waits is rejected with them, and a
        connection that has neither is cut.
        """
        try:
            _native.server_kick(self._handle, connection, words(code), words(description))
        except Error as error:
            if error.status != Status.STATE:
                raise
            return False
        return True
