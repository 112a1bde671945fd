"""The guide and the reference: they are made without a warning, leave nothing public out, and their examples run."""

from __future__ import annotations

import doctest
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import oxrtmp
import pytest
from conftest import ROOT
from sphinx.util.inventory import InventoryFile

DOCS = ROOT / "docs/python"
FLAGS = doctest.ELLIPSIS | doctest.REPORT_NDIFF


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that examples read."""
    shutil.copy(ROOT / "testdata/flv/sample-h264-aac.flv", tmp_path / "clip.flv")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def public() -> dict[str, str]:
    """Every public name, and what is said of it."""
    sys.path.insert(0, str(DOCS))
    try:
        import names
    finally:
        sys.path.remove(str(DOCS))
    found = dict(names.public())
    assert len(found) > 1000
    return found


def test_reference_is_complete(public: dict[str, str], tmp_path: Path) -> None:
    """Every public name has words, and is in the reference, whose making says nothing."""
    assert [name for name, said in public.items() if not said.strip()] == []
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", tmp_path / "trees", DOCS, tmp_path],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    inventory = InventoryFile.loads((tmp_path / "objects.inv").read_bytes(), uri="").data
    there = {name for kind, found in inventory.items() if kind.startswith("py:") for name in found}
    assert sorted(set(public) - there) == []


def test_docstrings_run(public: dict[str, str], clip: None) -> None:
    """What stands behind >>> in them."""
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=FLAGS)
    for name, said in public.items():
        if ">>>" in said:
            runner.run(parser.get_doctest(textwrap.dedent(said), {"oxrtmp": oxrtmp}, name, name, 0))
    failed, tried = runner.summarize()
    assert failed == 0 and tried > 75


@pytest.mark.parametrize("page", sorted(p.name for p in DOCS.glob("*.rst") if ">>>" in p.read_text()))
def test_guide_runs(clip: None, page: str) -> None:
    failed, tried = doctest.testfile(str(DOCS / page), module_relative=False, optionflags=FLAGS)
    assert failed == 0 and tried > 3
