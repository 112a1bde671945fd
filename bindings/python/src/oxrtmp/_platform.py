"""What the library can be loaded on, in words for where it cannot."""

from __future__ import annotations

import sysconfig


def foreign_libc(soabi: str | None = None) -> str:
    """The C library that this Python was built for where it is not glibc, which Go's shared libraries need; else ""."""
    name = soabi or str(sysconfig.get_config_var("SOABI") or "")
    return "musl" if "musl" in name else ""


def refusal(error: ImportError, libc: str) -> str:
    """Why the extension module could not be imported."""
    if libc:
        return (
            f"oxrtmp: this Python's C library is {libc}, which cannot load shared libraries made by Go "
            "(golang/go#54805): use a system or container image with glibc, such as python:3.12-slim instead of "
            "python:3.12-alpine"
        )
    return f"oxrtmp: the extension module cannot be loaded: {error}"
