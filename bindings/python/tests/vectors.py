"""The vectors of testdata/vectors: bytes with a known meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import ROOT

VECTORS = ROOT / "testdata/vectors"


def every(name: str) -> list[dict[str, Any]]:
    """The vectors of a file."""
    found = json.loads((VECTORS / f"{name}.json").read_text())["vectors"]
    assert isinstance(found, list)
    return found


def find(name: str, identifier: str) -> dict[str, Any]:
    """One of them."""
    (found,) = [v for v in every(name) if v["id"] == identifier]
    return found


def load(*names: str) -> list[Any]:
    """The vectors of some files, as parameters."""
    return [pytest.param(v, id=f"{name}-{v['id']}") for name in names for v in every(name)]


def data_of(name: str, identifier: str) -> bytes:
    return bytes.fromhex(find(name, identifier)["hex"])
