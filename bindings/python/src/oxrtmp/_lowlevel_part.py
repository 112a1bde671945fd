"""What the low-level parts that are handles have in common."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ._base import Handle
from ._errors import Error


class Part(Handle):
    """A handle that is closed at once, by a function of the library."""

    def __init__(self, handle: int, close: Callable[[int], None]) -> None:
        self._handle, self._close = handle, close
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End it. Closing again does nothing."""
        if not self._closed:
            self._drop()

    def _drop(self) -> None:
        self._closed = True
        with contextlib.suppress(Error):
            self._close(self._handle)
