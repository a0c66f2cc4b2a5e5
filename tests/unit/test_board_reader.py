"""Words, numbers and times of the board, as its reader has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from orderbridge.desk.board.reader import Reader

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ENGLISH, GERMAN = Reader(NOW), Reader(NOW, "de")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert (ENGLISH.number(1234567), GERMAN.number(1234567)) == ("1,234,567", "1.234.567")
    assert (ENGLISH.money(Decimal("1234.5")), GERMAN.money(Decimal("1234.5"))) == ("1,234.50 USD", "1.234,50 USD")
    assert (ENGLISH.percent(0.5), GERMAN.percent(0.5)) == ("50.0%", "50,0 %")


def test_almost_all_is_not_all() -> None:
    assert ENGLISH.percent(0.99999) == "99.9%"
    assert ENGLISH.percent(1.0) == "100.0%"


@pytest.mark.parametrize(
    ("length", "english", "german", "short"),
    [
        (timedelta(), "0 minutes", "0 Minuten", "0 min"),
        (timedelta(seconds=-5), "0 minutes", "0 Minuten", "0 min"),
        (timedelta(minutes=1), "1 minute", "1 Minute", "1 min"),
        (timedelta(minutes=119), "119 minutes", "119 Minuten", "119 min"),
        (timedelta(hours=2), "2 hours", "2 Stunden", "2 h"),
        (timedelta(hours=47), "47 hours", "47 Stunden", "47 h"),
        (timedelta(days=2), "2 days", "2 Tagen", "2 d"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_unit(length: timedelta, english: str, german: str, short: str) -> None:
    assert (ENGLISH.span(length), GERMAN.span(length), ENGLISH.short(length)) == (english, german, short)


def test_a_time_is_short_and_in_the_readers_zone() -> None:
    assert str(ENGLISH.brief(NOW)) == '<time datetime="2026-07-01T12:00:00Z">14:00</time>'
    assert ">30 Jun, 14:00<" in str(ENGLISH.brief(NOW - timedelta(days=1)))
    assert ">1. Juli 2025, 14:00<" in str(GERMAN.brief(NOW - timedelta(days=365)))
    away = replace(ENGLISH, zone="America/Los_Angeles")
    assert ">05:00<" in str(away.brief(NOW))
    assert ENGLISH.brief(None) is None
    late = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert (replace(ENGLISH, now=late).today.day, replace(away, now=late).today.day) == (2, 1)


def test_an_address_keeps_what_was_asked_for() -> None:
    say = replace(ENGLISH, path="/orders", query={"show": "shipped", "merchant": "a&b"})
    assert say.here(begin="x") == "/orders?show=shipped&merchant=a%26b&begin=x"
    assert say.here(show=None, merchant=None) == "/orders"
