"""A peer on FFmpeg 8 as PyAV bundles it. A program of its own, so that its waits can be bounded.

peer_pyav.py publish SOURCE URL [COPY.flv]   publishes without encoding; the same muxer writes COPY.flv
peer_pyav.py packets FILE [CODECS]           one JSON line per packet; CODECS is its rtmp_enhanced_codecs, or none
"""

from __future__ import annotations

import hashlib
import json
import sys

import av


def publish(source: str, url: str, *copies: str) -> None:
    with av.open(source) as src:
        outs = [av.open(to, "w", format="flv", container_options={"flvflags": "no_duration_filesize"})
                for to in (url, *copies)]  # fmt: skip
        streams = [[out.add_stream_from_template(s, opaque=True) for s in src.streams] for out in outs]
        bases = [s.time_base for s in src.streams]
        count = 0
        for packet in src.demux():
            if packet.dts is None:
                continue
            index, pts, dts = packet.stream_index, packet.pts, packet.dts
            for out, own in zip(outs, streams):
                # The muxer rescales a packet in place: give it the source's times again.
                packet.time_base, packet.pts, packet.dts = bases[index], pts, dts
                packet.stream = own[index]
                out.mux(packet)
            count += 1
        for out in outs:
            out.close()
    print(f"published {count} packets")


def packets(file: str, codecs: str = "") -> None:
    # FFmpeg looks long for what a stream might still have, where it lacks video.
    options = {"analyzeduration": "1000000"} if codecs else {}
    if codecs not in ("", "none"):
        options["rtmp_enhanced_codecs"] = codecs
    with av.open(file, options=options) as src:
        for p in src.demux():
            if p.dts is None:
                continue
            data = bytes(p)
            print(json.dumps({
                "stream": p.stream.index,
                "codec": p.stream.codec_context.name,
                "pts_ms": round(float(p.pts * p.time_base) * 1000),
                "dts_ms": round(float(p.dts * p.time_base) * 1000),
                "keyframe": bool(p.is_keyframe),
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }))  # fmt: skip


if __name__ == "__main__":
    {"publish": publish, "packets": packets}[sys.argv[1]](*sys.argv[2:])
