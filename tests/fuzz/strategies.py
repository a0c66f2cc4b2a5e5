"""JSON as no documentation has it: any value, and samples of the documented shapes with fields confused."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

#: What parsers trip over: numbers that are none, or are too large for the type, the memory or the calendar.
AWKWARD: tuple[Any, ...] = (
    "", " ", "0", "-1", "²", "٣", "1_000", "9" * 5000, "1e999999999", "NaN", "Infinity", "-Infinity", "null", "true",
    "\ud800", "\x00", "🎁", "0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-23:59",
    "2026-13-45", "2026-07-01T12:00:00+99:99", "..", "/", "%2e%2e", "ship_on_2026-02-30", "ship_on_0000-00-00",
    Decimal("1E+999999999"), Decimal("-1E+999999999"), Decimal("1E-999999999"), Decimal("0.1"), 10**400, -(10**30),
    2**63, 0, -1, 1, 5.5, True, False, None, [], {}, [[]], [None], [{}], {"": None}, {"Id": True},
)  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(AWKWARD)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The way to every part of a value, the whole of it first."""
    yield path
    if isinstance(value, dict):
        for key, one in value.items():
            yield from paths(one, (*path, key))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from paths(one, (*path, place))


@st.composite
def confused(draw: st.DrawFn, sample: Any) -> Any:
    """The sample with one to four of its parts exchanged, taken out, put into a list or an object, or made text."""
    value = copy.deepcopy(sample)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(list(paths(value))))
        how = draw(st.sampled_from(["exchange", "exchange", "exchange", "drop", "list", "object", "text"]))
        value = _changed(value, path, how, copy.deepcopy(draw(values)) if how == "exchange" else None)
    return value


def _changed(value: Any, path: Path, how: str, other: Any) -> Any:
    if not path:
        return {"exchange": other, "list": [value], "object": {"x": value}, "text": str(value), "drop": None}[how]
    target = value
    for step in path[:-1]:
        target = target[step]
    last, old = path[-1], target[path[-1]]
    if how == "drop":
        del target[last]
    else:
        target[last] = {"exchange": other, "list": [old], "object": {"x": old}, "text": str(old)}[how]
    return value


def json_text(value: Any) -> str:
    """As it would stand in an answer: decimals as the numbers they are, also those beyond a float."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {json_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(json_text(one) for one in value) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
