"""The responses of logins."""

from __future__ import annotations

from . import _native


def authmod_adobe(
    user: str, password: str, *, salt: str, challenge: str, client_challenge: str, opaque: str = ""
) -> str:
    """What a client answers to a server that asks for a login by authmod=adobe: the value of ``response=``.

    For peers of your own: clients and servers of this package log in and check logins by their options. `salt`,
    `challenge` and `opaque`, which takes the place of `challenge`, are what the server's refusal of connect has told;
    `client_challenge` is of your choice, and goes along as ``challenge=``. All are raw, as they stand in parameters. As
    deployed servers have it; no document describes it.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.authmod_adobe(
    ...     "alice", "s3cret", salt="Zm9v", challenge="BAgAAA==", opaque="vgoAAA==", client_challenge="0a1b2c3d"
    ... )
    'E1/Pj0PWH5M1bKNQd0uxcA=='
    """
    return _native.authmod_adobe(*map(_bytes, (user, password, salt, challenge, opaque, client_challenge)))


def authmod_llnw(user: str, password: str, *, app: str, nonce: str, client_nonce: str, count: str = "00000001") -> str:
    """The same for authmod=llnw: the digest of RFC 2617, section 3.2.2.

    `app` is the application without its query. `count` says in eight hexadecimal digits how often the server's `nonce`
    was answered, and goes along as ``nc=``; `client_nonce` is of your choice, and goes along as ``cnonce=``.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.authmod_llnw("alice", "s3cret", app="live", nonce="Tm9uY2U=", client_nonce="0a1b2c3d")
    'e68e82a926fac2444813a79bcaf5c16e'
    """
    return _native.authmod_llnw(*map(_bytes, (user, password, app, nonce, count, client_nonce)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
