"""Every text of the board is there in both languages, and the table has no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from orderbridge.desk.board import reader
from orderbridge.desk.board.texts import GERMAN
from orderbridge.jobs import start_jobs

MODULES = (
    *Path(reader.__file__).parent.glob("*.py"),
    Path(start_jobs.__file__),  # says why a job is not started
)
SAYING = ("say", "self", "NoSuchTarget", "NotAllowed", "BadForm", "NotSignedIn")
"""What says its first argument: the reader, and each refusal."""
HOLES = re.compile(r"\{(\w+)\}")


def _literals() -> Iterator[tuple[str, bool]]:
    """All texts in the board's modules, and whether one is said as it stands: an argument of the reader."""
    for module in MODULES:
        if module.name in ("texts.py", "acting_texts.py"):
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, False
            if isinstance(node, ast.Call):
                yield from ((text, True) for text in _said(node))


def _said(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    texts = call.args[:1] if name in SAYING else call.args[1:3] if name == "count" else []
    for argument in texts:
        parts = (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,)
        yield from (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_every_text_that_a_page_says_is_in_the_table() -> None:
    said = {text for text, is_said in _literals() if is_said}
    assert len(said) > 150
    assert said - GERMAN.keys() - reader.LANGUAGES.keys() == set()  # a problem says itself in a language


def test_the_table_has_no_text_that_no_page_says() -> None:
    there = {text for text, _ in _literals()}
    assert GERMAN.keys() - there == set()


def test_a_text_has_the_same_values_in_both_languages() -> None:
    assert {
        text for text, german in GERMAN.items() if sorted(HOLES.findall(text)) != sorted(HOLES.findall(german))
    } == set()
    assert [text for text, german in GERMAN.items() if not german.strip()] == []
