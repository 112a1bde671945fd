"""How Sphinx makes the guide and the reference of the Python package. See `make docs-python`."""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import names
import oxrtmp
import oxrtmp.aio
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

project = "oxrtmp for Python"
copyright = "the oxrtmp authors, MIT licence"
version = release = oxrtmp.__version__
extensions = ["sphinx.ext.autodoc"]
html_theme = "alabaster"
html_theme_options = {
    "description": "RTMP servers, clients and hubs: for threads and for asyncio",
    "fixed_sidebar": True,
    "page_width": "1100px",
    "sidebar_width": "240px",
}
html_show_sourcelink = False
html_copy_source = False
pygments_style = "friendly"
default_role = "code"
add_module_names = False
python_use_unqualified_type_names = True
python_display_short_literal_types = True
autodoc_member_order = "bysource"
autodoc_default_options = {
    # What Python's own classes bring along is described elsewhere.
    "inherited-members": "object,int,str,dict,list,tuple,Enum,IntEnum,IntFlag,StrEnum,Exception,OSError,Generic,Protocol",
}
toc_object_entries_show_parents = "hide"

PUBLIC = {name: said for name, said in names.public()}
INLINE = re.compile(
    r"`([^`\n]+)`|(?<![\w./])([A-Z]\w+\.\w+|[A-Z]+[a-z]+[A-Z]\w+|aio\.\w+(?:\.\w+)?)(?![\w(])|([*|\\]|(?<=\w)_(?!\w))"
)


def inline(text: str, own: str) -> str:
    """A line of prose: its words in `…` as code, names of the package as links, and nothing that would be markup."""

    def mark(found: re.Match[str]) -> str:
        code, word, special = found.groups()
        if special:
            return "\\" + special
        name = f"oxrtmp.{code or word}"
        if name in PUBLIC and name != own and "." in name.removeprefix("oxrtmp.") + "." * name[7:8].isupper():
            return f":py:obj:`{code or word} <{name}>`"
        return f"``{code}``" if code else word

    return INLINE.sub(mark, text)


def block(lines: list[str]) -> list[str]:
    """Lines that stand apart: a program, or something in columns."""
    if lines[0].lstrip().startswith(">>>"):
        return [*textwrap.dedent("\n".join(lines)).split("\n"), ""]
    try:
        ast.parse(textwrap.dedent("\n".join(lines)), mode="exec")
        language = "python"
    except SyntaxError:
        language = "text"
    return [f".. code-block:: {language}", "", *lines, ""]


def as_markup(app: Sphinx | None, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Make reStructuredText of a docstring, which is plain text with programs that are indented, or have prompts."""
    made: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        apart = line.startswith("    ") and (not made or not made[-1].strip())
        if not apart and not line.startswith(">>>"):
            made.append(inline(line, name))
            at += 1
            continue
        end = at
        while end < len(lines) and (line.startswith(">>>") and lines[end].strip() or not line.startswith(">>>") and
                                    (lines[end].startswith("    ") or not lines[end].strip())):  # fmt: skip
            end += 1
        while end > at and not lines[end - 1].strip():
            end -= 1
        made += block(lines[at:end])
        at = end
    lines[:] = made


def point(app: Sphinx, tree: nodes.document) -> None:
    """Have the names in signatures mean what they mean in the package: bytes is not Statistics.bytes."""
    asyncio = app.env.current_document.docname.endswith("aio")
    for link in list(tree.findall(pending_xref)):
        target = str(link.get("reftarget", ""))
        if link.get("refdomain") != "py" or target.startswith("oxrtmp."):
            continue
        for full in (f"oxrtmp.aio.{target}" if asyncio else "", f"oxrtmp.{target}", f"oxrtmp.amf.{target}"):
            if full in PUBLIC:
                link["reftarget"], link["refspecific"] = full, False
                break
        else:
            shown = [c for c in link.children if c.get("condition", "resolved") == "resolved"]
            link.replace_self([n for c in shown for n in (c.children if "condition" in c else [c])])


def example(file: Path) -> list[str]:
    """A program of the cookbook: its name, what it says of itself, and all of it."""
    words = (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n")
    lines = [file.name, "-" * len(file.name), ""]
    as_markup(None, "module", file.name, None, None, words)
    return [*lines, *words, "", f".. literalinclude:: ../../examples/python/{file.name}", "   :language: python", ""]


def add_examples(app: Sphinx, docname: str, content: list[str]) -> None:
    """The cookbook is what is in examples/python."""
    if docname == "cookbook":
        files = sorted((Path(__file__).parents[2] / "examples/python").glob("*.py"))
        content[0] += "\n".join(line for file in files for line in example(file))


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_examples)
    app.connect("doctree-read", point)
    app.connect("autodoc-process-docstring", as_markup)
    # Classes say that they are the package's, where their comments are not.
    words = names.comments()
    for module in ("oxrtmp", "oxrtmp.aio", "oxrtmp.lowlevel"):
        analyzer = ModuleAnalyzer.for_module(module)
        analyzer.analyze()
        analyzer.attr_docs |= {key: [said, ""] for key, said in words.items()}
