"""Texts of the desk that are written in both languages: none is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from orderbridge.desk import wording
from orderbridge.desk.troubles.trouble import Known
from orderbridge.desk.wording import Words, listed, orders_wait, span
from testkit.clock import NOON

DESK = Path(wording.__file__).parent
IN_ENGLISH_ONLY = {("wording.py", "Words('', '')"), ("trouble.py", "Words(self.what, '')")}
"""Nothing, and what an earlier release noted."""


def _written() -> Iterator[tuple[str, ast.Call]]:
    """Where the desk writes words: the module and the call."""
    for module in DESK.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words":
                yield module.name, node


def test_no_text_of_the_desk_is_missing_in_german() -> None:
    found = list(_written())
    assert len(found) > 60
    empty = [(module, call) for module, call in found if ast.unparse(call.args[1]) == "''"]
    assert {(module, ast.unparse(call)) for module, call in empty} == IN_ENGLISH_ONLY


@pytest.mark.parametrize(
    ("words", "english", "german"),
    [
        (Words("a", "b"), "a", "b"),
        (Words("a", ""), "a", "a"),
        (Words("a", "b", "c"), "a: c", "b: c"),
        (Words("", "b", "c"), "c", "b: c"),
    ],
)
def test_words_are_said_in_either_language(words: Words, english: str, german: str) -> None:
    assert (words.say(), words.say("de")) == (english, german)
    known = Known("job-overdue", "", words.say(), NOON, german=words.german, noted=words.noted)
    assert (known.words.say(), known.words.say("de")) == (english, german)


def test_lists_counts_and_times_are_said_in_german() -> None:
    assert listed(["a", "b", "c"], 2, "de") == "a, b und 1 weitere"
    assert [orders_wait(1, "de"), orders_wait(2, "de")] == ["1 Auftrag wartet", "2 Aufträge warten"]
    times = (timedelta(days=3), timedelta(hours=2.5), timedelta(minutes=60))
    assert [span(one, "de") for one in times] == ["3 Tagen", "2,5 Stunden", "60 Minuten"]
