"""What of the package is public: every name that a program may use, and where its words are."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import oxrtmp
from sphinx.pycode import ModuleAnalyzer

MODULES = ("oxrtmp", "oxrtmp.aio", "oxrtmp.amf", "oxrtmp.codec", "oxrtmp.lowlevel")


def comments() -> dict[tuple[str, str], str]:
    """The comments behind attributes (#:), by the class's name, which no two classes of one kind share, and theirs."""
    found: dict[tuple[str, str], str] = {}
    for name, module in sorted(sys.modules.items()):
        if f"{name}.".startswith("oxrtmp.") and getattr(module, "__file__", "").endswith(".py"):
            analyzer = ModuleAnalyzer.for_module(name)
            analyzer.analyze()
            found |= {key: " ".join(lines).strip() for key, lines in analyzer.attr_docs.items()}
    return found


def of_class(cls: type, words: dict[tuple[str, str], str]) -> dict[str, str]:
    """The public attributes of a class, those of its bases in this package too, and what is said of each."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.partition(".")[0] != "oxrtmp":
            continue
        known = {name for qualname, name in words if qualname == base.__qualname__}
        for name in {*vars(base), *vars(base).get("__annotations__", ()), *known}:
            if not name.startswith("_"):
                thing = vars(base).get(name)
                said = words.get((base.__qualname__, name)) or documentation(thing)
                found[name] = said or found.get(name, "")
    return found


def documentation(thing: Any) -> str:
    """A docstring of its own: not that of its type, which every number has."""
    if isinstance(thing, (classmethod, staticmethod)):
        thing = thing.__func__
    own = inspect.isroutine(thing) or inspect.isdatadescriptor(thing) or isinstance(thing, type)
    return (thing.__doc__ or "") if own else ""


def public() -> Iterator[tuple[str, str]]:
    """Every public name, dotted, and what is said of it."""
    modules: dict[str, ModuleType] = {name: importlib.import_module(name) for name in MODULES}
    words = comments()
    for module_name, module in modules.items():
        yield module_name, module.__doc__ or ""
        for name in module.__all__:
            thing = getattr(module, name)
            again = module_name != "oxrtmp" and thing is getattr(oxrtmp, name, None)
            if again or isinstance(thing, ModuleType):
                continue
            full = f"{module_name}.{name}"
            if isinstance(thing, type):
                yield full, thing.__doc__ or ""
                yield from ((f"{full}.{member}", said) for member, said in of_class(thing, words).items())
            else:
                yield full, documentation(thing) or words.get(("", name), "")
