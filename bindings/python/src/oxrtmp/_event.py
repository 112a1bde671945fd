"""Events, and the waiting for those that a stream tells besides its packets."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from . import _native
from ._base import values_in
from ._enums import EventKind, RelayState
from ._errors import Error, Status, make_error
from ._native import Packet
from ._shared import SharedObject

if TYPE_CHECKING:
    from ._engine import EngineRequest

MOST_EVENTS = 256  # that wait to be taken: what comes then is dropped, as the library does

TOLD = frozenset(
    {
        EventKind.PAUSE, EventKind.UNPAUSE, EventKind.SEEK, EventKind.RECEIVE, EventKind.BUFFER_LENGTH,
        EventKind.STATUS, EventKind.CONTROL, EventKind.RECONNECT, EventKind.CALL, EventKind.SHARED_OBJECT, EventKind.RECONNECTING,
        EventKind.RECONNECTED, EventKind.CONGESTED, EventKind.RELIEVED,
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Event:
    """Something that happened."""

    kind: EventKind  #: what happened
    stream_id: int = 0  #: of engines, and of CONTROL: the message stream that it is about
    value: int = 0  #: a number, of some kinds
    on: bool = False  #: of RECEIVE: whether they are wanted
    status: int = Status.OK  #: of ends and failures: a Status
    phase: str = ""  #: of failures: where in the connection's life
    code: str = ""  #: the peer's code
    text: str = ""  #: the peer's words, or what happened
    packet: Packet | None = None  #: of PACKET; None if there was no memory for it
    request: EngineRequest | None = None  #: of REQUEST
    name: str = ""  #: of CALL
    values: list[Any] = field(
        default_factory=list[Any]
    )  #: of CALL the arguments, of REPLY the answer, as oxrtmp.amf has them
    shared_object: SharedObject | None = None  #: of SHARED_OBJECT

    def __repr__(self) -> str:
        """What there is to say."""
        said = {f.name: getattr(self, f.name) for f in fields(self)[1:]}
        if self.kind is EventKind.RELAY:
            said["value"] = RelayState(self.value)
        said["status"] = make_error(self.status, "", "", "", "").name if self.status else ""
        words = [f" {name}={value!r}" for name, value in said.items() if value]
        return f"<oxrtmp.Event {self.kind}{''.join(words)}>"

    @property
    def error(self) -> Error | None:
        """What status, phase, code and text say as an exception, to be shown or raised; None where status is OK."""
        if self.status == Status.OK:
            return None
        detail = ": ".join(part for part in (self.phase, self.code, self.text) if part)
        return make_error(self.status, detail, self.phase, self.code, self.text)


def event_of(kind: int, payload: Any) -> Event:
    """An event as the queue has it."""
    if len(payload) == 2:  # what a peer says, or for which there was no memory
        return values_of(kind, *payload)
    status, phase, code, text, _, _, value, on, stream_id = payload
    return Event(
        kind=EventKind(kind), stream_id=stream_id, value=value, on=bool(on), status=status, phase=phase, code=code, text=text
    )  # fmt: skip


def values_of(kind: int, value: int, body: bytes) -> Event:
    """A call, or a shared object."""
    if kind == EventKind.SHARED_OBJECT:
        return Event(kind=EventKind.SHARED_OBJECT, shared_object=SharedObject._of(body))
    name, _, values = _native.command_parse(20, body)
    _, *arguments = values_in(values)
    return Event(kind=EventKind.CALL, value=value, name=name, values=arguments)
