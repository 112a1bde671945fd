"""The handshake without a socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _native
from ._owned import Managed, Owned

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: Bytes that a handshake takes from Handshake's `random`.
HANDSHAKE_RANDOM_SIZE = 3032


@dataclass(frozen=True, kw_only=True, slots=True)
class HandshakeInfo:
    """What a handshake has found out; all of it is known when it is done."""

    done: bool  #: the peer's last byte has arrived
    digest: bool  #: it is the digest handshake, not the simple one
    scheme: int  #: where the digest's block begins in the peer's packet: 8 or 772; 0 without
    peer_time_ms: int  #: the peer's clock, of its C1 or S1
    peer_verified: bool  #: the peer's answer was right; many working peers' is not
    peer_version: bytes  #: bytes 4 to 7 of the peer's C1 or S1


class Handshake(Owned, Managed):
    """One side of a handshake. The calling side's first output is at hand.

    `client`: the calling side, else the accepting one. `digest`: the calling side offers the digest handshake; the other
    side does as the peer does. `time_ms`: your clock, which C1 or S1 tells. `random`: at least HANDSHAKE_RANDOM_SIZE
    bytes for the random parts; the system's randomness.

    >>> from oxrtmp import lowlevel
    >>> with lowlevel.Handshake(client=True) as client, lowlevel.Handshake() as server:
    ...     while not (client.result().done and server.result().done):
    ...         _ = server.receive(client.output())
    ...         _ = client.receive(server.output())
    ...     server.result().digest
    False
    """

    def __init__(
        self, *, client: bool = False, digest: bool = False, time_ms: int = 0, random: Buffer | None = None
    ) -> None:
        self._own(_native.handshake_create(client, digest, time_ms, random), _native.handshake_close)

    def receive(self, data: Buffer) -> int:
        """Give it bytes that arrived, in pieces of any size. How many it took: what follows belongs to the chunks.

        ProtocolError, at every later call too, when the first byte is not that of RTMP; it says what it looks like.
        """
        return _native.handshake_receive(self._handle, data)

    def output(self) -> bytes:
        """Take the bytes that are to be sent. There may be some when the handshake is done."""
        return _native.handshake_output(self._handle, None)

    def output_into(self, buffer: Buffer) -> int:
        """Take as many of them as the buffer has room for: how many."""
        return _native.handshake_output(self._handle, buffer)

    def result(self) -> HandshakeInfo:
        """What it has found out so far."""
        done, digest, scheme, peer_time_ms, peer_verified, peer_version = _native.handshake_result(self._handle)
        return HandshakeInfo(
            done=done,
            digest=digest,
            scheme=scheme,
            peer_time_ms=peer_time_ms,
            peer_verified=peer_verified,
            peer_version=peer_version,
        )


def handshake_offsets(packet: Buffer, scheme: int) -> tuple[int, int]:
    """Where the digest (32 bytes) and a Diffie-Hellman public key (128 bytes) would be in a C1 or S1 of 1536 bytes.

    `scheme` is where the digest's block begins: 8 or 772.
    """
    return _native.handshake_offsets(packet, scheme)
