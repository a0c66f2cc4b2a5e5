"""A vendor that changes its answers stops nothing, is counted, and is told once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orderbridge.desk.troubles.find_troubles import find_troubles
from orderbridge.desk.troubles.standing import DRIFT_TOLD_FOR
from orderbridge.desk.troubles.trouble import TroubleKind
from orderbridge.merchants.drift import Drifts
from testkit.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True) as made:
        made.put("MUG-01", 5)
        yield made


def noticed(here: World) -> dict[str, int]:
    return {name: one.times for name, one in Drifts(here.table, here.clock).of("acme").items()}


def told(here: World) -> list[Any]:
    texts = here.function("poll").registry.merchants()
    return [one for one in find_troubles(texts, here.table, here.clock) if one.kind is TroubleKind.DRIFT]


def test_a_new_field_stops_nothing_and_is_a_trouble_for_some_days(here: World) -> None:
    here.sell(1)["GiftWrap"] = "personal words"
    here.poll()
    here.push()
    assert here.status(1) == "acknowledged"
    assert noticed(here) == {"billbee order.GiftWrap": 1}
    (trouble,) = told(here)
    assert (trouble.count, "order.GiftWrap" in trouble.what) == (1, True)
    assert "personal words" not in str(here.items())
    here.clock.sleep(DRIFT_TOLD_FOR.total_seconds() + 1)
    assert told(here) == []
    here.poll("all")
    assert told(here) == [], "it is known by now"


def test_what_is_known_is_counted_once_an_hour_and_costs_no_write_in_between(here: World) -> None:
    here.sell(1)["GiftWrap"] = "x"
    for _ in range(6):
        here.poll()
        here.wait(minutes=5)
    assert noticed(here) == {"billbee order.GiftWrap": 1}
    here.wait(hours=1)
    here.poll()
    assert noticed(here)["billbee order.GiftWrap"] > 1


def test_a_vendor_that_makes_up_names_all_the_time_fills_no_table(here: World) -> None:
    wire = here.sell(1)
    wire |= {f"Field{number}": number for number in range(300)}
    here.poll()
    assert len(noticed(here)) == 100
    assert here.status(1) == "queued"
