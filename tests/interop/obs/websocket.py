"""As much of a WebSocket client (RFC 6455) as obs-websocket needs: whole text messages to and fro."""

from __future__ import annotations

import base64
import json
import os
import socket


class WebSocket:
    def __init__(self, port: int, timeout: float):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: obswebsocket.json\r\n\r\n".encode()
        )
        head = self._until(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head.decode(errors="replace"))

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(end)
        return head

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _more(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the other side closed the WebSocket")
        self._buffer += data

    def send(self, message: dict[str, object]) -> None:
        data = json.dumps(message).encode()
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self._socket.sendall(b"\x81" + size + mask + masked)

    def receive(self) -> dict[str, object]:
        while True:
            first, second = self._exactly(2)
            size = second & 0x7F
            if size >= 126:
                size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
            data = self._exactly(size)
            if first & 0x0F == 1:
                return json.loads(data)
            if first & 0x0F == 8:
                raise ConnectionError(f"the other side closed the WebSocket: {data!r}")

    def close(self) -> None:
        self._socket.close()
