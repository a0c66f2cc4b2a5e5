"""Benchmarks measure without the tests, and the kit serves both without knowing either."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_TO_IMPORT = {"benchmarks": {"tests"}, "testkit": {"tests", "benchmarks"}, "local": {"tests", "benchmarks"}}
FILES = [path for folder in NOT_TO_IMPORT for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """The first parts of what a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by relative names"
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_imports_nothing_of_what_stands_above_it(path: Path) -> None:
    assert not imported(path) & NOT_TO_IMPORT[path.relative_to(ROOT).parts[0]]


def test_all_are_looked_at() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == NOT_TO_IMPORT.keys()
    assert ROOT / "benchmarks" / "cold_start.py" in FILES
