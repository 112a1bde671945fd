"""SQLite keys: a live server whose publishers need a key that is in a database.

    python sqlite_keys.py -database keys.db -add alice            prints a new key for the stream name alice
    python sqlite_keys.py -database keys.db -listen localhost:1935
    ffmpeg -re -i clip.mp4 -c copy -f flv 'rtmp://localhost/live/alice?key=THE-KEY'      (OBS: stream key alice?key=THE-KEY)
    ffplay rtmp://localhost/live/alice

The question whether somebody may publish is a coroutine function, a hook of the server's. SQLite itself waits, for a disk or
for another program that has the database locked, so it is asked on a thread: streams that run, players, and other publishers
go on meanwhile. Only who asks has to wait, for 5 s at most. The database holds hashes of keys: who reads it cannot publish.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import secrets
import signal
import sqlite3
import sys
from urllib.parse import parse_qs

import oxrtmp
import oxrtmp.aio

PATIENCE = 5  # seconds, for the database's answer; less than the server's Timeouts.decision
SCHEMA = "CREATE TABLE IF NOT EXISTS keys (stream_name TEXT PRIMARY KEY, sha256 BLOB NOT NULL)"


def hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()  # keys are random and long: nothing slower is needed


def connect(database: str) -> contextlib.closing[sqlite3.Connection]:
    """A connection that is closed at the end of a with, and of one thread only."""
    return contextlib.closing(sqlite3.connect(database, timeout=PATIENCE))


def add(database: str, stream_name: str) -> str:
    """Give a stream name a new key, in place of the one it had."""
    key = secrets.token_urlsafe(24)
    with connect(database) as db, db:
        db.execute(SCHEMA)
        db.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (stream_name, hash_of(key)))
    return key


def may_publish(database: str, stream_name: str, key: str) -> bool:
    """Whether the key is the stream name's. Waits."""
    with connect(database) as db:
        row = db.execute("SELECT sha256 FROM keys WHERE stream_name = ?", (stream_name,)).fetchone()
    return row is not None and hmac.compare_digest(row[0], hash_of(key))


def hooks(database: str) -> oxrtmp.Hooks:
    async def publish(request: oxrtmp.aio.Request) -> None:
        key = parse_qs(request.query).get("key", [""])[0]
        try:
            async with asyncio.timeout(PATIENCE):
                known = await asyncio.to_thread(may_publish, database, request.stream_name, key)
        except (TimeoutError, sqlite3.Error) as error:
            print(f"database: {error or 'no answer'}", file=sys.stderr)
            raise oxrtmp.Refusal("try again later") from None
        if not known:
            raise oxrtmp.Refusal("unauthorized")
        print(f"publish {request.app}/{request.stream_name} from {request.peer_address}", flush=True)

    async def unpublish(event: oxrtmp.ServerEvent) -> None:
        print(f"end {event.app}/{event.stream_name}", flush=True)

    return oxrtmp.Hooks(publish=publish, unpublish=unpublish)


async def serve(flags: argparse.Namespace) -> None:
    """Serve publishers and players until a signal comes. The hub takes all whom the hook has not refused."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with (
        oxrtmp.aio.Hub() as hub,
        oxrtmp.aio.Server(flags.listen, hub=hub, hooks=hooks(flags.database)) as server,
    ):
        print("listening on " + ", ".join(server.addresses), flush=True)
        serving = loop.create_task(server.serve())
        await stop.wait()
        await server.close()
        await serving


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sqlite_keys", description="A live server with keys in a database.")
    parser.add_argument("-database", metavar="FILE", default="keys.db")
    parser.add_argument(
        "-add", metavar="NAME", default="", help="make a new key for this stream name, print it, and end"
    )
    parser.add_argument("-listen", metavar="ADDRESS", default="127.0.0.1:1935", help="serve here")
    return parser.parse_args()


def main() -> int:
    flags = arguments()
    try:
        if flags.add:
            print(add(flags.database, flags.add))
        else:
            with connect(flags.database) as db, db:
                db.execute(SCHEMA)
            asyncio.run(serve(flags))
    except (oxrtmp.Error, sqlite3.Error) as error:
        print(f"sqlite_keys: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
