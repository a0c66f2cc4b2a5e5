"""R19: products of Billbee at the warehouse: created, updated, refused, taken up again, and worked through in parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.simulators import Fault
from local.simulators.billbee.orders import product
from orderbridge.vendors.billbee import client as billbee
from testkit.routes import PRODUCTS, SHELF, UPSERT
from testkit.world import World, world

SIZES = {"weight", "width", "length", "height"}


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True) as made:
        yield made


def ean(number: int) -> str:
    return f"4{number:012d}"


def sell(here: World, sku: str | None, number: int = 1, **fields: Any) -> int:
    """A product of the shop; gives its id in Billbee."""
    given: dict[str, Any] = {
        "ean": ean(number),
        "title": str(sku).title(),
        "weight": 454,
        "size_cm": (2.54, 5.08, 7.62),
    }
    return int(here.shop.add_product(product(sku or "", **(given | fields)))["Id"])


def sent(here: World) -> list[list[dict[str, Any]]]:
    """The products of each call that the warehouse got."""
    return [json.loads(call.body["products"]) for call in here.bibi.calls if call.name == UPSERT]


def numbers(here: World) -> list[list[str]]:
    return [[one["product_number"] for one in call] for call in sent(here)]


def reports(caplog: pytest.LogCaptureFixture, reason: str) -> int:
    found = [record for record in caplog.records if record.getMessage() == "Product not sent"]
    return sum(reason in str(getattr(record, "reason", "")) for record in found)


# Created and updated


def test_r19_a_new_product_is_created_with_its_dimensions(here: World) -> None:
    sell(here, "MUG")
    here.sync_products()
    found = here.warehouse.products["MUG"]
    assert (found["short_description"], found["upc_code"], str(found["available"])) == ("Mug", ean(1), "1")
    assert (found["weight"], found["length"], found["width"], found["height"]) == (1.0009, 1.0, 2.0, 3.0)


def test_r19_what_did_not_change_costs_no_call_to_the_warehouse(here: World) -> None:
    sell(here, "MUG")
    here.sync_products()
    calls = len(here.bibi.calls)
    here.cold_start()
    here.sync_products()
    assert len(here.bibi.calls) == calls


def test_r19_a_change_updates_and_does_not_touch_the_dimensions_again(here: World) -> None:
    mug = sell(here, "MUG")
    here.sync_products()
    here.warehouse.products["MUG"]["weight"] = 1.23  # the warehouse has put it on the scales
    here.shop.change_product(mug, Price=15.5, Weight=999)
    here.sync_products()
    assert here.warehouse.products["MUG"]["price"] == 13.03  # net of 19 %
    assert here.warehouse.products["MUG"]["weight"] == 1.23
    assert not SIZES & sent(here)[-1][0].keys()


def test_r19_a_product_is_created_with_the_status_of_the_settings_and_an_update_keeps_the_one_it_has(
    here: World,
) -> None:
    here.configure(products={"status": "D1"})
    mug = sell(here, "MUG")
    here.sync_products()
    assert here.warehouse.products["MUG"]["product_status"] == "D1"
    here.warehouse.products["MUG"]["product_status"] = "R1"  # by the warehouse's own people
    here.shop.change_product(mug, Price=15.5)
    here.sync_products()
    assert len(sent(here)) == 2
    assert here.warehouse.products["MUG"]["price"] == 13.03
    assert here.warehouse.products["MUG"]["product_status"] == "R1"


def test_r19_an_update_names_the_status_that_was_sent_where_the_warehouse_finds_no_product_by_its_sku(
    here: World,
) -> None:
    here.bibi.readings.choose({"list-product": "id"})
    here.configure(products={"status": "D1"})
    mug = sell(here, "MUG")
    here.sync_products()
    here.configure(products={"status": "R1"})
    here.shop.change_product(mug, EAN="")  # refused before it is sent
    here.sync_products()
    here.shop.change_product(mug, EAN=ean(1), Price=15.5)
    here.sync_products()
    assert [one["product_status"] for call in sent(here) for one in call] == ["D1", "D1"]
    assert here.product_record(mug).problem is None


def test_r19_an_update_names_the_status_of_the_settings_where_none_is_known(here: World) -> None:
    here.bibi.readings.choose({"list-product": "id"})
    sell(here, "MUG")
    here.sync_products()
    here.lose_the_ledger()
    here.sync_stock()
    here.sync_products()
    assert [one["product_status"] for call in sent(here) for one in call] == ["R1", "R1"]
    assert not SIZES & sent(here)[-1][0].keys()


def test_r19_other_dimensions_alone_are_no_change(here: World) -> None:
    mug = sell(here, "MUG")
    here.sync_products()
    here.shop.change_product(mug, Weight=999, WidthCm=99.0)
    here.sync_products()
    assert len(sent(here)) == 1


@pytest.mark.parametrize("stock", [True, False])
def test_r19_a_product_that_the_warehouse_has_keeps_its_dimensions_also_after_the_ledger_was_lost(
    here: World, stock: bool
) -> None:
    sell(here, "MUG")
    here.sync_products()
    here.warehouse.products["MUG"]["weight"] = 1.23
    here.lose_the_ledger()
    if stock:
        here.sync_stock()
    here.sync_products()
    assert not SIZES & sent(here)[-1][0].keys()
    assert here.warehouse.products["MUG"]["weight"] == 1.23


def test_r19_once_the_stock_was_read_new_products_need_not_be_asked_for(here: World) -> None:
    here.sync_stock()
    for number in range(30):
        sell(here, f"SKU-{number}", number)
    here.sync_products()
    assert here.bibi.count(SHELF) == 0
    assert sent(here)[0][0].keys() >= SIZES
    assert len(here.warehouse.products) == 30


def test_r19_a_deactivated_product_is_unavailable_and_available_again(here: World) -> None:
    mug = sell(here, "MUG")
    here.sync_products()
    for deactivated, available in ((True, "0"), (False, "1")):
        here.shop.change_product(mug, IsDeactivated=deactivated)
        here.sync_products()
        assert str(here.warehouse.products["MUG"]["available"]) == available


def test_r19_bundles_and_digital_products_are_not_sent_the_components_are(here: World) -> None:
    sell(here, "MUG", 1)
    sell(here, "PEN", 2)
    sell(here, "BOX", 3, components=[("MUG", 1), ("PEN", 2)])
    sell(here, "E-BOOK", 4, is_digital=True)
    here.sync_products()
    assert sorted(here.warehouse.products) == ["MUG", "PEN"]


def test_r19_the_language_of_the_settings_and_its_change(here: World) -> None:
    mug = sell(here, "MUG")
    texts = [{"Text": "Mug", "LanguageCode": "en"}, {"Text": "Tasse", "LanguageCode": "DE"}]
    here.shop.change_product(mug, Title=texts, ShortDescription=[{"Text": "Aus Steingut", "LanguageCode": "de"}])
    for language, name in (("de", "Tasse"), ("fr", "Mug")):
        here.configure(products={"language": language})
        here.sync_products()
        found = here.warehouse.products["MUG"]
        assert (found["short_description"], found["long_description"]) == (name, "Aus Steingut")


def test_r19_a_new_sku_is_a_new_product_at_the_warehouse_and_frees_the_old_one(here: World) -> None:
    mug = sell(here, "MUG")
    here.sync_products()
    here.shop.change_product(mug, SKU="CUP")
    here.sync_products()
    assert sent(here)[-1][0].keys() >= SIZES
    sell(here, "MUG", 2)
    here.sync_products()
    assert numbers(here) == [["MUG"], ["CUP"], ["MUG"]]


@pytest.mark.parametrize("how", [{"products": {"enabled": False}}, {"mode": "test"}, {"mode": "paused"}])
def test_r19_r22_nothing_is_sent_where_the_merchant_says_so(here: World, how: dict[str, Any]) -> None:
    sell(here, "MUG")
    here.configure(**how)
    here.sync_products()
    assert (here.billbee.calls, here.bibi.calls) == ([], [])


# Refused and reported


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"sku": ""}, "OB-301"), ({"sku": None}, "OB-301"), ({"ean": None}, "OB-302"), ({"sku": "X" * 21}, "OB-112")],
)
def test_r19_what_cannot_be_sent_is_reported_once_and_keeps_no_other_back(
    here: World, caplog: pytest.LogCaptureFixture, fields: dict[str, Any], code: str
) -> None:
    bad = sell(here, **({"sku": "MUG"} | fields))
    sell(here, "PEN", 2)
    for _ in range(3):
        here.sync_products()
    assert list(here.warehouse.products) == ["PEN"]
    assert reports(caplog, code) == 1
    assert code in (here.product_record(bad).problem or "")


def test_r19_once_fixed_it_is_sent(here: World) -> None:
    mug = sell(here, "MUG", ean=None)
    here.sync_products()
    here.shop.change_product(mug, EAN=ean(1))
    here.sync_products()
    assert "MUG" in here.warehouse.products
    assert here.product_record(mug).problem is None


@pytest.mark.parametrize(
    ("second", "code"),
    [({"sku": "MUG", "number": 2}, "OB-303"), ({"sku": "mug", "number": 2}, "OB-303"), ({"sku": "CUP"}, "OB-304")],
)
def test_r19_a_sku_or_ean_that_another_product_has_is_refused_and_reported_once(
    here: World, caplog: pytest.LogCaptureFixture, second: dict[str, Any], code: str
) -> None:
    first = sell(here, "MUG")
    twin = sell(here, **second)
    for _ in range(3):
        here.sync_products()
    assert numbers(here) == [["MUG"]]
    assert reports(caplog, code) == 1
    assert str(first) in (here.product_record(twin).problem or "")


@pytest.mark.parametrize("field", ["SKU", "EAN"])
def test_r19_a_change_that_would_take_anothers_is_refused_and_taken_up_when_it_is_free(
    here: World, caplog: pytest.LogCaptureFixture, field: str
) -> None:
    mug, pen = sell(here, "MUG", 1), sell(here, "PEN", 2)
    here.sync_products()
    here.shop.change_product(pen, **{"SKU": "MUG"} if field == "SKU" else {"EAN": ean(1)})
    for _ in range(2):
        here.sync_products()
    assert len(sent(here)) == 1
    assert reports(caplog, "OB-30") == 1
    assert (here.product_record(pen).sku, here.product_record(pen).ean) == ("PEN", ean(2))
    here.shop.change_product(mug, **{"SKU": "CUP"} if field == "SKU" else {"EAN": ean(9)})
    here.sync_products()
    here.sync_products()
    assert here.product_record(pen).problem is None
    assert sorted(number for call in numbers(here)[1:] for number in call) == (
        ["CUP", "MUG"] if field == "SKU" else ["MUG", "PEN"]
    )


def test_r19_what_a_deleted_product_had_is_free(here: World) -> None:
    mug = sell(here, "MUG")
    here.sync_products()
    del here.shop.products[mug]
    again = sell(here, "MUG", price="20.00")
    here.sync_products()
    assert here.warehouse.products["MUG"]["price"] == 16.81  # net of 19 %
    assert here.product_record(again).problem is None


def test_r19_two_products_can_swap_their_skus(here: World) -> None:
    mug, pen = sell(here, "MUG", 1), sell(here, "PEN", 2)
    here.sync_products()
    here.shop.change_product(mug, SKU="PEN")
    here.shop.change_product(pen, SKU="MUG")
    here.sync_products()
    here.sync_products()
    assert here.warehouse.products["MUG"]["upc_code"] == ean(2)
    assert here.warehouse.products["PEN"]["upc_code"] == ean(1)


def test_r19_a_refused_change_frees_what_it_would_have_taken(here: World) -> None:
    sell(here, "MUG", 1)
    cup = sell(here, "CUP", 1)  # its EAN is taken
    here.sync_products()
    here.shop.change_product(cup, SKU="BOWL")
    other = sell(here, "CUP", 3)
    here.sync_products()
    assert here.product_record(other).problem is None
    assert "CUP" in here.warehouse.products


@pytest.mark.parametrize(
    ("refused", "calls"),
    [("each", [["MUG", "PEN", "TEE"]]), ("whole", [["MUG", "PEN", "TEE"], ["MUG"], ["PEN"], ["TEE"]])],
)
def test_r19_a_product_that_the_warehouse_refuses_stays_behind_alone(
    here: World, caplog: pytest.LogCaptureFixture, refused: str, calls: list[list[str]]
) -> None:
    here.bibi.readings.choose({"upsert-messages": refused})
    for number, sku in enumerate(("MUG", "PEN", "TEE"), start=1):
        sell(here, sku, number, ean="no number" if sku == "PEN" else ean(number))
    for _ in range(2):
        here.sync_products()
    assert sorted(here.warehouse.products) == ["MUG", "TEE"]
    assert numbers(here) == calls
    assert reports(caplog, "OB-305") == 1


def answering(here: World, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> None:
    """What the warehouse says in the ``message`` of its next answers to upsertProducts; then its own words again."""
    left = list(answers)
    plain = here.bibi.success

    def said(result: Any = None, message: Any = "", **more: Any) -> Any:
        return plain(result, left.pop(0) if left and isinstance(message, list) else message, **more)

    monkeypatch.setattr(here.bibi, "success", said)


def test_r19_each_message_of_a_call_is_read_and_a_refused_product_stays_behind_alone(
    here: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [sell(here, sku, number) for number, sku in enumerate(("MUG", "PEN", "TEE"), start=1)]
    answering(here, monkeypatch, ["Product inserted.", "Product alias PEN is in use.", "Product updated."])
    for _ in range(2):
        here.sync_products()
    assert numbers(here) == [["MUG", "PEN", "TEE"]]
    problems = [here.product_record(one).problem for one in ids]
    assert (problems[0], problems[2]) == (None, None)
    assert "Product alias PEN is in use." in str(problems[1])
    assert reports(caplog, "OB-305") == 1
    here.shop.change_product(ids[1], Price=9.5)
    here.sync_products()
    assert numbers(here)[1:] == [["PEN"]]
    assert here.product_record(ids[1]).problem is None


@pytest.mark.parametrize(
    "said",
    [["Product inserted."], ["Product inserted."] * 3, [], "", None, "Product updated.", {"MUG": "Product inserted."},
     ["Product inserted.", None], ["Product inserted.", ""], ["Product inserted.", 7]],
)  # fmt: skip
def test_r19_an_answer_without_a_message_for_each_is_asked_again_one_by_one(
    here: World, monkeypatch: pytest.MonkeyPatch, said: Any
) -> None:
    sell(here, "MUG", 1)
    sell(here, "PEN", 2)
    answering(here, monkeypatch, said)
    here.sync_products()
    assert numbers(here) == [["MUG", "PEN"], ["MUG"], ["PEN"]]
    here.sync_products()
    assert len(sent(here)) == 3


@pytest.mark.parametrize(
    ("said", "calls"),
    [(7, 2), ({"a": "b"}, 2), (["a", "b"], 2), ([7], 2), ("", 1), (None, 1), ([], 1), ("Updated!", 1)],
)
def test_r19_a_product_that_nobody_knows_the_fate_of_is_sent_again_with_the_next_run(
    here: World, monkeypatch: pytest.MonkeyPatch, said: Any, calls: int
) -> None:
    sell(here, "MUG")
    answering(here, monkeypatch, said)
    here.sync_products()
    assert len(sent(here)) == 1
    here.sync_products()
    assert len(sent(here)) == calls
    assert [one.problem for one in here.product_records()] == [None]


def test_r19_what_was_refused_by_the_warehouse_can_go_to_another_product(here: World) -> None:
    pen = sell(here, "PEN", ean="no number")
    here.sync_products()
    here.shop.change_product(pen, SKU="PENCIL")
    sell(here, "PEN", 2)
    here.sync_products()
    assert list(here.warehouse.products) == ["PEN"]


def test_r19_a_product_that_cannot_be_read_keeps_no_other_back(here: World) -> None:
    sell(here, "MUG")
    sell(here, "PEN", 2)
    here.billbee.faults.add(Fault("wrong_type", PRODUCTS, path="Data.0.Price", value="free"))
    here.sync_products()
    assert list(here.warehouse.products) == ["PEN"]


# Checkpoints and crashes


@pytest.fixture
def pages_of_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billbee, "PAGE_SIZE", 5)


def pages(here: World) -> list[int]:
    return [int(call.query["page"][0]) for call in here.billbee.calls if call.name == PRODUCTS]


@pytest.mark.usefixtures("pages_of_five")
def test_r19_a_long_list_is_worked_through_over_several_invocations(here: World) -> None:
    for number in range(23):
        sell(here, f"SKU-{number:02d}", number)
    spans = iter([900.0, 900.0, 1.0, 900.0, 1.0] + [900.0] * 20)
    here.seconds_left = lambda: next(spans)
    here.sync_products()
    assert pages(here) == [1, 2, 3, 4, 5]
    assert len(here.warehouse.products) == 23
    assert here.cursors().pages("sync-products").next_page == 1


@pytest.mark.usefixtures("pages_of_five")
def test_r19_a_list_that_shrinks_while_it_is_read_is_read_right_the_next_time(here: World) -> None:
    ids = [sell(here, f"SKU-{number:02d}", number) for number in range(12)]

    def shrink() -> None:
        for one in ids[:8]:
            del here.shop.products[one]

    with here.inside(PRODUCTS, shrink):
        here.sync_products()
    here.sync_products()
    assert {f"SKU-{number:02d}" for number in range(8, 12)} <= here.warehouse.products.keys()


@pytest.mark.parametrize("after", range(1, 45, 3))
def test_r19_after_a_crash_at_any_call_it_ends_as_without(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billbee, "PAGE_SIZE", 2)
    with world(empty=True) as here:
        for number, sku in enumerate(("MUG", "PEN", "TEE", "CUP"), start=1):
            sell(here, sku, number)
        sell(here, "MUG", 9)
        here.watch.calls, here.watch.kill_after = 0, after
        here.sync_products()
        here.watch.kill_after = None
        here.wait(minutes=10)
        here.sync_products()
        assert sorted(here.warehouse.products) == ["CUP", "MUG", "PEN", "TEE"]
        problems = [record.problem for record in here.product_records()]
        assert sum(problem is not None for problem in problems) == 1
        assert {one["weight"] for one in here.warehouse.products.values()} == {1.0009}


def test_r19_a_small_budget_of_calls_is_enough_for_many_new_products(here: World) -> None:
    here.configure(bibi={"requests_per_minute": 25})
    for number in range(60):
        sell(here, f"SKU-{number:02d}", number)
    for _ in range(3):
        here.sync_products()
    assert len(here.warehouse.products) == 60


@pytest.mark.parametrize("fault", ["drop_after", "status", "html", "throttled"])
def test_r19_a_lost_answer_of_the_warehouse_ends_as_if_it_had_come(here: World, fault: Any) -> None:
    sell(here, "MUG")
    here.bibi.faults.add(Fault(fault, UPSERT, times=2))
    here.sync_products()
    here.sync_products()
    assert here.warehouse.products["MUG"]["weight"] == 1.0009
    assert len(here.warehouse.products) == 1
