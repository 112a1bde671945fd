"""What the library can be loaded on, in words for where it cannot."""

from __future__ import annotations

import sys


def check(abiflags: str = sys.abiflags) -> None:
    """Refuse a Python whose objects are not those that the extension module knows."""
    if "t" in abiflags:
        raise ImportError(
            "oxrtmp: this Python is a free-threaded build, which oxrtmp does not support: "
            "use the build of the same version that has the GIL"
        )


def foreign_libc() -> str:
    """The C library that this Python was built for where it is not glibc, which Go's shared libraries need; else ""."""
    import sysconfig

    return "musl" if "musl" in str(sysconfig.get_config_var("SOABI") or "") else ""


def refusal(error: ImportError) -> str:
    """Why the extension module could not be imported."""
    libc = foreign_libc()
    if libc:
        return (
            f"oxrtmp: this Python's C library is {libc}, which cannot load shared libraries made by Go "
            "(golang/go#54805): use a system or container image with glibc, such as python:3.12-slim instead of "
            "python:3.12-alpine"
        )
    if "subinterpreters" in str(error):
        return (
            "oxrtmp: this is a subinterpreter with a GIL of its own, which oxrtmp does not support: import it in the "
            "main interpreter, or in one that shares the GIL, and use threads or processes"
        )
    return f"oxrtmp: the extension module cannot be loaded: {error}"
