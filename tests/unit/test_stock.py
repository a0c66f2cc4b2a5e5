"""R18: what the shops are told of a product, and how Billbee's answers are matched to what was sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.ledger.sku import Sku
from orderbridge.stock.figures import StockAnswer, WarehouseStock, figure, open_pieces
from orderbridge.vendors.bibi.mapping import to_stock
from orderbridge.vendors.billbee.mapping import to_stock_answers

counts = st.integers(0, 1000)


@given(physical=counts, allocated=counts, backordered=counts, ours=counts, buffer=counts)
def test_r18_never_more_than_the_shelf_less_what_others_were_promised_less_the_buffer(
    physical: int, allocated: int, backordered: int, ours: int, buffer: int
) -> None:
    one = figure(WarehouseStock("MUG", physical, allocated, backordered), {Sku("mug"): ours}, buffer)
    others = max(0, allocated + backordered - ours)
    assert one.quantity == max(0, physical - others - buffer)
    assert one.quantity + ours >= max(0, physical - allocated - backordered - buffer)


def test_r18_what_is_ours_is_left_to_the_shop_to_take_off() -> None:
    assert figure(WarehouseStock("MUG", 10, allocated=4), {Sku("mug"): 4}, 0).quantity == 10


def test_r18_an_order_whose_pieces_are_not_known_counts_as_somebody_elses() -> None:
    assert figure(WarehouseStock("MUG", 10, allocated=4), open_pieces([{}, {"Mug": 1}]), 0).quantity == 7


@pytest.mark.parametrize(("physical", "allocated"), [(-3, 0), (-3, -2), (0, 5), (2, 9)])
def test_r18_the_figure_is_never_below_zero(physical: int, allocated: int) -> None:
    one = figure(WarehouseStock("MUG", physical, allocated), {}, 1)
    assert (one.quantity, one.physical >= 0, one.allocated >= 0) == (0, True, True)


def test_r18_negative_promises_add_nothing_to_the_shelf() -> None:
    assert figure(WarehouseStock("MUG", 5, allocated=-2, backordered=-1), {}, 0).quantity == 5


def test_r18_pieces_of_open_orders_add_up_whatever_the_case() -> None:
    assert open_pieces([{"MUG": 2, "PEN": 1}, {"mug": 3}]) == {Sku("mug"): 5, Sku("pen"): 1}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ({"product_number": "MUG", "quantity_in_stock": "12", "allocated_quantity": 3}, (12, 3, 0)),
        ({"product_number": " MUG ", "quantity_in_stock": "", "backorder_quantity": "4"}, (0, 0, 4)),
        ({"product_number": "MUG", "quantity_in_stock": "-2.0", "allocated_quantity": None}, (-2, 0, 0)),
        ({"product_number": "MUG", "quantity_in_stock": "Infinity"}, (0, 0, 0)),
    ],
)
def test_r18_counts_of_the_warehouse_come_in_any_shape(raw: dict[str, Any], read: tuple[int, int, int]) -> None:
    assert to_stock(raw) == WarehouseStock("MUG", *read)


@pytest.mark.parametrize("raw", [{}, {"product_number": ""}, {"product_number": None, "quantity_in_stock": 3}])
def test_r18_a_row_without_a_number_is_no_product(raw: dict[str, Any]) -> None:
    assert to_stock(raw) is None


def ok(sku: str | None, current: object = 1, **more: Any) -> dict[str, Any]:
    return {"ErrorCode": 0, "Data": {"SKU": sku, "CurrentStock": current, **more}}


REFUSED = {"ErrorCode": 11, "ErrorMessage": "Product not found", "Data": None}


@given(st.permutations(["MUG", "PEN", "TEE"]), st.integers(0, 3))
def test_r18_answers_are_matched_by_sku_in_any_order_and_however_few(order: list[str], length: int) -> None:
    sent = ["MUG", "PEN", "TEE"]
    found = to_stock_answers([ok(sku, sent.index(sku)) for sku in order][:length], sent)
    assert found == {sku: StockAnswer(current=sent.index(sku)) for sku in order[:length]}


def test_r18_an_error_without_a_sku_is_matched_by_place_where_places_hold() -> None:
    found = to_stock_answers([ok("mug"), REFUSED, ok("TEE")], ["MUG", "PEN", "TEE"])
    assert found["PEN"].error == "Product not found"
    assert found["MUG"] == found["TEE"] == StockAnswer(current=1)


@pytest.mark.parametrize(
    "rows",
    [[ok("TEE"), REFUSED, ok("MUG")], [ok("MUG"), REFUSED], [ok("MUG"), REFUSED, ok("TEE"), ok("PEN")], [REFUSED]],
)
def test_r18_an_error_without_a_sku_is_nobodys_where_places_do_not_hold(rows: list[Any]) -> None:
    found = to_stock_answers(rows, ["MUG", "PEN", "TEE"])
    assert all(answer.error is None for answer in found.values())


@pytest.mark.parametrize("row", [None, "text", 5, {"Data": {"SKU": "MUG", "CurrentStock": "many"}}, {"Data": [1]}])
def test_r18_an_answer_that_cannot_be_read_has_failed(row: object) -> None:
    assert to_stock_answers([row], ["MUG"])["MUG"].failed


def test_r18_an_internal_error_has_failed_and_others_are_refusals() -> None:
    rows = [{"ErrorCode": 8, "Data": None}, REFUSED]
    found = to_stock_answers(rows, ["MUG", "PEN"])
    assert (found["MUG"].failed, found["PEN"].failed) == (True, False)


def test_r18_what_billbee_holds_back_is_read() -> None:
    (answer,) = to_stock_answers([ok("MUG", "3.0", UnfulfilledAmount=2.0)], ["MUG"]).values()
    assert (answer.current, answer.reserved) == (3, 2)


def test_r18_pieces_of_spellings_that_differ_by_case_are_added_up() -> None:
    """Otherwise pieces of ours would count as those of others, and the shop see too few."""
    ours = open_pieces([{"mug-01": 1, "MUG-01": 2}, {"Mug-01": 4, "TEE": 1}])
    assert ours == {Sku("MUG-01"): 7, Sku("tee"): 1}
    assert figure(WarehouseStock("MUG-01", 10, allocated=7), ours, 0).quantity == 10
