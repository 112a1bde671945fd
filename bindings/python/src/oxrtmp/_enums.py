"""Kinds, policies, flags and codecs: what has one of a few values."""

from __future__ import annotations

from enum import IntEnum, IntFlag, StrEnum


class Named(IntEnum):
    """A number that is shown by its name."""

    def __str__(self) -> str:
        return self.name

    def __format__(self, format_spec: str) -> str:
        return format(self.name, format_spec)


class PacketKind(Named):
    """What a packet is for."""

    NONE = 0  #: an empty packet
    SEQUENCE_HEADER = 1  #: what the track's decoder needs first: avcC, AudioSpecificConfig, ...
    FRAME = 2  #: one access unit; also audio and video that could not be parsed (MALFORMED)
    SEQUENCE_END = 3  #: no further frame of the track's sequence follows
    METADATA = 4  #: onMetaData, or with a flag: a channel layout, colour information
    DATA = 5  #: any other data message; Packet.handler is its name
    COMMAND = 6  #: a video command: client-side seek begins or ends
    SILENCE = 7  #: an audio message without bytes: play out what is there, then be silent


class Strict(IntFlag):
    """Departures from the specification that end a connection instead of being put up with.

    Encoders in use make most of them: this is for tests of encoders.
    """

    HANDSHAKE = 1 << 0  #: a C2 that does not repeat S1: the peer has not waited for the handshake
    CONNECT = 1 << 1  #: commands, such as releaseStream and FCPublish, before connect was accepted
    AMF = 1 << 2  #: AMF0 without the ends of its objects, in commands and data
    TIMESTAMPS = 1 << 3  #: audio, or video, with a timestamp before that of the one before it
    METADATA = 1 << 4  #: onMetaData a second time in a stream
    APP = 1 << 5  #: a connect without an app
    CHUNK_SIZE = 1 << 6  #: a chunk size of 0, or above 65536
    ORDER = 1 << 7  #: commands and media out of the order of RTMP 1.0, section 7.2
    ALL = (1 << 8) - 1  #: all of them


class PacketFlags(IntFlag):
    """Properties of a packet."""

    KEYFRAME = 1 << 0  #: video frame that needs no earlier one
    ENHANCED = 1 << 1  #: Enhanced RTMP header; when sending: ask for one
    MALFORMED = 1 << 2  #: header not understood: codec is "", data is all of raw
    DISPOSABLE = 1 << 3  #: video frame that no other one refers to
    MULTITRACK = 1 << 4  #: came in a message with several tracks, which is raw
    MPEG2TS = 1 << 5  #: sequence header that is an MPEG-2 transport stream's descriptor
    MULTICHANNEL_CONFIG = 1 << 6  #: metadata that is an audio track's channel layout: Channels.parse
    COLOR_INFO = 1 << 7  #: metadata that is a video track's: lowlevel.color_info_parse
    CONTINUED = 1 << 8  #: not the first packet of its message: skip it when forwarding raw
    SET_DATA_FRAME = 1 << 9  #: data message that came inside @setDataFrame; when sending: wrap it
    UNOFFICIAL_ID = 1 << 10  #: legacy header with codec number 12 (H.265) or 13 (AV1)
    ENCRYPTED = 1 << 11  #: of FLV files, MALFORMED too: see lowlevel.FLVEnvelope


class Codec(StrEnum):
    """A codec's four characters, as Packet.codec has them."""

    AVC1 = "avc1"  #: H.264
    HVC1 = "hvc1"  #: H.265
    VVC1 = "vvc1"  #: H.266
    AV01 = "av01"  #: AV1
    VP08 = "vp08"  #: VP8
    VP09 = "vp09"  #: VP9
    MP4A = "mp4a"  #: AAC
    OPUS = "Opus"  #: Opus
    FLAC = "fLaC"  #: FLAC
    AC3 = "ac-3"  #: AC-3
    EC3 = "ec-3"  #: Enhanced AC-3
    MP3 = ".mp3"  #: MP3
    JPEG = "jpeg"  #: JPEG; this and those below only in legacy headers
    SORENSON_H263 = "flv1"  #: Sorenson H.263
    SCREEN_VIDEO = "fsv1"  #: Screen Video
    SCREEN_VIDEO_2 = "fsv2"  #: Screen Video 2
    VP6 = "vp6f"  #: On2 VP6
    VP6_ALPHA = "vp6a"  #: On2 VP6 with transparency
    H263 = "h263"  #: H.263
    MPEG4_VISUAL = "mp4v"  #: MPEG-4 Visual
    PCM_PLATFORM = "pcmp"  #: PCM in the sender's byte order: little-endian
    PCM_LITTLE = "pcml"  #: PCM, little-endian
    ADPCM = "swfa"  #: ADPCM of Flash
    NELLYMOSER = "nmos"  #: Nellymoser
    NELLYMOSER_16 = "nm16"  #: Nellymoser at 16 kHz
    NELLYMOSER_8 = "nm08"  #: Nellymoser at 8 kHz
    ALAW = "alaw"  #: G.711 A-law
    MULAW = "ulaw"  #: G.711 mu-law
    SPEEX = "spex"  #: Speex
    DEVICE_SPECIFIC = "devs"  #: whatever a device makes of it


class RequestKind(Named):
    """What a peer asks for. Only publish requests come unless the server's options ask for others."""

    PUBLISH = 1  #: to publish a stream
    PLAY = 2  #: to play one
    CONNECTION = 3  #: to be let in: no byte has been read yet
    CONNECT = 4  #: its connect command: application, login
    FC_PUBLISH = 5  #: FCPublish, which encoders send before publish


class ServerEventKind(Named):
    """What a ServerEvent tells. The name in lower case is that of the hook.

    What was granted is followed by its end exactly once, however the connection ends: CONNECTION by DISCONNECT, PUBLISH
    by PUBLISH_STOP and UNPUBLISH, PLAY by PLAY_STOP.
    """

    CONNECTION = 1  #: a peer was let in, before its first byte is read
    HANDSHAKE_COMPLETE = 2  #: its handshake is complete
    CONNECT = 3  #: its connect was granted: app
    DISCONNECT = 4  #: it is gone: text, status
    FC_PUBLISH = 5  #: its FCPublish was granted
    PUBLISH = 6  #: its publish was granted
    PUBLISH_STOP = 7  #: nothing more comes of what it published: text
    UNPUBLISH = 8  #: and the session has ended by that, so that its name is free
    PLAY = 9  #: its play was granted
    PLAY_STOP = 10  #: it plays no longer: text
    PAUSE = 11  #: a player pauses: position_ms
    UNPAUSE = 12  #: and goes on: position_ms
    METADATA = 13  #: onMetaData came: packet
    MEDIA_TAG = 14  #: an audio or video message came: packet (its first)
    VIDEO_FRAME = 15  #: a video frame with a legacy header: packet
    AUDIO_FRAME = 16  #: an audio frame with a legacy header: packet
    ENHANCED_VIDEO_FRAME = 17  #: a video frame of Enhanced RTMP: packet
    ENHANCED_AUDIO_FRAME = 18  #: an audio frame of Enhanced RTMP: packet
    KEYFRAME = 19  #: a video frame that needs no earlier one, before it is told as a frame: packet
    STATS_UPDATE = 20  #: stats_interval has passed for a stream: statistics


class LoginScheme(Named):
    """Ways in which encoders log in by user and password."""

    ADOBE = 1  #: authmod=adobe, which FFmpeg, OBS, FMLE, Wirecast and many others know
    LLNW = 2  #: authmod=llnw, Limelight's


class EventKind(Named):
    """What an Event tells."""

    REQUEST = 1  #: the peer asks: answer `request`
    PACKET = 2  #: `packet` has arrived
    STREAM_END = 3  #: the stream has ended; `text` says how
    CONNECTED = 4  #: the server has accepted the stream: send, or packets come
    FAILED = 5  #: it has not; `status`, `code` and `text` say why
    PAUSE = 11  #: the player pauses: what is sent is left out; `value` is where it stands, in milliseconds
    UNPAUSE = 12  #: the player goes on, and needs sequence headers and a keyframe; `value` as of PAUSE
    SEEK = 13  #: the player wants to be elsewhere in a recorded stream; `value` is where, in milliseconds
    RECEIVE = 14  #: the player wants packets of a type or not: `value` is 8 for audio, 9 for video; `on`
    BUFFER_LENGTH = 15  #: the player says how much it buffers; `value` in milliseconds
    CALL = 48  #: with answer_calls: the peer calls `name` with `values`; `value` is for answer and refuse, 0: none is wanted
    SHARED_OBJECT = 49  #: with answer_calls: `shared_object` has come
    REPLY = 50  #: of engines: the answer to the call whose number is `value`: its `values`, or an `error`
    RECONNECT = 51  #: the server asks the client to connect anew; `text` is where
    RELAY = 16  #: the relay has come into a state: `value` is a RelayState; `status` and `text` say why
    RECONNECTING = 18  #: with reconnect: the connection is lost, `status` says why; it is made again
    RECONNECTED = 19  #: with reconnect: the server has accepted again
    CONGESTED = 20  #: with drop_video or reconnect: half of output_bytes is queued
    RELIEVED = 21  #: with drop_video or reconnect: no more than a quarter is queued again
    HANDSHAKE = 32  #: the handshake is done; `text` is "simple" or "digest"
    STATUS = 33  #: the server said something else; `code` and `text`
    COMMAND = 34  #: a command that was refused, without answer_calls; `code` is its name
    CONTROL = 35  #: a user control event; `value` is its number
    ACKNOWLEDGED = 36  #: `value` is how many bytes the peer has received, modulo 2**32
    CHUNK_SIZE = 37  #: `value` is the size of the chunks that the peer sends from now on


class CachePolicy(Named):
    """What late players get besides metadata and sequence headers."""

    GOP = 0  #: everything since the last keyframe
    KEYFRAME = 1  #: the last keyframe; then no video until the next one
    OFF = 2  #: nothing: the video begins with the next keyframe


class SlowPolicy(Named):
    """What happens to a player that takes less than it is sent."""

    DROP = 0  #: video is dropped up to the next keyframe, audio flows
    DISCONNECT = 1  #: it is disconnected
    BLOCK = 2  #: its stream waits for it, and with it every other player


class Takeover(Named):
    """What happens when somebody publishes under a name that has a publisher."""

    REJECT = 0  #: the newcomer is refused: NetStream.Publish.BadName
    REPLACE = 1  #: the newcomer takes over, the players stay
    IF_SILENT = 2  #: it takes over if nothing has come from the other one for `silent_after`


class Timestamps(Named):
    """Which timestamps players see. Those of a publisher that takes over go on where the last ones were."""

    KEEP = 0  #: the first publisher's, whatever they do
    MONOTONIC = 1  #: its too, but those of audio, and those of video, never go back
    REBASE = 2  #: as monotonic, from 0 with the first frame


class CodecPolicy(Named):
    """What becomes of players that have not said in connect that they decode what a stream carries."""

    PASS = 0  #: they get everything
    REFUSE = 1  #: they are told NetStream.Play.Failed
    FILTER = 2  #: they get what they have said that they decode, data, and what has no codec


class RelayState(Named):
    """What a relay does."""

    IDLE = 0  #: nothing to relay: no publisher here, or on demand no player, or another publisher
    CONNECTING = 1  #: to the other server
    RUNNING = 2  #: the other server has accepted
    WAITING = 3  #: the connection failed: it will try again
    CLOSED = 4  #: it was closed, or its hub, or it gave up
