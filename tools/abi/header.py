"""Reads include/oxrtmp.h as far as its own conventions go.

Every function is declared by a line that begins with OXRTMP_API, every struct as `typedef struct oxrtmp_x {...}
oxrtmp_x;` with one field per line or declaration, or a `union {...} u;` of such, every constant by an enum, by
OXRTMP_STATUS_MAP or by a #define.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Parameter:
    type: str  # such as "const uint8_t *"
    name: str

    @property
    def pointer(self) -> bool:
        return self.type.endswith("*")


@dataclass(frozen=True)
class Function:
    name: str
    prototype: str
    parameters: tuple[Parameter, ...]
    comment: str


@dataclass
class Struct:
    name: str
    fields: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)  # of the fields, such as "uint8_t [38]"


class Header:
    def __init__(self, text: str):
        self.text = text
        bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        self.bare = bare
        self.functions = self._functions()
        self.structs = self._structs(bare)
        self.constants = self._constants(bare)
        self.typedefs = re.findall(r"^typedef (?!struct)([^;]*);", bare, re.MULTILINE)

    def macro(self, name: str) -> str:
        match = re.search(rf"^#define {name} (\S+)", self.text, re.MULTILINE)
        if not match:
            raise SystemExit(f"abi: no macro {name} in the header")
        return match[1]

    def _functions(self) -> list[Function]:
        found = []
        pattern = r"(?:/\*\*((?:(?!\*/).)*)\*/\n)?^OXRTMP_API ([^;]*?)\b(oxrtmp_\w+)\(([^;]*)\);"
        for comment, result, name, inside in re.findall(pattern, self.text, re.MULTILINE | re.DOTALL):
            inside = " ".join(inside.split())
            parameters = () if inside == "void" else tuple(self._parameter(p) for p in inside.split(", "))
            found.append(Function(name, f"{result}{name}({inside})", parameters, " ".join(comment.split())))
        return found

    @staticmethod
    def _parameter(text: str) -> Parameter:
        match = re.fullmatch(r"(.*?[ *])(\w+)", text)
        if not match:
            raise SystemExit(f"abi: parameter {text!r} is not understood")
        return Parameter(match[1].strip(), match[2])

    @staticmethod
    def _structs(bare: str) -> list[Struct]:
        found = []
        for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", bare, re.DOTALL):
            struct = Struct(name)
            for members, union, declaration in re.findall(r"union \{(.*?)\} (\w+);|([^;{}]+);", body, re.DOTALL):
                for one in members.split(";") if union else [declaration]:
                    match = re.fullmatch(r"(.*?)(\w+)(\[\w+\])?", " ".join(one.split()))
                    if match:
                        struct.fields.append(f"{union}.{match[2]}" if union else match[2])
                        struct.types.append(match[1].strip() + (f" {match[3]}" if match[3] else ""))
            found.append(struct)
        return found

    @staticmethod
    def _constants(bare: str) -> list[str]:
        names = []
        for body in re.findall(r"^enum oxrtmp_\w+ \{(.*?)\}", bare, re.MULTILINE | re.DOTALL):
            names += re.findall(r"\b(OXRTMP_\w+)\s*=", body)
        names += ["OXRTMP_" + name for name in re.findall(r"XX\((\w+), -?\d+,", bare)]
        names += re.findall(r"^#define (OXRTMP_CODEC_\w+|OXRTMP_\w+_SIZE) ", bare, re.MULTILINE)
        return names

    def dump_program(self) -> str:
        """A C program that prints sizes, offsets and values as the compiler sees them."""
        lines = ["#include <oxrtmp.h>", "#include <stdio.h>", "int main(void) {"]
        for name in self.constants:
            lines.append(f'  printf("constant {name} %lld\\n", (long long){name});')
        for struct in self.structs:
            lines.append(f'  printf("struct {struct.name} size %zu\\n", sizeof({struct.name}));')
            for f, type in zip(struct.fields, struct.types, strict=True):
                lines.append(
                    f'  printf("struct {struct.name} %zu %zu {f} {type}\\n",'
                    f" offsetof({struct.name}, {f}), sizeof((({struct.name} *)0)->{f}));"
                )
        return "\n".join([*lines, "  return 0;", "}"]) + "\n"
