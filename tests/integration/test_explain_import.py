"""Why an order is not imported, rule by rule, for the present order (R1-R6)."""

from __future__ import annotations

import pytest

from local.simulators.billbee.orders import address, item
from orderbridge.desk.explain_import import Check, explain_import
from orderbridge.desk.find_orders import find_orders
from testkit.world import REJECTED, World, world


def checked(here: World, number: str) -> list[Check]:
    workspace = here.workspace("acme")
    [found] = find_orders(workspace, number, live=True)
    assert found.order is not None
    return explain_import(workspace, found.order)


def failed(here: World, number: str) -> dict[str, Check]:
    return {check.rule: check for check in checked(here, number) if not check.passed}


def test_an_order_that_is_about_to_be_imported_passes_every_rule() -> None:
    with world() as here:
        here.poll()
        here.sell(1)
        assert failed(here, "1") == {}


def test_each_rule_that_keeps_an_order_out_is_named_with_its_remedy() -> None:
    with world() as here:
        here.poll()
        here.sell(1, tags=[], state=2)
        wrong = failed(here, "1")
        assert set(wrong) == {"R1 order tag", "R1 state", "R2 OB-123"}
        assert wrong["R1 order tag"].remedy == "add the tag bibi in Billbee"
        assert wrong["R1 state"].text == "its state is 2, imported is 3"


def test_what_was_rejected_says_what_to_mend() -> None:
    with world() as here:
        here.sell(1, item("A-SKU-THAT-IS-FAR-TOO-LONG"), ship_to=address(city=""))
        here.poll()
        here.push()
        wrong = failed(here, "1")
        assert {"R1 rejected tag", "R2 OB-104"} <= set(wrong)
        assert wrong["R2 OB-104"].remedy == "add it"
        assert REJECTED in wrong["R1 rejected tag"].text
        assert any("A-SKU-THAT-IS-FAR-TOO-LONG" in check.text for check in wrong.values())


def test_what_was_imported_already_leads_to_its_timeline() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        here.push()
        checks = checked(here, "1")
        assert [(check.rule, check.passed) for check in checks] == [("R7 ledger", True)]
        assert checks[0].text.startswith("it was imported: acknowledged since 2026-")
        assert checks[0].remedy == "orderbridge order show 1"


def test_an_order_that_has_left_gets_no_advice_that_would_only_do_harm() -> None:
    with world() as here:
        here.imported()
        here.warehouse.ship("1")
        here.pull()
        here.shop.change(1, Tags=[], State=7, ShippingAddress={**here.wire(1)["ShippingAddress"], "City": ""})
        assert [check.remedy for check in checked(here, "1")] == ["orderbridge order show 1"]


def test_r36_a_rate_that_is_missing_keeps_out_only_what_was_not_converted_before() -> None:
    with world(currency={"warehouse": "USD", "rates": {"EUR": {"rate": 1.08, "since": "2026-06-01"}}}) as here:
        here.sell(1, currency="EUR")
        here.cycle()
        here.configure(currency={"rates": {}})
        here.sell(2, currency="EUR")
        assert failed(here, "1") == {}
        assert "R2 OB-128" in failed(here, "2")


@pytest.mark.parametrize(("mode", "remedy"), [("test", "set the mode to live")])
def test_the_merchants_mode_counts(mode: str, remedy: str) -> None:
    with world(mode=mode) as here:
        here.sell(1)
        assert failed(here, "1")["R22 mode"].remedy == remedy


def test_a_poll_that_is_overdue_is_named() -> None:
    with world() as here:
        here.poll()
        here.wait(hours=1)
        here.sell(1)
        assert "says what keeps it" in failed(here, "1")["R1 poll"].remedy


def test_a_product_that_the_warehouse_does_not_know_is_named() -> None:
    with world() as here:
        here.poll()
        here.sell(1, item("UNKNOWN"))
        assert failed(here, "1")["R19 products"].text == "the warehouse does not know UNKNOWN"


def test_an_order_is_found_by_the_shops_number_also_before_the_ledger_has_it() -> None:
    with world() as here:
        here.sell(1, order_number="SHOP-77")
        workspace = here.workspace("acme")
        assert [found.billbee_id for found in find_orders(workspace, "shop-77", live=False)] == []
        assert [found.billbee_id for found in find_orders(workspace, "SHOP-77", live=True)] == [1]
        here.poll()
        [found] = find_orders(workspace, "shop-77", live=False)
        assert found.record is not None
        assert found.record.shop_number == "SHOP-77"
        assert find_orders(workspace, "#1", live=False)[0].billbee_id == 1
        assert find_orders(workspace, "no such number", live=True) == []
