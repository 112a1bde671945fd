"""Compares two dumps of the ABI (include/oxrtmp.abi) by abidiff, of libabigail.

Each dump says everything that a compiler knows of the header; a library of empty functions is made of it, whose debugging
information abidiff reads. Functions, constants and, at the end of structs that begin with their size, fields may be added.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import tempfile
from pathlib import Path

CC = os.environ.get("CC") or "gcc"


def split(lines: list[str]) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """The constants, and of each struct offset, size, name and type of the fields; at the end its own size, or nothing."""
    constants: dict[str, str] = {}
    structs: dict[str, list[list[str]]] = {}
    sizes: dict[str, list[str]] = {}
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "constant":
            name, value = rest.split()
            constants[name] = value
        elif kind == "struct":
            name, first, second, *others = rest.split(" ", 4)
            fields = structs.setdefault(name, [])
            if first == "size":
                sizes[name] = [second]
            else:
                fields.append([first, second, *others])
    for name, fields in structs.items():
        fields.append(sizes.get(name, []))
    return constants, structs


def declared(name: str, type: str) -> str:
    match = re.fullmatch(r"(.*?)(\[\w+\])", type)
    return f"{match[1]}{name}{match[2]};" if match else f"{type}{'' if type.endswith('*') else ' '}{name};"


def members(fields: list[list[str]]) -> list[str]:
    lines: list[str] = []
    union = ""
    for _, _, name, type in fields:
        group, _, member = name.rpartition(".")
        if group != union:
            if union:
                lines.append(f"}} {union};")
            if group:
                lines.append("union {")
            union = group
        lines.append(declared(member, type))
    return lines + ([f"}} {union};"] if union else [])


def source(lines: list[str]) -> str:
    """The library as C. It does not compile unless its structs are those of the dump."""
    constants, structs = split(lines)
    out = ["#include <stddef.h>", "#include <stdint.h>"]
    out += [f"#define {name} {value}" for name, value in constants.items() if name.endswith("_SIZE")]
    typedefs = [line.removeprefix("typedef ") for line in lines if line.startswith("typedef ")]
    functions = [line.removeprefix("function ") for line in lines if line.startswith("function ")]
    out += [f"typedef {t};" for t in typedefs if "(" not in t]
    for name, (*fields, size) in structs.items():
        out.append(f"typedef struct {name} {{ {' '.join(members(fields))} }} {name};")
        out += [f'_Static_assert(sizeof({name}) == {n}, "{name}");' for n in size]
        for offset, width, field, _ in fields:
            out.append(f'_Static_assert(offsetof({name}, {field}) == {offset}, "{name}.{field}");')
            out.append(f'_Static_assert(sizeof((({name} *)0)->{field}) == {width}, "{name}.{field}");')
    out += [f"typedef {t};" for t in typedefs if "(" in t]
    # Constants are no part of a library, nor are structs that no function takes; here they are.
    for name, value in constants.items():
        out.append(f"enum of_{name} {{ value_of_{name} = {value} }}; void constant_{name}(enum of_{name} a) {{}}")
    out += [f"void struct_{name}({name} *a) {{}}" for name in structs]
    return "\n".join(out + [f"{f} {{ return 0; }}" for f in functions]) + "\n"


def names(lines: list[str]) -> set[str]:
    """What a program may name."""
    constants, structs = split(lines)
    return {*constants, *(f"{struct}.{field[2]}" for struct, fields in structs.items() for field in fields[:-1])}


def without_new_fields(old: list[str], new: list[str]) -> list[str]:
    """The new dump without what was added at the end of structs that begin with their size."""
    before, after = split(old)[1], split(new)[1]
    added = set()
    for name, (*fields, _) in before.items():
        if fields[0][2] == "struct_size" and len(after[name]) > len(fields) + 1:
            added.add(f"struct {name} size {after[name][-1][0]}")
            added.update(" ".join(["struct", name, *field]) for field in after[name][len(fields) : -1])
    return [line for line in new if line not in added]


@functools.cache
def library(lines: tuple[str, ...]) -> Path:
    """The library of empty functions, in a directory that goes with the program."""
    path = Path(folder.name) / f"{len(os.listdir(folder.name))}.so"
    command = [CC, "-w", "-g", "-gdwarf-4", "-shared", "-fPIC", "-x", "c", "-", "-o", path]
    subprocess.run(command, input=source(list(lines)), text=True, check=True)
    return path


folder = tempfile.TemporaryDirectory()


def incompatible(old: list[str], new: list[str]) -> str:
    """What a program that was built with the old ABI would stumble over in the new one; empty if nothing."""
    gone = sorted(names(old) - names(new))
    if gone:
        return f"gone: {', '.join(gone)}"
    libraries = [library(tuple(lines)) for lines in (old, without_new_fields(old, new))]
    result = subprocess.run(
        ["abidiff", "--harmless", "--no-added-syms", "--no-show-locs", *libraries],
        check=False,
        capture_output=True,
        text=True,
    )
    if result.returncode & 3:
        raise SystemExit(f"abi: abidiff failed: {result.stdout}{result.stderr}")
    return result.stdout if result.returncode else ""
