"""A clip goes from a client to a server, on arm64."""

from __future__ import annotations

import platform
import sys
import threading

import oxrtmp

assert platform.machine() == "aarch64", platform.machine()
assert "arm64" in oxrtmp.build_info(), oxrtmp.build_info()
with oxrtmp.FLVReader(sys.argv[1]) as reader:
    clip = list(reader)

with oxrtmp.Server("127.0.0.1:0") as server:
    url = f"rtmp://{server.address}/live/test"

    def publish() -> None:
        with oxrtmp.Client.publish(url) as client:
            client.send_packets(clip)

    publishing = threading.Thread(target=publish)
    publishing.start()
    with server.accept(60).accept() as session:
        got = [(p.type, p.timestamp_ms, p.codec, bytes(p.data)) for p in session]
    publishing.join()
assert got == [(p.type, p.timestamp_ms, p.codec, bytes(p.data)) for p in clip], (len(got), len(clip))
print(f"  python {platform.python_version()} on {platform.machine()}: {len(got)} packets, {oxrtmp.build_info()}")
