"""The parts that an engine is made of: handshake, chunks, AMF, messages, media headers and FLV tags, on bytes of yours.

For programs that read captures, try peers out, or bring a protocol engine of their own. Nothing here waits, and nothing
but the handles keeps anything. A connection is read so, once its handshake is done:

    from oxrtmp import lowlevel

    with lowlevel.ChunkDecoder() as decoder:
        rest = memoryview(data)                                              # what has arrived
        while rest:
            rest = rest[decoder.feed(rest) :]                                # up to the end of one message
            if (message := decoder.next()) is None:
                continue
            if message.type == 1:
                control = lowlevel.control_parse(1, message.payload)
                decoder.set_chunk_size(control.value)                        # holds for the next chunk already
            if message.type == 20:
                command = lowlevel.command_parse(20, message.payload)
            if message.type in (8, 9):
                packets = lowlevel.packet_parse(message.type, message.timestamp_ms, message.payload)

What results in bytes returns them; its `_into` form writes them to a buffer of yours and returns how many they are. If that
is too small it raises UsageError with Status.BUFFER, and has written and changed nothing. Numbers that do not fit their
32 bits are a ValueError. Bytes in names and texts that are not UTF-8 become surrogates, as "surrogateescape" makes them,
and the same bytes again when they are built.
"""

from __future__ import annotations

from ._enhanced import modex_build, modex_parse, multitrack, multitrack_form
from ._lowlevel_aggregate import Aggregated, aggregate_build, aggregate_parse
from ._lowlevel_amf import (
    AMFCursor,
    AMFType,
    AMFValue,
    amf_build,
    amf_build_into,
)
from ._lowlevel_chunk import ChunkDecoder, ChunkEncoder, Message, timestamp_before
from ._lowlevel_handshake import HANDSHAKE_RANDOM_SIZE, Handshake, HandshakeInfo, handshake_offsets
from ._lowlevel_login import authmod_adobe, authmod_llnw
from ._lowlevel_media import (
    ColorInfo,
    ColorSections,
    FLVEnvelope,
    color_info_build,
    color_info_build_into,
    color_info_parse,
    flv_header,
    flv_header_into,
    flv_tag,
    flv_tag_into,
    packet_build,
    packet_build_into,
    packet_parse,
)
from ._lowlevel_message import (
    Command,
    Control,
    command_build,
    command_build_into,
    command_parse,
    control_build,
    control_build_into,
    control_parse,
)

__all__ = [
    "HANDSHAKE_RANDOM_SIZE",
    "AMFCursor",
    "AMFType",
    "AMFValue",
    "Aggregated",
    "ChunkDecoder",
    "ChunkEncoder",
    "ColorInfo",
    "ColorSections",
    "Command",
    "Control",
    "FLVEnvelope",
    "Handshake",
    "HandshakeInfo",
    "Message",
    "aggregate_build",
    "aggregate_parse",
    "amf_build",
    "amf_build_into",
    "authmod_adobe",
    "authmod_llnw",
    "color_info_build",
    "color_info_build_into",
    "color_info_parse",
    "command_build",
    "command_build_into",
    "command_parse",
    "control_build",
    "control_build_into",
    "control_parse",
    "flv_header",
    "flv_header_into",
    "flv_tag",
    "flv_tag_into",
    "handshake_offsets",
    "modex_build",
    "modex_parse",
    "multitrack",
    "multitrack_form",
    "packet_build",
    "packet_build_into",
    "packet_parse",
    "timestamp_before",
]

for _name in __all__:
    if hasattr(_thing := globals()[_name], "__module__"):
        _thing.__module__ = __name__  # what tracebacks and the objects show
