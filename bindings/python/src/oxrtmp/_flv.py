"""FLV files: Recorder writes them, FLVReader reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from . import _native
from ._errors import AgainError, Status
from ._native import Packet
from ._owned import Managed, Owned

if TYPE_CHECKING:
    from typing_extensions import Buffer

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class Recorder(Managed):
    """Writes packets into an FLV file: payloads as they came, and in the first file timestamps too.

    If the file exists, name-2.flv, name-3.flv, ... is used instead: no file is overwritten. A file whose recorder is
    never closed can be played up to its last whole packet. Another file is begun at the first keyframe past
    rotate_bytes, or past rotate_duration seconds of media, if they are given: it can be played alone, and its time, its
    duration and its index count from that keyframe. Without video, or when that has ended or has not come for ten
    seconds, any audio frame will do.
    """

    def __init__(
        self, path: Path, *, index_bytes: int = 0, rotate_bytes: int = 0, rotate_duration: float | None = None
    ) -> None:
        options = _options(index_bytes, rotate_bytes, rotate_duration)
        self._handle = _native.recorder_open(os.fsencode(path), options)
        self._closed = False

    @classmethod
    def in_directory(
        cls,
        directory: Path,
        name: str,
        *,
        index_bytes: int = 0,
        rotate_bytes: int = 0,
        rotate_duration: float | None = None,
    ) -> Self:
        """Record into a file in a directory, made if missing, that is named after a stream.

        name may be whatever a peer sent: a safe file name is made of it.

        >>> with oxrtmp.Recorder.in_directory("recordings", "../cam/1") as recorder:
        ...     print(recorder.path)
        recordings/...cam_1.flv
        """
        self = cls.__new__(cls)
        options = _options(index_bytes, rotate_bytes, rotate_duration)
        self._handle = _native.recorder_open_in(os.fsencode(directory), name.replace("\0", "_"), options)
        self._closed = False
        return self

    def __repr__(self) -> str:
        return f"<oxrtmp.Recorder {'closed' if self._closed else self.path}>"

    def write(self, packet: Packet) -> None:
        """Append a packet. Pass every packet, `continued` ones included. Waits for the file system only."""
        _native.recorder_write(self._handle, packet)

    @property
    def path(self) -> str:
        """The path of the file being written."""
        return os.fsdecode(_native.recorder_path(self._handle))

    def close(self) -> None:
        """Complete the file: duration, size, index of keyframes. Closing again does nothing."""
        super().close()

    def _drop(self) -> None:
        self._closed = True
        _native.recorder_close(self._handle)


class FLVReader(Owned, Managed):
    """Reads packets from an FLV file, or without a path from bytes that are fed to it.

    with oxrtmp.FLVReader("clip.flv") as reader:
        for packet in reader:
            ...
    """

    def __init__(self, path: Path | None = None) -> None:
        handle = _native.flv_reader_create() if path is None else _native.flv_reader_open(os.fsencode(path))
        self._own(handle, _native.flv_reader_close)

    def __iter__(self) -> Iterator[Packet]:
        """Packets to the end of the file, or of what was fed so far."""
        while (packet := self.next_packet()) is not None:
            yield packet

    def next_packet(self) -> Packet | None:
        """The next packet; None at the end of the file, or when more must be fed."""
        return _native.flv_reader_next_packet(self._handle)

    def feed(self, data: Buffer) -> None:
        """Feed the next bytes of an FLV stream, split anywhere. AgainError when too many packets wait to be taken.

        >>> with open("clip.flv", "rb") as file, oxrtmp.FLVReader() as reader:
        ...     while piece := file.read(65536):
        ...         reader.feed(piece)
        ...         for packet in reader:
        ...             last = packet
        >>> last.codec in ("avc1", "mp4a")
        True
        """
        if not _native.flv_reader_feed(self._handle, data):
            raise AgainError("take the packets that wait first", Status.AGAIN)


def _options(index_bytes: int, rotate_bytes: int, rotate_duration: float | None) -> dict[str, Any]:
    duration = 0 if rotate_duration is None else max(1, round(rotate_duration * 1000))
    return {"index_bytes": index_bytes, "rotate_bytes": rotate_bytes, "rotate_duration_ms": duration}
