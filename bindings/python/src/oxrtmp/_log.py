"""The library's log records, as records of the logger "oxrtmp"."""

from __future__ import annotations

import contextlib
import logging
import time

logger = logging.getLogger("oxrtmp")

_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}


def level() -> int:
    """The library's level for what the logger lets through now."""
    return max((number for number, level in _LEVELS.items() if logger.isEnabledFor(level)), default=0)


def write(text: str, level: int, time_ns: int) -> None:
    """Log a record that the library wrote at a time of the monotonic clock."""
    python_level = _LEVELS.get(level, logging.DEBUG)
    if not logger.isEnabledFor(python_level):
        return
    record = logger.makeRecord(logger.name, python_level, "libxrtmp", 0, text, (), None)
    ago = (time.monotonic_ns() - time_ns) / 1e9
    record.created -= ago
    record.msecs = int(record.created % 1 * 1000) + 0.0
    record.relativeCreated -= ago * 1000
    logger.handle(record)


def fault(what: str) -> None:
    """Log the exception that is being handled, where raising it would hit somebody else."""
    with contextlib.suppress(Exception):  # of the logger's handlers and filters
        logger.exception(what)
