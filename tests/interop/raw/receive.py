"""receive.py -listen ADDRESS DIRECTORY: take one stream, record it, and write its video as a raw file."""

from __future__ import annotations

import sys
from pathlib import Path

import oxrtmp
from oxrtmp import PacketKind, codec

SUFFIX = {"avc1": ".h264", "hvc1": ".h265"}


def main() -> None:
    directory = Path(sys.argv[3])
    raw, length_size, frames = bytearray(), 0, 0
    with oxrtmp.Server(sys.argv[2]) as server:
        print("listening on", server.address, flush=True)
        with server.accept().accept() as session, oxrtmp.Recorder(directory / "recorded.flv") as recorder:
            for packet in session:
                recorder.write(packet)
                if packet.codec not in SUFFIX:
                    continue
                if packet.kind is PacketKind.SEQUENCE_HEADER:
                    raw += codec.parameter_sets(packet.codec, packet.data)
                    length_size = codec.describe(packet).length_size
                    suffix = SUFFIX[packet.codec]
                elif packet.kind is PacketKind.FRAME:
                    raw += codec.to_annexb(packet.data, length_size=length_size)
                    frames += 1
    (directory / f"raw{suffix}").write_bytes(raw)
    print(f"frames={frames}")


main()
