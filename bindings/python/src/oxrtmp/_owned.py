"""How things end: by `with`, and by a function of the library."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ._base import Handle
from ._errors import Error


class Managed(Handle):
    """Closed at the end of a `with` statement."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End it. What was taken from it stays valid. Closing again does nothing."""
        if not self._closed:
            self._drop()


class Owned(Handle):
    """A handle that a function of the library closes at once, without a word that would matter."""

    _release: Callable[[int], None]

    def _own(self, handle: int, release: Callable[[int], None]) -> None:
        self._handle, self._release = handle, release
        self._closed = False

    def _drop(self) -> None:
        self._closed = True
        with contextlib.suppress(Error):
            self._release(self._handle)
