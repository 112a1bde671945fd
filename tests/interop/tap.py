"""A TCP proxy that writes down what the client says.

    python3 tests/interop/tap.py LISTEN_PORT SERVER_PORT OUT.bin [OUT2.bin …]

Each connection's client→server bytes go into the next file, exactly as they
came; it ends when the last of these connections is closed. These files are
replayed by the Go tests and seed the fuzzers (testdata/captures/README.md).
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from pathlib import Path


class Tap:
    """Listens on a port of 127.0.0.1 (0: any free one) and forwards to another."""

    def __init__(self, server_port: int, files: list[Path], listen_port: int = 0):
        self._server_port = server_port
        self._files = files
        self._listener = socket.create_server(("127.0.0.1", listen_port))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        connections = []
        for file in self._files:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                break
            connections.append(threading.Thread(target=self._serve, args=(client, file), daemon=True))
            connections[-1].start()
        for connection in connections:
            connection.join()

    def _serve(self, client: socket.socket, file: Path) -> None:
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server, file.open("wb") as out:
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server, out)
            back.join(10)

    def wait(self, timeout: float) -> None:
        """Waits until the last connection is over; fails when the time is."""
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise AssertionError(f"connections still open after {timeout} s")
        self._listener.close()

    def close(self) -> None:
        # Shutting down wakes the accept; closing alone would not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _copy(source: socket.socket, target: socket.socket, out=None) -> None:
    try:
        while data := source.recv(65536):
            if out:
                out.write(data)
            target.sendall(data)
    except OSError:
        pass  # a reset ends the conversation like a close
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    listen, server, *names = sys.argv[1:]
    tap = Tap(int(server), [Path(name) for name in names], int(listen))
    tap.wait(600)
