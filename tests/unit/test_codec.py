"""Records become items and items become records; what other releases wrote is read as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pytest
from pydantic import ValidationError

from orderbridge.platform.codec import from_item, to_item


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    at: datetime
    colour: Colour | None = None


@dataclass(frozen=True)
class Whole:
    name: str
    at: datetime | None = None
    day: date | None = None
    price: Decimal = Decimal(0)
    wait: timedelta = timedelta(minutes=5)
    parts: tuple[Part, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    note: str | None = None
    text: str = ""


AT = datetime(2026, 11, 27, 20, 30, 15, 250_000, tzinfo=UTC)
FULL = Whole(
    "MUG", AT, date(2026, 11, 27), Decimal("12.50"), timedelta(hours=2),
    (Part(AT, Colour.RED), Part(AT)), {"MUG": 2}, "a note", "a text",
)  # fmt: skip


def test_an_item_holds_plain_values() -> None:
    assert to_item(FULL) == {
        "name": "MUG",
        "at": "2026-11-27T20:30:15.250000+00:00",
        "day": "2026-11-27",
        "price": "12.50",
        "wait": 7200,
        "parts": [{"at": AT.isoformat(), "colour": "red"}, {"at": AT.isoformat()}],
        "counts": {"MUG": 2},
        "note": "a note",
        "text": "a text",
    }


@pytest.mark.parametrize("record", [FULL, Whole("MUG"), Whole("MUG", price=Decimal(3), parts=(Part(AT),))])
def test_a_record_comes_back_as_it_was(record: Whole) -> None:
    found = from_item(Whole, {name: value for name, value in to_item(record).items() if value is not None})
    assert found == record
    assert to_item(found) == to_item(record)


def test_an_attribute_of_a_newer_release_is_passed_over() -> None:
    assert from_item(Whole, {"pk": "MERCHANT#acme", "name": "MUG", "is_new": True}) == Whole("MUG")


def test_an_empty_text_of_an_earlier_release_is_no_value_where_a_field_may_have_none() -> None:
    assert from_item(Whole, {"name": "MUG", "at": "", "note": "", "text": ""}) == Whole("MUG")


def test_what_is_no_such_record_is_refused() -> None:
    with pytest.raises(ValidationError):
        from_item(Whole, {"name": "MUG", "at": "yesterday"})
    with pytest.raises(ValidationError):
        from_item(Whole, {})
