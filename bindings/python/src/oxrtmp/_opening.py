"""What asyncio's accept, reject and publish return."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Generator
from types import TracebackType
from typing import Any, Protocol, TypeVar


class Closes(Protocol):
    """Something that `async with` closes."""

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None: ...


T = TypeVar("T", bound=Closes)


class Opening(Coroutine[Any, Any, T]):
    """A Session or Client on its way: `await` it, or use it in `async with`, which closes it at the end.

    It is a coroutine for those who want one, as tasks do.
    """

    def __init__(self, coming: Awaitable[T]) -> None:
        self._coming = coming
        self._value: T | None = None

    def __await__(self) -> Generator[Any, Any, T]:
        return self._coming.__await__()

    def send(self, value: Any, /) -> Any:
        """A step of the coroutine."""
        return self.__await__().send(value)

    def throw(self, *given: Any) -> Any:
        """An exception for the coroutine."""
        return self.__await__().throw(*given)

    def close(self) -> None:
        """The end of the coroutine, not of what came of it."""
        self.__await__().close()

    async def __aenter__(self) -> T:
        self._value = await self._coming
        return self._value

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._value is not None:
            await self._value.__aexit__(kind, value, tb)


class Ready(Awaitable[T]):
    """What is there already, to be awaited."""

    def __init__(self, value: T) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, None, T]:
        return self._value
        yield


class Done(Awaitable[None]):
    """What is done already. It may be awaited, and need not be."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield
