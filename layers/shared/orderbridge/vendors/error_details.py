"""What an error's answer says beyond its message: which fields are wrong, and what the vendor advises.

The shape is Abillify's: ``{code, details: [{error, fields, hint}], message, name, type}``. The words are the vendor's
and may repeat what it was sent. They go into an error's ``detail``, which is never logged unmasked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_MOST: Final = 5
"""Details that are shown; a vendor may name every field."""
_LONGEST: Final = 200


@dataclass(frozen=True)
class ErrorDetails:
    """Fields and hints of an error, and both in one sentence; empty if the answer has none."""

    sentence: str = ""
    fields: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


def error_details(data: object) -> ErrorDetails:
    """Read the details of an error's answer of any shape.

    >>> error_details({"details": [{"error": "wrong type", "fields": ["debtor"], "hint": "Send a number."}]}).sentence
    'wrong type (field debtor; hint: Send a number.)'
    """
    rows = data.get("details") if isinstance(data, dict) else None
    found = list(_readable(rows if isinstance(rows, list) else []))
    return ErrorDetails(
        sentence="; ".join(_sentence(*one) for one in found),
        fields=tuple(dict.fromkeys(name for _, fields, _ in found for name in fields)),
        hints=tuple(dict.fromkeys(hint for _, _, hint in found if hint)),
    )


def _readable(rows: list[Any]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    for row in rows[:_MOST]:
        if isinstance(row, dict):
            fields = row.get("fields")
            names = tuple(_text(name) for name in fields[:_MOST]) if isinstance(fields, list) else ()
            yield _text(row.get("error")), tuple(name for name in names if name), _text(row.get("hint"))


def _sentence(error: str, fields: tuple[str, ...], hint: str) -> str:
    more = [f"field {', '.join(fields)}"] if fields else []
    more += [f"hint: {hint}"] if hint else []
    return f"{error or 'no explanation'} ({'; '.join(more)})" if more else error or "no explanation"


def _text(value: object) -> str:
    return " ".join(value.split())[:_LONGEST] if isinstance(value, str) else ""
