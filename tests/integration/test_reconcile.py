"""Comparing three sides: each disagreement is found, named, and fixed by its command; else nothing is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from local.simulators.billbee.orders import address, item, product
from orderbridge.desk.reconcile import Disagreement, DisagreementKind, reconcile, repair
from orderbridge.jobs.publisher import Publisher, Sender
from orderbridge.ledger.lifecycle import Status
from testkit.world import REJECTED, World, world


def findings(here: World, *, stock: bool = False) -> list[Disagreement]:
    return reconcile(here.workspace(), since=here.clock.now() - timedelta(days=3), stock=stock)


def senders(here: World) -> Mapping[str, Sender]:
    def sender(queue: str) -> Sender:
        return lambda messages: Publisher(here.queues).send(queue, messages)

    return {"push-orders": sender("push"), "poll-orders": sender("poll"), "sync-stock": sender("stock")}


def repaired(here: World, found: list[Disagreement]) -> list[str]:
    lines = repair(here.workspace(), found, senders(here), "repair")
    here.work("poll")
    here.push()
    return lines


def shipped(here: World) -> None:
    here.imported(1, 2)
    here.warehouse.ship("1")
    here.pull()
    here.wait(minutes=40)


def test_where_all_agree_nothing_is_found() -> None:
    with world() as here:
        shipped(here)
        assert here.status(1) == "shipped"
        assert findings(here, stock=True) == []


def _lose_the_record(here: World) -> None:
    here.lose_record(2)


def _lose_a_parcel(here: World) -> None:
    here.shop.change(1, ShippingIds=[])


def _set_the_state_back(here: World) -> None:
    here.shop.change(1, State=3)


def _ship_unseen(here: World) -> None:
    here.warehouse.ship("2")


def _cancel_unseen(here: World) -> None:
    here.shop.change(2, State=8)


def _sell_unseen(here: World) -> None:
    here.sell(3)
    here.wait(minutes=40)


@pytest.mark.parametrize(
    ("spoil", "kind", "order"),
    [
        (_lose_the_record, DisagreementKind.NOT_IN_LEDGER, 2),
        (_lose_a_parcel, DisagreementKind.PARCEL_NOT_IN_SHOP, 1),
        (_set_the_state_back, DisagreementKind.NOT_SHIPPED_IN_SHOP, 1),
        (_ship_unseen, DisagreementKind.PROGRESS_MISSING, 2),
        (_cancel_unseen, DisagreementKind.NOT_CANCELLED, 2),
        (_sell_unseen, DisagreementKind.NOT_IMPORTED, 3),
    ],
)
def test_a_disagreement_is_found_and_its_repair_mends_it(
    spoil: Callable[[World], None], kind: DisagreementKind, order: int
) -> None:
    with world() as here:
        shipped(here)
        spoil(here)
        found = findings(here)
        assert [(one.kind, one.order) for one in found] == [(kind, order)]
        assert found[0].repair.startswith("orderbridge ")
        assert repaired(here, found)
        here.wait(minutes=40)
        assert findings(here) == []
        assert here.submitted("1") == here.submitted("2") == 1
        assert len(here.parcels(1)) == 1


def test_an_order_that_is_stuck_is_found() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        here.queues.clear()
        here.wait(minutes=40)
        found = findings(here)
        assert [one.kind for one in found] == [DisagreementKind.STUCK]
        repaired(here, found)
        assert here.status(1) == "acknowledged"


def test_what_the_warehouse_has_lost_is_left_to_a_person() -> None:
    with world() as here:
        here.imported()
        del here.warehouse.orders["1"]
        here.wait(hours=2)
        [found] = findings(here)
        assert found.kind is DisagreementKind.NOT_AT_WAREHOUSE
        assert found.repair == ""
        assert repaired(here, [found]) == [f"left to you: {found.what}"]
        assert "1" not in here.warehouse.orders


def test_an_order_shipped_in_billbee_alone_is_named_without_a_command() -> None:
    with world() as here:
        here.imported()
        here.wait(minutes=40)
        here.shop.change(1, State=4)
        [found] = findings(here)
        assert (found.kind, found.repair) == (DisagreementKind.SHIPPED_ONLY_IN_SHOP, "")


def test_r2_a_rejected_order_that_is_wanted_again_is_found_and_its_repair_sends_it() -> None:
    with world() as here:
        here.sell(1, ship_to=address(city=""))
        here.poll()
        here.push()
        here.wait(minutes=40)
        here.shop.change(1, ShippingAddress={**here.wire(1)["ShippingAddress"], "City": "Berlin"})
        here.shop.remove_tag(1, REJECTED)
        found = findings(here)
        assert [(one.kind, one.repair) for one in found] == [
            (DisagreementKind.NOT_IMPORTED, "orderbridge order retry 1 --merchant acme")
        ]
        repaired(here, found)
        assert here.status(1) == "acknowledged"


def test_a_comparison_that_was_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as here:
        here.imported(1, 2)
        here.warehouse.orders.clear()
        here.wait(hours=2)
        monkeypatch.setattr("orderbridge.desk.reconcile.ASKED_BY_NUMBER", 1)
        assert [one.kind for one in findings(here)] == [
            DisagreementKind.NOT_AT_WAREHOUSE,
            DisagreementKind.NOT_COMPARED,
        ]


def test_what_has_just_moved_is_left_to_the_jobs() -> None:
    with world() as here:
        here.sell(1)
        assert findings(here) == []
        here.poll()
        here.push()
        here.warehouse.ship("1")
        assert findings(here) == []


def test_r18_stock_that_oversells_is_found_and_due_again() -> None:
    with world() as here:
        here.shop.add_product(product("MUG-02", stock=9))
        here.warehouse.add_product("MUG-02", stock=7)
        here.imported()
        found = findings(here, stock=True)
        assert [(one.kind, one.sku) for one in found] == [(DisagreementKind.OVERSELLING, "MUG-02")]
        assert found[0].what == "MUG-02: Billbee offers 9, and 7 can be promised"
        assert repair(here.workspace(), found, senders(here), "repair") == ["sync-stock was started"]
        assert here.queues.next_due("stock") is not None


def test_r18_pieces_that_billbee_keeps_for_orders_that_are_not_sent_are_no_underselling() -> None:
    with world() as here:
        here.shop.add_product(product("MUG-02", stock=9))
        here.warehouse.add_product("MUG-02", stock=7)
        here.sell(1, item("MUG-02", quantity=2), ship_to=address(city=""))
        here.cycle()
        here.sync_stock()
        assert here.status(1) == "rejected"
        assert findings(here, stock=True) == []
        here.shop.products[here.wire(1)["OrderItems"][0]["Product"]["BillbeeId"]]["Stocks"][0]["StockCurrent"] = 3
        (found,) = findings(here, stock=True)
        assert (found.kind, found.what) == (
            DisagreementKind.UNDERSELLING,
            "MUG-02: Billbee offers 3, and 5 could be promised",
        )


@pytest.mark.parametrize(("default", "configured", "offered"), [(7, 0, 9), (0, 0, 8), (0, 7, 9), (7, 9, 3)])
def test_r18_of_several_stocks_the_configured_or_the_default_one_is_compared(
    default: int, configured: int, offered: int
) -> None:
    with world() as here:
        here.configure(billbee={"stock_id": configured})
        made = here.shop.add_product(product("MUG-02", stock=8))
        for number, name, pieces in ((7, "Texas", 9), (9, "Ohio", 3)):
            here.shop.add_stock(number, name)
            made["Stocks"][-1]["StockCurrent"] = pieces
        here.shop.make_default(default)
        here.warehouse.add_product("MUG-02", stock=5)
        found = {one.sku: one.what for one in findings(here, stock=True)}
        side = "can" if offered > 5 else "could"
        assert found["MUG-02"] == f"MUG-02: Billbee offers {offered}, and 5 {side} be promised"


def test_r18_where_no_stock_is_said_to_be_the_default_nothing_is_said_to_agree() -> None:
    with world() as here:
        here.shop.add_stock(7, "Texas")
        here.shop.make_default(99)
        (found,) = findings(here, stock=True)
        assert found.kind is DisagreementKind.NOT_COMPARED


def test_nothing_is_written_while_comparing() -> None:
    with world() as here:
        shipped(here)
        _ship_unseen(here)
        here.billbee.calls.clear()
        items = here.items()
        findings(here, stock=True)
        assert here.writes_to_billbee() == []
        pacing = ("BUDGET", "SLOTS")
        assert [one for one in here.items() if one not in items and not one["sk"]["S"].startswith(pacing)] == []
        assert here.record(2).status is Status.ACKNOWLEDGED
