"""What a vendor sends beyond what its documents show: a new field, a new status, a new code.

Unknown fields and values are ignored, and noticed, because a vendor that changes its answers may soon change their
meaning. Only the name of the field, or a value of a documented list, is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_VALUE: Final = re.compile(r"-?\d{1,4}|[A-Za-z][A-Za-z _-]{0,39}")
_HIDDEN: Final = "…"
"""Replaces a name or value of another form, which might be personal data."""


@dataclass(frozen=True)
class Shape:
    """A documented object. Names and texts compare without regard to case.

    Attributes:
        name: what the vendor calls it, e.g. ``"order"``.
        fields: its documented fields.
        values: what some of them may hold.
        parts: fields with an object, a list of objects, or a map of objects by a key of the merchant's.
    """

    name: str
    fields: frozenset[str]
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    parts: Mapping[str, Shape] = field(default_factory=dict)


def shape(name: str, fields: str, *, values: Mapping[str, str] | None = None, **parts: Shape) -> Shape:
    """A shape from the names of its fields, separated by blanks; ``values`` are separated by commas."""
    return Shape(
        name,
        frozenset(fields.casefold().split()) | {part.casefold() for part in parts},
        {
            where.casefold(): frozenset(value.strip().casefold() for value in allowed.split(","))
            for where, allowed in (values or {}).items()
        },
        {where.casefold(): part for where, part in parts.items()},
    )


def drift(answer: object, documented: Shape) -> Iterator[str]:
    """The undocumented parts of an answer, e.g. ``"order.NewField"`` or ``"order.State = 17"``; some more than once."""
    if isinstance(answer, list):
        for entry in answer:
            yield from drift(entry, documented)
    if not isinstance(answer, dict):
        return
    if _is_map(answer, documented):
        for entry in answer.values():
            yield from drift(entry, documented)
        return
    for key, value in answer.items():
        folded = str(key).casefold()
        if folded not in documented.fields:
            yield f"{documented.name}.{key if _NAME.fullmatch(str(key)) else _HIDDEN}"
        elif folded in documented.parts:
            yield from drift(value, documented.parts[folded])
        elif folded in documented.values and _is_other(value, documented.values[folded]):
            yield f"{documented.name}.{key} = {value if _VALUE.fullmatch(str(value)) else _HIDDEN}"


def _is_map(answer: Mapping[Any, Any], documented: Shape) -> bool:
    """Whether it is a map of such objects, by order number for instance."""
    return all(isinstance(value, dict) for value in answer.values()) and not any(
        str(key).casefold() in documented.fields for key in answer
    )


def _is_other(value: object, allowed: frozenset[str]) -> bool:
    text = "" if value is None else str(value).strip().casefold()
    return isinstance(value, str | int) and text != "" and text not in allowed
