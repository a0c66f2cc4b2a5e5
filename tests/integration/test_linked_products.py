"""R41: what the linked products say of an order's lines: SKUs, pieces of a sale, bundles within bundles."""

from __future__ import annotations

import copy
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from local.simulators.billbee.orders import item, product
from orderbridge.merchants.settings import parse_settings
from orderbridge.platform.errors import SettingsError
from testkit.world import REJECTED, World, world

GET_PRODUCT = "GET /products/{id}"


def made(here: World, sku: str, *, at_warehouse: str | None = None, **fields: Any) -> int:
    """A product of the shop that the warehouse knows too; gives its Billbee id."""
    here.warehouse.add_product(at_warehouse or sku, stock=50)
    ean = f"40000000{len(here.shop.products):05d}"
    return int(here.shop.add_product(product(sku, stock=50, ean=ean, **fields))["Id"])


def sent(here: World, order: int = 1) -> list[tuple[str, int, Decimal]]:
    lines = here.warehouse.orders[str(order)].submission.lines
    return [(line.item_no, line.quantity, line.amount) for line in lines]


def pieces(here: World, order: int = 1) -> dict[str, int]:
    found: Counter[str] = Counter()
    for sku, quantity, _ in sent(here, order):
        found[sku] += quantity
    return dict(found)


def paid(here: World, order: int = 1) -> Decimal:
    return sum((quantity * amount for _, quantity, amount in sent(here, order)), Decimal(0))


@pytest.mark.parametrize("synced", [True, False])
def test_r41_a_line_without_a_sku_has_that_of_its_linked_product(*, synced: bool) -> None:
    with world() as here:
        cap = made(here, "CAP-01")
        if synced:
            here.sync_products()
        asked = here.billbee.count(GET_PRODUCT)
        here.sell(1, item(None, product_id=cap, invoice_sku=""))
        here.cycle()
        assert pieces(here) == {"CAP-01": 1}
        assert here.billbee.count(GET_PRODUCT) - asked == (0 if synced else 1)


def test_r41_a_line_without_a_sku_has_the_invoices_before_that() -> None:
    with world() as here:
        made(here, "CAP-01")
        here.sell(1, item(None, invoice_sku="CAP-01"))
        here.cycle()
        assert pieces(here) == {"CAP-01": 1}


@pytest.mark.parametrize("linked", ["gone", "nameless", "none"])
def test_r41_a_line_whose_sku_nobody_knows_is_rejected(linked: str) -> None:
    with world() as here:
        nameless = here.shop.add_product(product("", stock=1))["Id"]
        number = {"gone": 777, "nameless": nameless, "none": None}[linked]
        here.sell(1, item(None, product_id=number, invoice_sku=""))
        here.cycle()
        (told,) = here.told(1)
        assert "[OB-111]" in told


@pytest.mark.parametrize(("sold", "known"), [("cap-01", "CAP-01"), ("CAP-01\u200b", "CAP-01"), ("42", "0042")])
@pytest.mark.parametrize("linked", [True, False])
def test_r41_a_sku_is_sent_as_the_warehouse_has_it(sold: str, known: str, *, linked: bool) -> None:
    with world() as here:
        number = made(here, known)
        here.sync_products()
        here.sell(1, item(sold, product_id=number if linked else None))
        here.cycle()
        if sold == "42" and not linked:  # another product may have that SKU: nothing says that zeros are lost
            assert "42 of line 1 is not known" in here.told(1)[0]
        else:
            assert pieces(here) == {known: 1}
            assert here.record(1).pieces == {known: 1}


def test_r41_two_products_whose_skus_differ_in_zeros_stay_two() -> None:
    with world() as here:
        made(here, "0042")
        other = made(here, "42")
        here.sync_products()
        here.sell(1, item("42", product_id=other))
        here.cycle()
        assert pieces(here) == {"42": 1}


@pytest.mark.parametrize("price", ["10.00", "9.99", "0.01"])
def test_r41_a_product_that_takes_several_pieces_a_sale_ships_them_at_its_price(price: str) -> None:
    with world() as here:
        pack = made(here, "SOCKS", pieces_per_sale=3)
        here.sync_products()
        here.sell(1, item("SOCKS", quantity=2, unit_price=price, product_id=pack), item("MUG-01"))
        here.cycle()
        assert pieces(here) == {"SOCKS": 6, "MUG-01": 1}
        assert paid(here) == 2 * Decimal(price) + 10
        assert here.warehouse.orders["1"].submission.prod_dollars == paid(here)
        assert here.record(1).pieces == {"SOCKS": 6, "MUG-01": 1}
        assert any("each of line 1 is 3 pieces (StockReduceItemsPerSale)" in one.why for one in here.record(1).timeline)
        assert here.offered("SOCKS") == 44


def test_r41_a_changed_number_of_pieces_counts_with_the_next_products_and_the_warehouse_is_not_told() -> None:
    with world() as here:
        pack = made(here, "SOCKS")
        here.sync_products()
        told = here.bibi.count("POST /upsertProducts")
        here.shop.change_product(pack, StockReduceItemsPerSale=2.0)
        here.sync_products()
        assert here.bibi.count("POST /upsertProducts") == told
        here.sell(1, item("SOCKS", product_id=pack))
        here.cycle()
        assert pieces(here) == {"SOCKS": 2}


def test_r41_a_changed_number_of_pieces_changes_no_order_at_the_warehouse() -> None:
    with world() as here:
        pack = made(here, "SOCKS")
        here.sync_products()
        here.sell(1, item("SOCKS", product_id=pack))
        here.cycle()
        here.shop.change_product(pack, StockReduceItemsPerSale=2.0)
        here.sync_products()
        here.shop.remove_tag(1, "order_received_by_bibi")
        here.run_on()
        assert here.bibi.count("POST /updateOrder/{number}") == 0


def test_r37_r41_a_changed_number_of_pieces_is_no_change_of_an_order_that_is_changed_in_something_else() -> None:
    with world(changes="automatic") as here:
        pack = made(here, "SOCKS")
        here.sync_products()
        here.sell(1, item("SOCKS", product_id=pack))
        here.cycle()
        here.shop.change_product(pack, StockReduceItemsPerSale=2.0)
        here.sync_products()
        comment = {"Id": 5, "FromCustomer": True, "Text": "When?", "Name": "Jane", "Created": None}
        here.shop.change(1, Comments=[comment])
        here.run_on()
        assert (here.told(1), pieces(here)) == ([], {"SOCKS": 1})
        here.shop.change(1, OrderItems=[item("SOCKS", product_id=pack, quantity=2)])
        here.look()
        assert pieces(here) == {"SOCKS": 4}


@pytest.mark.parametrize(("per_sale", "quantity", "shipped"), [(0.5, 2, 1), (0.5, 1, None), (0, 1, 1), (None, 2, 2)])
def test_r41_parts_of_a_piece_are_rejected_and_no_figure_means_one(
    per_sale: float | None, quantity: int, shipped: int | None
) -> None:
    with world() as here:
        cloth = made(here, "CLOTH", pieces_per_sale=per_sale)
        here.sync_products()
        here.sell(1, item("CLOTH", quantity=quantity, product_id=cloth))
        here.cycle()
        if shipped is None:
            assert "[OB-129]" in here.told(1)[0]
            assert REJECTED in here.tags(1)
        else:
            assert pieces(here) == {"CLOTH": shipped}


def test_r41_the_pieces_of_a_refused_product_count_too() -> None:
    with world() as here:
        here.warehouse.add_product("SOCKS", stock=50)
        pack = here.shop.add_product(product("SOCKS", pieces_per_sale=3))["Id"]  # it has no EAN
        here.sync_products()
        here.sell(1, item("SOCKS", product_id=pack))
        here.cycle()
        assert pieces(here) == {"SOCKS": 3}


# ---- Bundles


def nested(here: World) -> int:
    for sku in ("CUP", "TEA"):
        made(here, sku)
    here.shop.add_product(product("EBOOK", is_digital=True))
    here.shop.add_product(product("INNER", components=[("CUP", 2), ("EBOOK", 1)]))
    outer = product("OUTER", components=[("INNER", 2), ("TEA", 3), ("EBOOK", 1)])
    return int(here.shop.add_product(outer)["Id"])


def sell(here: World, order: int, bundle: dict[str, Any], *, linked: bool) -> None:
    here.sell(order, copy.deepcopy(bundle))
    if not linked:
        here.wire(order)["OrderItems"][0]["Product"]["BillbeeId"] = None


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("linked", [True, False])
def test_r3_r41_a_bundle_of_bundles_and_downloads_is_sent_as_its_goods_at_its_price(
    *, synced: bool, linked: bool
) -> None:
    with world() as here:
        outer = nested(here)
        if synced:
            here.sync_products()
        asked = here.billbee.count(GET_PRODUCT)
        bundle = item("OUTER", quantity=2, unit_price="49.99", product_type=2, product_id=outer if linked else None)
        sell(here, 1, bundle, linked=linked)
        here.cycle()
        assert pieces(here) == {"CUP": 8, "TEA": 6}
        assert paid(here) == Decimal("99.98")
        # The bundle, and once what has no record: the inner bundle and the download, which is in both.
        assert here.billbee.count(GET_PRODUCT) - asked == (3 if synced else 5)
        assert (here.offered("CUP"), here.offered("TEA")) == (42, 44)
        sell(here, 2, bundle, linked=linked)
        here.cycle()
        assert here.billbee.count(GET_PRODUCT) - asked == (3 if synced else 5)


@pytest.mark.parametrize("synced", [True, False])
def test_r41_each_bundle_within_a_bundle_is_looked_up_once_however_often_it_is_in_it(*, synced: bool) -> None:
    levels = 12
    with world() as here:
        made(here, "CUP")
        below, outer = "CUP", 0
        for level in range(levels):
            outer = int(here.shop.add_product(product(f"SET-{level}", components=[(below, 1), (below, 1)]))["Id"])
            below = f"SET-{level}"
        if synced:
            here.sync_products()
        asked = here.billbee.count(GET_PRODUCT)
        here.sell(1, item(below, unit_price="4096.00", product_type=2, product_id=outer))
        here.cycle()
        assert pieces(here) == {"CUP": 2**levels}
        assert paid(here) == Decimal("4096.00")
        assert here.billbee.count(GET_PRODUCT) - asked == (levels if synced else levels + 1)


def test_r41_a_bundle_that_contains_itself_is_rejected() -> None:
    with world() as here:
        nested(here)
        inner = here.shop.product_by("SKU", "INNER")
        outer = here.shop.product_by("SKU", "OUTER")
        assert inner is not None
        assert outer is not None
        here.sell(1, item("OUTER", product_type=2))
        inner["BillOfMaterial"].append({"Amount": 1.0, "ArticleId": outer["Id"], "SKU": "OUTER"})
        here.cycle()
        assert "[OB-114]" in here.told(1)[0]


def test_r41_a_bundle_of_downloads_alone_has_nothing_to_ship() -> None:
    with world() as here:
        here.shop.add_product(product("EBOOK", is_digital=True))
        here.shop.add_product(product("SHELF", components=[("EBOOK", 2)]))
        here.sell(1, item("SHELF", product_type=2), item("MUG-01"))
        here.cycle()
        assert "[OB-114]" in here.told(1)[0]


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize(("written", "known"), [("", "CUP"), ("cup", "CUP"), ("42", "0042"), ("0042", "0042")])
def test_r41_the_parts_of_a_bundle_are_sent_as_the_warehouse_has_them(
    written: str, known: str, *, depth: int, synced: bool
) -> None:
    with world() as here:
        part, of, outer = made(here, known), written, 0
        for level in range(depth):
            outer = int(
                here.shop.add_product(product(f"SET-{level}", components=[(known, 2)] if not level else []))["Id"]
            )
            material = [{"Amount": 2.0, "ArticleId": part, "SKU": of}]
            here.shop.change_product(outer, Type=2, BillOfMaterial=material)
            part, of = outer, f"SET-{level}"
        if synced:
            here.sync_products()
        here.sell(1, item(of, product_type=2, product_id=outer))
        here.cycle()
        assert here.told(1) == []
        assert pieces(here) == {known: 2**depth}


# ---- Billing


@pytest.mark.parametrize("by_product", [True, False])
@pytest.mark.parametrize("wrong", [True, False])
def test_r20_r41_an_invoice_may_name_lines_as_the_order_or_as_their_products(*, by_product: bool, wrong: bool) -> None:
    with world(money_only=["TIP*"], billing={"enabled": True}) as here:
        nested(here)
        cap, card, pack = made(here, "CAP-01"), made(here, "0042"), made(here, "SOCKS", pieces_per_sale=3)
        tip = int(here.shop.add_product(product("TIP-01"))["Id"])
        here.sync_products()
        lines = [
            item(None, title="Cap", product_id=cap, invoice_sku=""),
            item(None, title="Thanks", product_id=tip, invoice_sku=""),
            item("42", product_id=card),
            item("SOCKS", product_id=pack),
            item("OUTER", product_type=2),
        ]
        here.sell(1, *lines)
        here.cycle()
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.pull()
        bill = copy.deepcopy(here.wire(1))
        known = {"Cap": "CAP-01", "Thanks": "TIP-01", "42": "0042"}
        for line in bill["OrderItems"]:
            sold = line["Product"]
            sold["SKU"] = known.get(sold["Title"], sold["SKU"]) if by_product else sold["SKU"]
        if wrong:
            bill["OrderItems"][2]["Quantity"] = 2
        here.books.bill(bill)
        here.check_billing()
        assert ("billing_ok" in here.record(1).told) is not wrong
        assert ["2 billed instead of 1" in told for told in here.told(1)] == ([True] if wrong else [])


# ---- Offer codes


@pytest.mark.parametrize("other", ["etsy", " Etsy", "ETSY ", "Etsy\u200b"])
def test_r4_a_shop_that_is_named_twice_is_refused(other: str) -> None:
    given = {"username": "a@b.example", "order_tag": "bibi"}
    for codes in ({"Etsy": "ETSY", other: "OTHER"}, {"Etsy": "ETSY", other: "ETSY"}):
        with pytest.raises(SettingsError, match=r"bibi\.sources: 'Etsy' and .* differ only by case or blanks"):
            parse_settings("acme", json.dumps({"billbee": given, "bibi": {"sources": codes}}))


def test_r4_a_shipping_product_with_two_codes_is_refused() -> None:
    given = {"username": "a@b.example", "order_tag": "bibi"}
    same = {"DHL Paket": "84", "dhl  paket": "84"}
    read = parse_settings("acme", json.dumps({"billbee": given, "bibi": {"ship_methods": same}}))
    assert read.bibi.ship_methods == same
    two = same | {"dhl  paket": "85"}
    with pytest.raises(SettingsError, match=r"bibi\.ship_methods: 'dhl  paket' has two codes"):
        parse_settings("acme", json.dumps({"billbee": given, "bibi": {"ship_methods": two}}))


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        ({}, "WEB"),
        ({"Etsy": "ETSY"}, "ETSY"),
        ({"etsy": "E", "my  shop": "MINE"}, "MINE"),
        ({"etsy": "E", "My shop": "MINE", "4711": "ID"}, "ID"),
        ({"Amazon": "A"}, "WEB"),
    ],
)
def test_r4_the_offer_code_is_that_of_the_shop(sources: dict[str, str], code: str) -> None:
    with world() as here:
        here.configure(bibi={"sources": sources})
        here.sell(1, shop=("Etsy", "My shop", 4711))
        here.cycle()
        assert here.warehouse.orders["1"].submission.source == code


def test_r4_a_change_has_the_offer_code_of_the_shop_too() -> None:
    with world() as here:
        here.configure(bibi={"sources": {"Etsy": "ETSY"}})
        here.sell(1, shop=("Etsy", "My shop", 4711))
        here.cycle()
        here.shop.change(1, OrderItems=[item("MUG-01", quantity=2)], TotalCost=20.0)
        here.shop.remove_tag(1, "order_received_by_bibi")
        here.run_on()
        assert pieces(here) == {"MUG-01": 2}
        assert here.warehouse.orders["1"].submission.source == "ETSY"


# ---- Tracking numbers


@pytest.mark.parametrize("reading", ["joined", "single"])
def test_r14_after_a_lost_ledger_numbers_that_stand_in_one_field_of_billbee_are_not_posted_again(reading: str) -> None:
    one, other = "1Z999AA10123456784", "1Z999AA10123456785"
    with world(bibi={"readings": {"tracking-numbers": reading}}) as here:
        here.imported(1)
        here.shop.ship_by_hand(1, f"{one} / {other}")
        here.warehouse.ship("1", [one, other], method="02")
        here.lose_the_ledger()
        here.run_on()
        assert here.parcels(1) == [f"{one} / {other}"]
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)
