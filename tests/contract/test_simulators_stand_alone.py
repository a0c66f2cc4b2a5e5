"""The simulators share nothing with the clients: a belief that both had could not be proved wrong by either."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "local" / "simulators"
FILES = sorted(FOLDER.rglob("*.py"))
OURS = {"orderbridge", "cli", "functions", "layers", "tests", "testkit", "benchmarks", "local"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "the simulators import by full names"
            yield node.module or ""
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            yield "local"  # what it is, cannot be seen


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_simulator_imports_nothing_of_the_project_but_the_simulators_and_a_clock(path: Path) -> None:
    names = set(imported(ast.parse(path.read_text("utf-8"))))
    of_ours = {name for name in names if name.partition(".")[0] in OURS}
    assert {name for name in of_ours if not f"{name}.".startswith("local.simulators.")} <= {"local.clock"}


def test_the_clock_of_the_local_system_imports_nothing_of_the_project() -> None:
    names = set(imported(ast.parse((FOLDER.parent / "clock.py").read_text("utf-8"))))
    assert not {name.partition(".")[0] for name in names} & OURS


def test_all_simulators_are_looked_at() -> None:
    assert {path.parent.name for path in FILES} == {"simulators", "bibi", "billbee"}
    assert len(FILES) > 20
