"""R18: the warehouse's stock in Billbee: what is sent, when, and what is made of input that is not as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.simulators.billbee.orders import item, product
from local.simulators.faults import Fault
from orderbridge.ledger.sku import Sku
from orderbridge.merchants.cursors import PageCursor
from orderbridge.stock.figures import StockFigure
from orderbridge.vendors.bibi import products as bibi
from testkit.routes import FIGURES, SHELF, SHELVES, STOCKS
from testkit.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True) as made:
        yield made


@pytest.fixture
def pages_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bibi, "PRODUCTS_PER_PAGE", 10)


def changed_rows(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], None]) -> None:
    """Change each row of the warehouse's list."""
    from local.simulators.bibi import products  # noqa: PLC0415

    listed = products._listed

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        found = listed(row)
        change(found)
        return found

    monkeypatch.setattr(products, "_listed", shown)


def reports(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records)


# What is sent


def test_r18_the_shop_takes_off_what_it_has_reserved(here: World) -> None:
    here.put("MUG", 5)
    here.sell(1, item("MUG", quantity=2))
    here.sync_stock()
    (call,) = [call for call in here.billbee.calls if call.name == FIGURES]
    assert call.body == [
        {"Sku": "MUG", "NewQuantity": 5, "AutosubtractReservedAmount": True, "Reason": "orderbridge"},
    ]
    assert here.offered("MUG") == 3


def test_r18_only_changes_are_sent(here: World) -> None:
    here.put_many(5)
    here.sync_stock()
    here.count("SKU-0003", 7)
    here.sync_stock()
    here.sync_stock()
    assert here.figures_told() == [[(f"SKU-{n:04d}", 5) for n in range(5)], [("SKU-0003", 7)]]


def test_r18_changes_are_sent_in_batches_of_a_hundred(here: World) -> None:
    here.put_many(230)
    here.sync_stock()
    assert [len(call) for call in here.figures_told()] == [100, 100, 30]
    assert here.bibi.count(SHELVES) == 3


def test_r18_a_buffer_is_kept_back_and_its_change_is_sent(here: World) -> None:
    here.put("MUG", 5)
    here.put("PEN", 1)
    here.configure(stock={"buffer": 2})
    here.sync_stock()
    assert (here.offered("MUG"), here.offered("PEN")) == (3, 0)
    here.configure(stock={"buffer": 0})
    here.sync_stock()
    assert (here.offered("MUG"), here.offered("PEN")) == (5, 1)
    assert here.stock_record("MUG").buffer == 0


def test_r18_a_sku_is_sent_again_after_its_order_was_marked_shipped(here: World) -> None:
    here.put("MUG", 5)
    here.put("PEN", 5)
    here.sync_stock()
    here.sell(1, item("MUG", quantity=2))
    here.poll()
    here.push()
    here.warehouse.ship("1")
    here.sync_stock()
    assert here.offered("MUG") == 1  # 3 are left, and 2 are held back until the shop knows that they have left
    here.pull()
    here.sync_stock()
    assert here.offered("MUG") == 3
    assert here.figures_told()[1:] == [[("MUG", 3)], [("MUG", 3)]]


def test_r18_what_the_warehouse_promised_to_others_is_not_offered(here: World) -> None:
    here.put("MUG", 6)
    here.warehouse.products["MUG"] |= {"allocated_quantity": 2, "backorder_quantity": 1}
    here.sell(1, item("MUG"))
    here.poll()
    here.push()
    here.sync_stock()
    assert here.stock_record("MUG").elsewhere == 3
    assert here.offered("MUG") == 6 - 3 - 1


@pytest.mark.parametrize("days", [0, 40])
@pytest.mark.parametrize("tagged", [True, False])
def test_r18_an_order_that_was_open_before_the_ledger_existed_counts_as_ours(
    here: World, days: int, *, tagged: bool
) -> None:
    here.put("MUG", 6)
    here.sell(1, item("MUG", quantity=4))
    here.poll()
    here.push()
    if not tagged:
        here.shop.remove_tag(1, "order_received_by_bibi")
    here.wait(days=days)
    here.lose_the_ledger()
    here.poll("all")
    here.push()
    assert here.record(1).pieces == {"MUG": 4}
    here.sync_stock()
    assert here.stock_record("MUG").elsewhere == 0
    assert here.offered("MUG") == 6 - 4  # what Billbee holds back by itself, once


def test_r18_the_pieces_of_an_adopted_order_are_learnt_from_the_next_report(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.put("MUG", 6)
    here.sell(1, item("MUG", quantity=4))
    here.poll()
    here.push()
    here.lose_the_ledger()
    monkeypatch.setattr("orderbridge.orders.import_orders.known_pieces", lambda workspace, reported: {})
    here.poll("all")
    here.push()
    monkeypatch.undo()
    assert here.record(1).pieces == {}
    here.wait(minutes=5)
    here.pull("all")
    assert here.record(1).pieces == {"MUG": 4}


def test_r18_an_order_cancelled_in_the_shop_counts_until_the_warehouse_has_let_go_of_it(here: World) -> None:
    here.put("MUG", 5)
    here.sell(1, item("MUG", quantity=2))
    here.poll()
    here.push()
    here.warehouse.set_status("1", "Processed")  # too late to cancel: it will leave
    here.shop.change(1, State=8)
    here.poll()
    here.push()
    here.sync_stock()
    assert here.offered("MUG") == 3


def test_r18_orders_that_billbee_let_go_of_by_itself_are_noticed_within_a_day(here: World) -> None:
    here.put("MUG", 5)
    here.sell(1, item("MUG", quantity=2), tags=[])
    here.sync_stock()
    here.shop.set_state(1, 8)
    here.sync_stock()
    assert here.offered("MUG") == 3
    here.wait(hours=25)
    here.sync_stock()
    assert here.offered("MUG") == 5
    here.wait(hours=25)
    here.sync_stock()
    assert len(here.figures_told()) == 2


def test_r18_several_stocks_each_merchant_has_its_own(here: World) -> None:
    here.put("MUG", 5)
    here.shop.add_stock(7, "Warehouse in Texas")
    here.configure(billbee={"stock_id": 7})
    here.sync_stock()
    (found,) = here.shop.products.values()
    assert {one["StockId"]: one["StockCurrent"] for one in found["Stocks"]} == {0: 0.0, 7: 5}


def test_r18_with_several_stocks_the_default_one_is_told_whatever_its_number_and_asked_for_once(
    here: World,
) -> None:
    here.put("MUG", 5)
    here.shop.add_stock(7, "Warehouse in Texas")
    here.shop.make_default(7)
    for stock in (5, 4):
        here.count("MUG", stock)
        here.sync_stock()
        (found,) = here.shop.products.values()
        assert {one["StockId"]: one["StockCurrent"] for one in found["Stocks"]} == {0: 0.0, 7: stock}
    assert [call.body[0].get("StockId") for call in here.billbee.calls if call.name == FIGURES] == [7, 7]
    assert sum(call.name == STOCKS for call in here.billbee.calls) == 1


def test_r18_a_list_of_stocks_that_cannot_be_had_keeps_no_figure_back(here: World) -> None:
    here.put("MUG", 5)
    here.billbee.faults.add(Fault("status", route=STOCKS, status=500, times=None))
    here.sync_stock()
    assert here.offered("MUG") == 5
    assert [call.body[0].get("StockId") for call in here.billbee.calls if call.name == FIGURES] == [None]


def test_r18_another_stock_is_told_all_figures_and_the_first_one_too_on_return(here: World) -> None:
    here.put("MUG", 5)
    here.sync_stock()
    here.shop.add_stock(7, "Warehouse in Texas")
    (found,) = here.shop.products.values()
    for stock_id, there in ((7, {0: 5, 7: 5}), (0, {0: 5, 7: 5})):
        here.configure(billbee={"stock_id": stock_id})
        here.sync_stock()
        assert {one["StockId"]: one["StockCurrent"] for one in found["Stocks"]} == there
    assert len(here.figures_told()) == 3


@pytest.mark.parametrize("how", [{"stock": {"enabled": False}}, {"mode": "test"}, {"mode": "paused"}])
def test_r18_r22_nothing_is_sent_where_the_merchant_says_so(here: World, how: dict[str, Any]) -> None:
    here.put("MUG", 5)
    here.configure(**how)
    here.sync_stock()
    assert (here.billbee.calls, here.bibi.calls) == ([], [])


def test_r18_the_record_explains_the_figure(here: World) -> None:
    here.put("MUG", 6)
    here.warehouse.products["MUG"]["allocated_quantity"] = 2
    here.configure(stock={"buffer": 1})
    here.sell(1, item("MUG"))
    here.sync_stock()
    record = here.stock_record("mug")
    assert (record.sku, record.physical, record.allocated, record.elsewhere, record.buffer) == ("MUG", 6, 2, 2, 1)
    assert (record.sent, record.billbee_stock, record.sent_at) == (3, 2, here.clock.now())


# Bad input


@pytest.mark.parametrize(
    ("written", "read"), [("12", 12), ("12.0", 12), ("", 0), (None, 0), ("-3", 0), (-3, 0), ("n/a", 0), (" 4 ", 4)]
)
def test_r18_numbers_come_in_any_shape(
    here: World, monkeypatch: pytest.MonkeyPatch, written: object, read: int
) -> None:
    here.put("MUG", 5)
    changed_rows(monkeypatch, lambda row: row.update(quantity_in_stock=written))
    here.shop.set_stock(next(iter(here.shop.products.values())), 0, 99)
    here.sync_stock()
    assert here.offered("MUG") == read


def test_r18_a_sku_unknown_to_billbee_is_reported_once_and_keeps_no_other_back(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    here.put("MUG", 5)
    here.warehouse.add_product("GHOST", stock=3)
    for stock in (3, 4, 4):
        here.count("GHOST", stock)
        here.sync_stock()
    assert here.offered("MUG") == 5
    assert here.stock_record("GHOST").unknown
    assert reports(caplog, "does not take the stock") == 1
    assert here.figures_told() == [[("MUG", 5), ("GHOST", 3)], [("GHOST", 4)]]


def test_r18_a_sku_that_billbee_learns_of_later_gets_its_stock(here: World) -> None:
    here.warehouse.add_product("MUG", stock=3)
    here.sync_stock()
    here.shop.add_product(product("MUG", ean="4000000000017", stock=50))
    here.sync_products()
    here.sync_stock()
    assert here.offered("MUG") == 3


def test_r18_without_the_products_job_it_gets_it_within_a_day(here: World) -> None:
    here.configure(products={"enabled": False})
    here.warehouse.add_product("MUG", stock=3)
    here.sync_stock()
    here.shop.add_product(product("MUG", stock=50))
    here.wait(hours=25)
    here.sync_stock()
    assert here.offered("MUG") == 3


def test_r18_of_two_products_of_a_sku_in_billbee_one_is_told_and_nothing_stops(here: World) -> None:
    here.put("MUG", 5)
    twin = here.shop.add_product(product("MUG", stock=0))
    here.put("PEN", 2)
    here.sync_stock()
    assert (here.offered("MUG"), int(twin["StockCurrent"]), here.offered("PEN")) == (5, 0, 2)


def test_r18_of_two_numbers_that_differ_by_case_the_first_is_told(
    here: World, caplog: pytest.LogCaptureFixture
) -> None:
    here.put("MUG", 5)
    here.warehouse.add_product("mug", stock=9)
    for _ in range(2):
        here.sync_stock()
    assert here.figures_told() == [[("MUG", 5)]]
    assert reports(caplog, "differ only by case") >= 1


def test_r18_and_so_it_stays_when_a_run_was_interrupted_between_them(here: World) -> None:
    skus = here.put_many(100)
    here.warehouse.add_product(skus[0].lower(), stock=9)
    here.sync_stock()
    here.cursors().set_pages("sync-stock", PageCursor(2))
    here.count(skus[0].lower(), 8)
    here.sync_stock()
    assert here.offered(skus[0]) == 5
    assert len(here.figures_told()) == 1


def answers(here: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[list[Any]], list[Any]]) -> None:
    """Change Billbee's list of results."""
    work = here.billbee._work

    def changed(name: str, *rest: Any, **more: Any) -> Any:
        answer = work(name, *rest, **more)
        if name == FIGURES and isinstance(answer.body, list):
            answer.body = change(answer.body)
        return answer

    monkeypatch.setattr(here.billbee, "_work", changed)


def test_r18_results_in_another_order_are_matched_by_sku(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for sku, pieces in (("MUG", 1), ("PEN", 2), ("TEE", 3)):
        here.put(sku, pieces)
    here.warehouse.add_product("GHOST", stock=4)
    answers(here, monkeypatch, lambda rows: rows[::-1])
    here.sync_stock()
    assert [here.stock_record(sku).billbee_stock for sku in ("MUG", "PEN", "TEE")] == [1, 2, 3]
    assert not any(here.stock_record(sku).unknown for sku in ("MUG", "PEN", "TEE"))


def test_r18_what_a_shorter_list_leaves_out_is_sent_again(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for sku, pieces in (("MUG", 1), ("PEN", 2)):
        here.put(sku, pieces)
    answers(here, monkeypatch, lambda rows: rows[:1])
    here.sync_stock()
    assert here.figures_told()[:2] == [[("MUG", 1), ("PEN", 2)], [("PEN", 2)]]
    assert (here.stock_record("MUG").sent, here.stock_record("PEN").sent) == (1, 2)


@pytest.mark.parametrize(
    "broken",
    [
        {"ErrorCode": 8, "ErrorMessage": "An internal exception occured.", "Data": None},
        {"ErrorCode": 0, "Data": {"SKU": "MUG", "CurrentStock": "many"}},
        "not an object",
    ],
)
def test_r18_a_figure_that_billbee_failed_at_is_sent_again(
    here: World, monkeypatch: pytest.MonkeyPatch, broken: object
) -> None:
    here.put("MUG", 1)
    spoiled = [broken]
    answers(here, monkeypatch, lambda rows: [spoiled.pop()] if spoiled else rows)
    here.sync_stock()
    assert here.figures_told()[:2] == [[("MUG", 1)], [("MUG", 1)]]
    assert not here.stock_record("MUG").unknown
    assert here.stock_record("MUG").sent == 1


def test_r18_a_figure_refused_with_a_message_alone_is_not_taken_for_sent_and_goes_again_with_the_next_run(
    here: World,
) -> None:
    for sku in ("MUG", "PEN"):
        here.put(sku, 5)
    fault = Fault("wrong_type", route=FIGURES, path="0.ErrorMessage", value="The stock is locked")
    here.billbee.faults.add(fault)
    here.sync_stock()
    assert len(here.figures_told()) == 1
    assert (here.stock_record("MUG").unknown, here.stock_record("PEN").unknown) == (True, False)
    here.wait(minutes=15)
    here.sync_stock()
    assert len(here.figures_told()) == 2
    assert not here.stock_record("MUG").unknown
    here.wait(minutes=15)
    here.sync_stock()
    assert len(here.figures_told()) == 2


def test_r18_a_call_refused_for_one_sku_keeps_no_other_back(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    skus = here.put_many(20)
    update = here.billbee._update_stocks

    def picky() -> Any:
        from local.simulators.billbee.checks import invalid  # noqa: PLC0415

        if any(one["Sku"] == skus[13] for one in here.billbee.json_body()):
            raise invalid("The request is invalid.")
        return update()

    monkeypatch.setattr(here.billbee, "_update_stocks", picky)
    here.billbee.wsgi.view_functions[FIGURES] = lambda: here.billbee._serve(
        "POST", "/products/updatestockmultiple", picky, {}, locked=True
    )
    here.sync_stock()
    assert {sku: here.offered(sku) for sku in skus} == {sku: 0 if sku == skus[13] else 5 for sku in skus}
    assert here.stock_record(skus[13]).unknown
    assert not here.stock_record(skus[12]).unknown


def test_r18_a_product_that_left_the_list_is_not_offered_any_more(here: World) -> None:
    here.put_many(3)
    here.sync_stock()
    del here.warehouse.products["SKU-0001"]
    here.sync_stock()
    assert [here.offered(f"SKU-{n:04d}") for n in range(3)] == [5, 0, 5]


@pytest.mark.usefixtures("pages_of_ten")
def by_id(here: World) -> None:
    """The warehouse's call for one product takes its own ids: another product answers to a number, or none."""
    here.bibi.faults.add(Fault("wrong_type", SHELF, path="product_number", value="OTHER", times=None))


def not_there(here: World) -> None:
    plain = here.warehouse.products

    class Blind(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:  # only the single read looks a product up like this
            return default

    here.warehouse.products = Blind(plain)


def leaves(here: World, sku: str, order: int = 1) -> None:
    """An order of a SKU goes all the way within a run of the stock, after its page was read."""
    here.stock_records().start_leaving([sku])
    here.stock_records().has_left([sku])


@pytest.mark.parametrize("single", [by_id, not_there])
@pytest.mark.parametrize("sku", ["MUG", "MUG/RED", "12345"])
def test_r18_a_sku_that_the_list_has_shown_is_never_set_to_nothing_by_a_single_read(
    here: World, single: Any, sku: str
) -> None:
    here.put(sku, 5)
    here.put("PEN", 7)
    here.sync_stock()
    single(here)
    with here.inside(SHELVES, lambda: leaves(here, sku)):
        here.sync_stock()
    assert here.offered(sku) == 5
    assert here.bibi.count(SHELF) == (0 if "/" in sku else 1)  # a path with a slash is not found at all
    here.count(sku, 4)
    here.sync_stock()
    assert (here.offered(sku), here.offered("PEN")) == (4, 7)
    assert not here.stock_record(sku).due


@pytest.mark.parametrize("single", [by_id, not_there])
def test_r18_a_warehouse_that_finds_none_by_itself_is_not_asked_for_each(here: World, single: Any) -> None:
    skus = here.put_many(12)
    here.sync_stock()
    single(here)
    with here.inside(SHELVES, *[lambda one=one: leaves(here, one) for one in skus]):
        here.sync_stock()
    assert here.bibi.count(SHELF) == 3
    here.sync_stock()
    assert {here.offered(sku) for sku in skus} == {5}
    assert not any(here.stock_record(sku).due for sku in skus)


@pytest.mark.parametrize("single", [by_id, not_there])
def test_r18_a_product_that_left_the_list_is_nothing_whatever_a_single_read_finds(here: World, single: Any) -> None:
    here.put("MUG", 5)
    here.put("PEN", 7)
    here.sync_stock()
    del here.warehouse.products["MUG"]
    single(here)
    here.sync_stock()
    here.sync_stock()
    assert (here.offered("MUG"), here.offered("PEN")) == (0, 7)


def test_r18_a_single_read_that_fails_keeps_no_other_sku_back(here: World) -> None:
    for sku in ("MUG", "PEN"):
        here.put(sku, 5)
    here.sync_stock()

    def both_leave() -> None:
        for sku in ("MUG", "PEN"):
            leaves(here, sku)

    here.bibi.faults.add(Fault("html", SHELF, times=3))
    with here.inside(SHELVES, both_leave):
        here.sync_stock()
    assert any(("PEN", 5) in told for told in here.figures_told()[1:])
    assert (here.offered("MUG"), here.offered("PEN")) == (5, 5)


_COUNTS: list[Any] = ["n/a", {}, [], True, "1e999", "--"]


@pytest.mark.parametrize("count", _COUNTS)
@pytest.mark.parametrize("field", ["allocated_quantity", "backorder_quantity"])
def test_r18_a_promised_count_that_cannot_be_read_never_passes_as_none(
    here: World, monkeypatch: pytest.MonkeyPatch, field: str, count: Any
) -> None:
    here.put("MUG", 5)
    here.put("PEN", 7)
    here.sync_stock()
    here.count("MUG", 9)
    changed_rows(monkeypatch, lambda row: row.update({field: count} if row["product_number"] == "MUG" else {}))
    here.sync_stock()
    here.sync_stock()
    assert (here.offered("MUG"), here.offered("PEN")) == (5, 7)  # as it was told last; the others continue
    monkeypatch.undo()
    here.sync_stock()
    assert here.offered("MUG") == 9


@pytest.mark.parametrize("entry", [None, 7, "MUG", [], {}, {"product_number": None}, {"product_number": ""}])
def test_r18_an_entry_that_names_no_product_takes_no_sku_off_the_list(
    here: World, monkeypatch: pytest.MonkeyPatch, entry: Any
) -> None:
    here.put("MUG", 5)
    here.put("PEN", 7)
    here.sync_stock()
    plain = here.bibi.success

    def hidden(result: Any = None, *args: Any, **more: Any) -> Any:
        spoilt = [entry if row["product_number"] == "MUG" else row for row in result]
        return plain(spoilt, *args, **more)

    monkeypatch.setattr(here.bibi, "success", hidden)
    for _ in range(2):
        here.sync_stock()
    assert (here.offered("MUG"), here.offered("PEN")) == (5, 7)
    monkeypatch.undo()
    del here.warehouse.products["MUG"]
    for _ in range(2):
        here.sync_stock()
    assert here.offered("MUG") == 0


def test_r18_a_list_without_an_end_is_an_error_and_is_not_read_for_ever(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.put("MUG", 5)
    here.sync_stock()
    plain = here.bibi.success
    monkeypatch.setattr(here.bibi, "success", lambda *args, **more: plain(*args, **more | {"more": True}))
    before = here.bibi.count(SHELVES)
    here.ask("stock")
    here.deliver("stock")
    assert 2 <= here.bibi.count(SHELVES) - before <= 6
    assert here.offered("MUG") == 5


def test_r18_a_list_that_shrinks_while_it_is_read_is_read_right_the_next_time(here: World) -> None:
    skus = here.put_many(60)
    here.sync_stock()
    for sku in skus[30:]:
        here.count(sku, 6)

    def shrink() -> None:
        for sku in skus[:25]:
            del here.warehouse.products[sku]

    with here.inside(SHELVES, shrink):
        here.sync_stock()
    for _ in range(2):  # those that are gone are asked for one by one, twenty in a run
        here.sync_stock()
    assert {here.offered(sku) for sku in skus[:25]} == {0}
    assert {here.offered(sku) for sku in skus[30:]} == {6}


def test_r18_what_stood_on_a_page_that_was_gone_for_a_while_is_not_taken_for_sent(here: World) -> None:
    skus = here.put_many(101)
    last = skus[-1]
    here.sync_stock()
    kept = here.warehouse.products.pop(skus[0])
    here.count(last, 9)
    here.sync_stock()
    assert here.offered(last) == 9
    here.warehouse.products = {skus[0]: kept} | here.warehouse.products
    here.count(last, 5)  # as it was when it stood on the second page before
    here.sync_stock()
    assert here.offered(last) == 5


def test_r18_a_figure_sent_by_itself_is_not_mistaken_for_the_one_on_the_page(here: World) -> None:
    here.put("MUG", 5)
    here.sync_stock()
    here.stock_records().mark_due(["MUG"])
    with here.inside(SHELVES, lambda: here.stock_records().mark_due(["MUG"]), lambda: here.count("MUG", 8)):
        here.sync_stock()  # the page still says 5
    here.count("MUG", 5)
    here.sync_stock()
    assert here.offered("MUG") == 5


# The records


@pytest.mark.parametrize("sku", ["Mug", "GROẞ-ß", "İstanbul", "ﬁne"])
def test_r18_records_are_found_whatever_the_case(here: World, sku: str) -> None:
    records = here.stock_records()
    records.start_leaving([sku])
    for written in (sku, sku.casefold()):
        assert records.get_many([written])[Sku(sku)].sku == sku


@pytest.mark.parametrize("when", ["before the claim", "while it is sent"])
def test_r18_a_sku_that_is_marked_after_its_figure_was_read_stays_due(here: World, when: str) -> None:
    records, figure = here.stock_records(), StockFigure("MUG", 10, 0, 0, 0)
    records.sent(figure, 10)
    here.wait(minutes=1)
    read_at = here.clock.now()
    here.wait(seconds=5)
    if when == "before the claim":
        records.mark_due(["mug"])
    assert records.start_sending("MUG", read_at) is None
    if when == "while it is sent":
        records.mark_due(["mug"])
    records.sent(figure, 10)
    assert list(records.due()) == [Sku("MUG")]
    here.wait(seconds=5)
    assert records.start_sending("MUG", here.clock.now()) is None
    records.sent(figure, 10)
    assert records.due() == {}
