"""R39: what the warehouse cancels of an order, or does not show any more, is told by its pieces."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulators.billbee.orders import item
from testkit.routes import CHANGE, MESSAGE
from testkit.world import World, world
from tests.integration.after_import import LANDED, NOT_LANDED, fault, survives_every_crash


def three_lines(here: World) -> None:
    here.goods("CAP-01", stock=10)
    here.imported(1, lines=[item("MUG-01"), item("TEE-01", quantity=2), item("CAP-01")])
    here.warehouse.split("1", ["MUG-01"], ["TEE-01"], ["CAP-01"])
    here.wait(minutes=5)


def cancel_part(here: World, part: int) -> None:
    """The warehouse cancels one of the parts."""
    order = here.warehouse.orders["1"]
    here.warehouse.drop_items(order, [line.item_no for line in order.parts[part - 1].lines])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "The warehouse cancelled a part of this order, which is not shipped: 2 × TEE-01. Refund it, or order it"
            " again. [OB-209]",
        ),
        (
            "de",
            "Das Lager hat einen Teil dieser Bestellung storniert, er wird nicht versendet: 2 × TEE-01. Bitte erstatten"
            " oder neu bestellen. [OB-209]",
        ),
    ],
)
def test_r39_a_part_that_the_warehouse_cancels_is_told_by_its_pieces(language: str, text: str) -> None:
    with world(language=language) as here:
        three_lines(here)
        cancel_part(here, 2)
        here.run_on()
        assert here.told(1) == [text]
        assert here.record(1).pieces == {"MUG-01": 1, "CAP-01": 1}
        assert "order_cancelled_by_bibi" in here.tags(1)
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        assert (here.status(1), here.wire(1)["State"], len(here.told(1))) == ("shipped", 4, 1)


def test_r39_a_second_part_that_the_warehouse_cancels_is_told_too_and_all_of_it_as_ever() -> None:
    with world() as here:
        three_lines(here)
        for part in (1, 2, 3):
            cancel_part(here, part)
            here.run_on()
        assert here.codes(1) == ["OB-209", "OB-209", "OB-204"]
        assert "1 × MUG-01" in here.told(1)[0]
        assert "2 × TEE-01" in here.told(1)[1]
        assert here.status(1) == "cancelled"


@pytest.mark.parametrize("changes", ["ask", "tell", "automatic"])
def test_r39_what_the_merchant_then_removes_in_billbee_is_no_difference(changes: str) -> None:
    with world(changes=changes) as here:
        three_lines(here)
        cancel_part(here, 2)
        here.run_on()
        here.shop.change(1, OrderItems=[item("MUG-01"), item("CAP-01")], TotalCost=20.0)
        here.run_on()
        here.run_on()
        assert (here.codes(1), here.bibi.count(CHANGE), here.record(1).difference) == (["OB-209"], 0, None)


def test_r39_what_the_merchant_had_removed_is_not_told_as_the_warehouses_doing() -> None:
    with world(changes="automatic", bibi={"readings": {"update-lines": "kept"}}) as here:
        three_lines(here)
        here.shop.change(1, OrderItems=[item("MUG-01"), item("CAP-01")], TotalCost=20.0)
        here.look()
        here.run_on()
        assert here.codes(1) == ["OB-409"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_r39_pieces_that_vanish_from_the_report_are_told_once_nothing_is_left_to_ship(language: str) -> None:
    with world(language=language) as here:
        here.imported(1, lines=[item("MUG-01"), item("TEE-01", quantity=2)])
        here.warehouse.drop_items(here.warehouse.orders["1"], ["TEE-01"])
        here.run_on()
        assert here.told(1) == []
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        here.run_on()
        (told,) = here.told(1)
        assert told.endswith("[OB-210]")
        assert "2 × TEE-01" in told
        assert told.startswith({"en": "The warehouse has shipped", "de": "Das Lager hat diese"}[language])
        assert "order_differs_bibi" in here.tags(1)
        assert (here.status(1), here.parcels(1)) == ("partially_shipped", ["1Z1"])


def test_r18_pieces_of_a_cancelled_part_do_not_hide_those_that_are_promised_to_others() -> None:
    """The warehouse has 10 caps, of which one is ours and 4 are promised elsewhere."""
    with world() as here:
        three_lines(here)
        here.warehouse.products["CAP-01"]["allocated_quantity"] += 4
        here.sync_stock()
        assert here.offered("CAP-01") == 5
        cancel_part(here, 3)
        here.run_on()
        here.sync_stock()
        assert here.offered("CAP-01") <= 6 - 1  # Billbee still reserves the cancelled one
        assert here.record(1).pieces == {"MUG-01": 1, "TEE-01": 2}


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
def test_r39_whatever_becomes_of_the_message_it_is_told_once(kind: str) -> None:
    with world() as here:
        three_lines(here)
        cancel_part(here, 2)
        here.billbee.faults.add(fault(kind, MESSAGE, times=2, retry_after=30))
        here.pull()
        here.run_on()
        assert here.codes(1) == ["OB-209"]


def part_is_cancelled(here: World) -> None:
    three_lines(here)
    cancel_part(here, 2)


def test_r39_a_crash_after_any_call_ends_as_if_it_had_not_happened() -> None:
    def end(here: World) -> Any:
        return here.status(1), here.tags(1), here.told(1), here.record(1).pieces

    calls, wrong = survives_every_crash(part_is_cancelled, World.pull, end)
    assert wrong == {}
    assert calls > 4
