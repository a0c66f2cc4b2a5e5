"""R34: fees, tips and deposits in a merchant's orders, from Billbee to the warehouse's books."""

from __future__ import annotations

from decimal import Decimal

import pytest

from local.simulators.billbee.orders import item, product
from testkit.world import RECEIVED, REJECTED, World, world

FEES = ["TIP*", "*shipping protection*"]


def sell(here: World, order: int = 1) -> None:
    here.sell(
        order,
        item("MUG-01", quantity=2, unit_price="11.90", tax_rate="19"),
        item("TIP-01", unit_price="3.00", title="Tip for the team"),
        item(None, unit_price="1.19", tax_rate="19", title="Route shipping protection"),
        shipping_cost="4.90",
    )


def test_r34_the_money_of_fees_reaches_the_warehouse_and_no_piece_of_them() -> None:
    with world(money_only=FEES) as here:
        sell(here)
        here.cycle()
        sent = here.warehouse.orders["1"].submission
        assert [(one.item_no, one.quantity) for one in sent.lines] == [("MUG-01", 2)]
        assert sent.discounts == [
            ("Tip for the team", Decimal("-3.00"), "fixed_amount"),
            ("Route shipping protection", Decimal("-1.00"), "fixed_amount"),
        ]
        assert (sent.prod_dollars, sent.ph_amt, sent.tax_amt) == (Decimal("20.00"), Decimal("4.9"), Decimal("3.99"))
        assert sent.prod_dollars + sent.ph_amt + sent.tax_amt - sent.discount_total == Decimal("32.89")
        assert RECEIVED in here.tags(1)
        assert here.record(1).pieces == {"MUG-01": 2}
        whys = [event.why for event in here.record(1).timeline]
        assert "claimed for sending; of lines 2, 3 only the money counts (setting money_only)" in whys
        assert here.told(1) == []


def test_r34_r35_what_the_buyer_wrote_for_a_fee_is_in_the_order_comment() -> None:
    with world(money_only=["engraving*"]) as here:
        here.sell(1, item("MUG-01"), item(None, unit_price="5.00", title="Engraving", attributes={"Text": "Für Mia"}))
        here.cycle()
        sent = here.warehouse.orders["1"].submission
        assert [(line.item_no, line.description) for line in sent.lines] == [("MUG-01", "MUG-01")]
        assert sent.comment == "1 x Engraving: Text: Für Mia"
        assert any("the personalisation of line 2 is in the comment" in one.why for one in here.record(1).timeline)


def test_r34_an_order_of_fees_alone_is_rejected_and_sent_once_the_setting_is_corrected() -> None:
    with world(money_only=["MUG*"]) as here:
        here.sell(1)
        here.cycle()
        (told,) = here.told(1)
        assert "[OB-125]" in told
        assert (REJECTED in here.tags(1), here.bibi.count("POST /submitOrder")) == (True, 0)
        here.configure(money_only=FEES)
        here.shop.remove_tag(1, REJECTED)
        here.cycle()
        assert here.submitted("1") == 1


def test_r34_a_setting_that_changes_later_changes_no_order_that_is_at_the_warehouse() -> None:
    with world() as here:
        here.sell(1)
        here.cycle()
        here.configure(money_only=["MUG*"])
        here.shop.remove_tag(1, RECEIVED)
        here.run_on()
        assert (here.bibi.count("POST /updateOrder/{number}"), RECEIVED in here.tags(1)) == (0, True)


@pytest.mark.parametrize("reading", ["coupons", "discounts", "either"])
def test_r34_a_change_has_the_money_of_fees_in_whichever_form_the_warehouse_takes(reading: str) -> None:
    """updateOrder's sample has one coupon, which cannot be negative: fees are handling there."""
    with world(money_only=FEES, bibi={"readings": {"update-discounts": reading}}) as here:
        sell(here)
        here.cycle()
        lines = here.wire(1)["OrderItems"]
        mug, sale = item("MUG-01", unit_price="11.90", tax_rate="19"), item("SALE", unit_price="-2.00", is_coupon=True)
        here.shop.change(1, OrderItems=[mug, *lines[1:], sale], TotalCost=18.99)
        here.shop.remove_tag(1, RECEIVED)
        here.run_on()
        sent = here.warehouse.orders["1"].submission
        assert [(one.item_no, one.quantity) for one in sent.lines] == [("MUG-01", 1)]
        assert sent.prod_dollars + sent.ph_amt + sent.tax_amt - sent.discount_total == Decimal("18.99")
        form = (Decimal("4.9"), Decimal("-2.00")) if reading == "discounts" else (Decimal("8.9"), Decimal("2.00"))
        assert (sent.ph_amt, sent.discount_total) == form
        changed = [event.why for event in here.record(1).timeline if event.call == "bibi updateOrder"]
        assert changed == ["changed at the warehouse; of lines 2, 3 only the money counts (setting money_only)"]


def test_r20_an_order_with_fees_is_billed_as_it_was_sold() -> None:
    with world(money_only=FEES, billing={"enabled": True}) as here:
        sell(here)
        here.cycle()
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.pull()
        here.books.bill(here.wire(1))
        here.check_billing()
        assert "billing_ok" in here.record(1).told


def test_r34_a_product_that_is_a_fee_is_not_sent_to_the_warehouse_and_not_complained_of() -> None:
    with world(money_only=FEES) as here:
        tip = here.shop.add_product(product("TIP-01", title="Tip", stock=0))
        other = here.shop.add_product(product("CAP-01", title="Route shipping protection", stock=0))
        cup = here.shop.add_product(product("CUP-01", title="Cup", ean="4006381333931", stock=0))
        here.sync_products()
        records = {record.product_id: record.problem for record in here.product_records()}
        assert (tip["Id"] in records, other["Id"] in records, records[cup["Id"]]) == (False, False, None)
        assert "TIP-01" not in here.warehouse.products
