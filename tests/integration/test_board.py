"""What the order board finds, and says about it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.desk.board import list_pages, order_list, workbench
from orderbridge.desk.board.acknowledgements import Acknowledgements
from orderbridge.desk.board.home_page import home_page
from orderbridge.desk.board.jobs_page import jobs_page
from orderbridge.desk.board.order_page import order_page
from orderbridge.desk.board.orders_page import orders_page, search_page
from orderbridge.desk.board.search import search
from orderbridge.desk.board.shops import UnknownMerchant
from orderbridge.desk.board.stock_page import stock_page
from orderbridge.desk.board.waiting import WaitsFor
from orderbridge.desk.board.workbench import Workbench
from orderbridge.ledger.effects import message
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import Parcel, RecordChanges
from orderbridge.ledger.shown import Difference
from orderbridge.ledger.sku import Sku
from orderbridge.ledger.told import CREDIT_NOTE, PIECES_MISSING, Answer, WarehouseEvent
from orderbridge.merchants.health import Health
from orderbridge.merchants.registry import Pause
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.low_stock import Low, LowSku, Sales
from orderbridge.stock.low_stock_records import LowStockRecords, SalesPages, bucket_of
from orderbridge.stock.movement_records import MovementRecords, Moves
from orderbridge.stock.movements import Note
from testkit.clock import NOON
from testkit.world import world
from tests.integration.board_scene import NASTY, STEPS, Scene

CHANGED = f"{Answer.CONTENT_DIFFERS} abc"


def work(bench: Workbench) -> dict[str, list[str]]:
    """What the entries that nobody has acknowledged are about, by kind; not the troubles."""
    found: dict[str, list[str]] = {}
    for entry in bench.to_do:
        if entry.order is not None:
            found.setdefault(entry.work, []).append(entry.about)
    return found


def home(scene: Scene, chosen: str | None = None) -> str:
    return home_page(scene.say(), scene.board.workbench(chosen))


# What needs a person


def test_the_worklist_has_every_order_that_somebody_must_know_of(scene: Scene) -> None:
    scene.at(days=3).order(1, *STEPS)
    scene.order(2, *STEPS, Status.HELD)
    scene.at(days=2, minutes=-10).order(3, *STEPS)
    scene.at(minutes=31).order(4, Status.SUBMITTING)
    scene.at(minutes=29).order(5, Status.SUBMITTING)
    scene.at(hours=1).order(6, Status.REJECTED, last={"reason": "no street"})
    scene.order(7, *STEPS, Status.CANCELLED, told=frozenset({WarehouseEvent.CANCELLED}))
    scene.order(8, *STEPS, Status.CANCELLED, told=frozenset({Answer.CANCELLED}))
    scene.order(9, *STEPS, Status.SHIPPED, told=frozenset({Answer.CANCEL_REFUSED}))
    scene.order(10, *STEPS, Status.SHIPPED, told=frozenset({PIECES_MISSING}))
    scene.order(11, *STEPS, Status.SHIPPED)
    scene.order(12, *STEPS, told=frozenset({CHANGED}), last={"difference": Difference("abc", NOON, ("products",))})
    scene.order(13, Status.REJECTED, told=frozenset({CREDIT_NOTE}))
    scene.order(14, Status.REJECTED, rehearsal=True)
    bench = scene.at().board.workbench()
    assert work(bench) == {
        "stuck": ["4"],
        "rejected": ["6"],
        "shipped-anyway": ["9"],
        "cancelled-by-warehouse": ["7"],
        "pieces-missing": ["10"],
        "changed": ["12"],
        "held": ["2"],
        "overdue": ["1"],
    }
    assert bench.shipped == 3


def test_an_order_that_is_as_the_warehouse_has_it_again_needs_nobody(scene: Scene) -> None:
    scene.order(1, *STEPS, told=frozenset({CHANGED}), last={"difference": None})
    assert work(scene.board.workbench()) == {}


def test_an_entry_stays_until_it_is_done_however_old_it_is(scene: Scene) -> None:
    scene.at(days=200).order(1, Status.REJECTED)
    scene.at()
    assert work(scene.board.workbench()) == {"rejected": ["1"]}
    record = scene.ledger.get("acme", 1)
    assert record is not None
    scene.ledger.move(record, Status.QUEUED, why="the tag is gone", call="billbee list orders")
    assert work(scene.board.workbench()) == {}


def test_an_entry_that_is_acknowledged_by_name_is_folded_away_until_something_new_happens(scene: Scene) -> None:
    scene.at(hours=1).order(1, Status.REJECTED, last={"reason": "no street"})
    (entry,) = scene.at().board.workbench().to_do
    notes = Acknowledgements(scene.table, scene.clock)
    notes.note(entry.merchant, entry.key, "jane <doe>")
    notes.note(entry.merchant, entry.key, "somebody later")
    bench = scene.board.workbench()
    assert (work(bench), len(bench.work)) == ({}, 1)
    html = home_page(scene.say(), bench)
    assert "acknowledged by jane &lt;doe&gt;" in html
    assert "Nothing is left to do." in html
    record = scene.ledger.get("acme", 1)
    assert record is not None
    again = scene.ledger.move(record, Status.QUEUED, why="the tag is gone", call="a test")
    scene.ledger.move(again, Status.REJECTED, why="no city", call="a test")
    assert work(scene.board.workbench()) == {"rejected": ["1"]}


def test_nothing_is_green_beside_something_red(scene: Scene) -> None:
    Health(scene.table, scene.clock).failed("acme", "sync-stock", RuntimeError("the warehouse is closed"))
    html = home(scene)
    assert "The work itself is disturbed" in html
    assert 'badge good"' not in html
    assert html.index("The work itself is disturbed") < html.index("What needs a person")
    assert "the warehouse is closed" in jobs_page(scene.say("/jobs"), scene.board.workbench())


def test_what_the_watch_calls_trouble_is_in_the_worklist_with_what_to_do(scene: Scene) -> None:
    scene.at(hours=2).order(1, Status.SUBMITTING)
    bench = scene.at().board.workbench()
    (trouble,) = [entry for entry in bench.work if entry.order is None]
    assert trouble.about == "orders-late"
    assert trouble.remedy.english.replace("'", "&#x27;") in home_page(scene.say(), bench)


# What is open


def test_open_orders_are_grouped_by_what_they_wait_for(scene: Scene) -> None:
    scene.at(hours=5).order(1, *STEPS, pieces={"MUG": 2})
    scene.at(hours=1).order(2, *STEPS, pieces={"MUG": 3})
    scene.order(3)
    scene.order(4, *STEPS, told=frozenset({WarehouseEvent.BACKORDERED}))
    scene.order(5, *STEPS, Status.PARTIALLY_SHIPPED)
    bench = scene.at().board.workbench()
    assert {group.waits_for: (group.orders, group.pieces) for group in bench.groups} == {
        WaitsFor.SENDING: (1, 0),
        WaitsFor.PACKING: (2, 5),
        WaitsFor.GOODS: (1, 0),
        WaitsFor.REST: (1, 0),
    }
    assert bench.ages == [4, 1, 0, 0, 0, 0, 0]
    html = home_page(scene.say(), bench)
    assert 'href="/orders?show=packing"' in html
    assert "acknowledged" not in html.partition("What open orders wait for")[2].partition("</table>")[0]


def test_what_was_shipped_in_the_evening_is_not_gone_at_midnight(scene: Scene) -> None:
    scene.at(hours=20).order(1, *STEPS, Status.SHIPPED)
    scene.at(hours=25).order(2, *STEPS, Status.SHIPPED)
    assert scene.at().board.workbench().shipped == 1


def test_no_more_orders_are_read_than_a_page_bears(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "READ_AT_MOST", 3)
    for billbee_id in range(1, 6):
        scene.at(minutes=20 - billbee_id).order(billbee_id)
    bench = scene.at().board.workbench()
    assert (bench.open_orders, bench.cut) == (3, True)
    assert ">3+<" in home_page(scene.say(), bench)


def test_one_merchant_is_shown_without_the_others(scene: Scene) -> None:
    scene.settings["other"] = scene.settings["acme"]
    scene.at(minutes=40).order(1, Status.SUBMITTING)
    scene.order(2, Status.SUBMITTING, merchant="other")
    scene.at()
    assert work(scene.board.workbench("other")) == {"stuck": ["2"]}
    assert work(scene.board.workbench()) == {"stuck": ["1", "2"]}
    html = home(scene, "other")
    assert "/orders/other/2" in html
    assert "/orders/acme/1" not in html


def test_the_first_screen_reads_a_few_shelves_and_no_order_that_it_does_not_name(scene: Scene) -> None:
    for billbee_id in range(1, 80):
        scene.at(minutes=billbee_id).order(billbee_id, *STEPS, Status.SHIPPED)
    scene.order(100, Status.REJECTED)
    scene.at()
    assert scene.reads(lambda: scene.board.workbench("acme")) == {"query": 11, "batch_get_item": 10}


# Lists


def test_a_list_has_pages_and_the_address_says_which(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_list, "PAGE", 2)
    for billbee_id in range(1, 6):
        scene.at(minutes=20 - billbee_id).order(billbee_id, *STEPS, Status.SHIPPED)
    scene.at()
    seen, begin = [], ""
    while True:
        found = scene.board.orders(None, "shipped", begin)
        seen.append([order.billbee_id for order in found.orders])
        if found.further is None:
            break
        begin = found.further.isoformat()
    assert seen == [[5, 4], [3, 2], [1]]
    html = orders_page(scene.say("/orders", show="shipped"), scene.board.orders(None, "shipped", ""), [])
    assert 'href="/orders?show=shipped&amp;begin=' in html


@pytest.mark.parametrize(
    ("show", "ids"),
    [("", [1, 2, 3]), ("packing", [2]), ("release", [3]), ("rejected", [4]), ("cancelled", [5]), ("rehearsed", [6])],
)
def test_a_list_shows_what_the_address_asks_for(scene: Scene, show: str, ids: list[int]) -> None:
    scene.at(minutes=9).order(1)
    scene.at(minutes=8).order(2, *STEPS)
    scene.at(minutes=7).order(3, *STEPS, Status.HELD)
    scene.at(minutes=6).order(4, Status.REJECTED)
    scene.at(minutes=5).order(5, *STEPS, Status.CANCELLED)
    scene.at(minutes=4).order(6, Status.REJECTED, rehearsal=True)
    assert [order.billbee_id for order in scene.at().board.orders(None, show, "").orders] == ids


@pytest.mark.parametrize("begin", ["yesterday", "2026-07-01", "9" * 5000, NASTY])
def test_a_place_that_is_none_begins_at_the_first(scene: Scene, begin: str) -> None:
    scene.at(minutes=1).order(1)
    assert [order.billbee_id for order in scene.at().board.orders(None, "no such", begin).orders] == [1]


# Merchants


def test_merchants_that_are_paused_rehearse_or_are_broken_are_named(scene: Scene) -> None:
    for name, change in {"paused": {"mode": "paused"}, "trying": {"mode": "test"}, "typo": {"modee": "x"}}.items():
        scene.settings[name] = json.dumps(json.loads(scene.settings["acme"]) | change)
    bench = scene.board.workbench()
    assert {shop.name: shop.mode for shop in bench.shops} == {
        "acme": "live",
        "paused": "paused",
        "trying": "test",
        "typo": "bad settings",
    }
    assert "modee: unknown key" in home_page(scene.say(), bench)


def test_r22_while_all_are_paused_the_board_says_by_whom_and_tells_no_trouble(scene: Scene) -> None:
    scene.at(hours=2).order(1, Status.SUBMITTING)
    scene.at().pause = Pause(scene.clock.now(), "jane <doe>")
    assert [entry for entry in scene.board.workbench().work if entry.order is None] == []
    assert "nothing is processed until an operator resumes them. Paused by jane &lt;doe&gt;" in home(scene)
    scene.pause = None
    assert "nothing is processed" not in home(scene)


def test_an_empty_deployment_says_what_to_do_first(scene: Scene) -> None:
    scene.settings.clear()
    html = home(scene)
    assert "There is no merchant yet" in html
    assert "orderbridge merchants add" in html


def test_two_hundred_merchants_are_chosen_from_a_list(scene: Scene) -> None:
    for number in range(200):
        scene.settings[f"shop-{number:03d}"] = scene.settings["acme"]
    scene.at(minutes=40).order(1, Status.SUBMITTING, merchant="shop-123")
    html = home_page(scene.at().say(), scene.board.workbench())
    assert '<option value="shop-199">' in html
    assert "/orders/shop-123/1" in html


def test_a_merchant_that_is_not_there_is_told_with_those_spelt_nearly_so(scene: Scene) -> None:
    for ask in (scene.board.workbench, scene.board.stock, lambda name: scene.board.order(name, 1)):
        with pytest.raises(UnknownMerchant) as caught:
            ask("acne")
        assert caught.value.similar == ["acme"]


# An order


@pytest.mark.parametrize(
    ("statuses", "details", "told"),
    [
        ((), {}, "It is sent to the warehouse in a moment."),
        ((Status.REJECTED,), {}, "remove the tag order_rejected_by_bibi"),
        ((*STEPS, Status.HELD), {"last": {"held": True}}, "Remove the tag hold_bibi"),
        ((*STEPS, Status.HELD), {}, "Ask the warehouse"),
        ((*STEPS, Status.PARTIALLY_SHIPPED), {}, "A part has left."),
        ((*STEPS, Status.SHIPPED), {}, "Nothing: the shop knows."),
        ((Status.REJECTED,), {"rehearsal": True}, "this was a rehearsal"),
    ],
)
def test_an_order_says_what_happens_next(
    scene: Scene, statuses: tuple[Status, ...], details: dict[str, Any], told: str
) -> None:
    scene.order(1, *statuses, **details)
    view = scene.board.order("acme", 1)
    assert view is not None
    assert told in view.next_step.english
    assert told in order_page(scene.say(), view)


def test_a_stuck_order_says_how_to_try_at_once(scene: Scene) -> None:
    scene.at(hours=1).order(1, Status.SUBMITTING)
    view = scene.at().board.order("acme", 1)
    assert view is not None
    assert "orderbridge order retry 1" in view.next_step.english


def test_an_orders_page_has_its_timeline_newest_first_and_all_times_in_one_zone(scene: Scene) -> None:
    scene.at(hours=1).order(1)
    record = scene.ledger.get("acme", 1)
    assert record is not None
    parcels = {"1Z999": Parcel("UPS Ground", NOON), "1Z998": Parcel("UPS Ground", NOON)}
    scene.at()
    unsaid = tuple(replace(one, attempts=2, reason="HTTP 500") for one in message("rejected", "no street"))
    rejected: RecordChanges = {"reason": "no street", "parcels": parcels, "effects": unsaid, "country": "DE"}
    scene.ledger.move(record, Status.REJECTED, why="no street", call="check", **rejected)
    view = scene.board.order("acme", 1)
    assert view is not None
    html = order_page(scene.say(), view)
    assert html.index("no street") < html.index("imported")
    assert '<time datetime="2026-07-01T11:00:00Z">1 Jul 2026, 13:00:00</time>' in html
    assert "All times are those of Europe/Berlin." in html
    away = order_page(replace(scene.say(), zone="America/New_York"), view)
    assert '<time datetime="2026-07-01T11:00:00Z">1 Jul 2026, 07:00:00</time>' in away
    assert "All times are those of America/New York." in away
    assert 'href="https://www.ups.com/track?tracknum=1Z999"' in html
    assert 'href="https://app.billbee.io/app_v2/order/1"' in html
    assert "<dd>DE</dd>" in html
    assert "Still to be said" in html
    assert "HTTP 500" in html


# Search


def test_an_order_is_found_by_its_numbers_and_by_the_beginning_of_the_shops(scene: Scene) -> None:
    scene.order(4711)
    for asked in ("4711", "A-4711", "a-4711", " #A-4711 ", "A-47", "a-"):
        assert [order.billbee_id for order in scene.board.search(asked).orders] == [4711], asked
    for asked in ("", "A", "4712", "9" * 5000, "#", NASTY):
        assert list(scene.board.search(asked).orders) == [], asked


def test_a_number_that_several_shops_use_finds_them_all(scene: Scene) -> None:
    scene.settings["other"] = scene.settings["acme"]
    scene.order(1, shop_number="1001")
    scene.order(2, shop_number="1001", merchant="other")
    found = scene.board.search("1001")
    assert [(order.merchant, order.billbee_id) for order in found.orders] == [("acme", 1), ("other", 2)]
    html = search_page(scene.say(), found, many=True)
    assert "/orders/acme/1" in html
    assert "/orders/other/2" in html


def test_an_order_is_found_by_the_number_of_its_parcel() -> None:
    with world() as here:
        here.imported(1)
        here.warehouse.ship("1")
        here.pull()
        (number,) = here.record(1).parcels
        assert search(here.table, here.clock, ["acme"], number).orders == []
        here.follow_changes()
        for asked in (number, number.lower(), f" {number} "):
            assert [order.billbee_id for order in search(here.table, here.clock, ["acme"], asked).orders] == [1]
        assert search(here.table, here.clock, ["acme", "other"], number[:-1]).orders == []


@pytest.mark.parametrize("key", [Answer.CANCEL_REFUSED, PIECES_MISSING])
def test_a_shipped_order_that_needs_a_person_stays_in_the_worklist_for_weeks(scene: Scene, key: str) -> None:
    scene.at(days=40).order(1, *STEPS, Status.SHIPPED, told=frozenset({key}))
    scene.order(2, *STEPS, Status.SHIPPED)
    scene.follow_changes()
    (entry,) = scene.at().board.workbench().to_do
    assert (entry.about, entry.since) == ("1", NOON - timedelta(days=40))
    Acknowledgements(scene.table, scene.clock).note("acme", entry.key, "jane")
    assert scene.board.workbench().to_do == []


def test_a_sku_is_found_by_its_beginning(scene: Scene) -> None:
    for sku in ("MUG-01", "MUG-02", "TEAPOT"):
        scene.stock_records().sent(StockFigure(sku, 10, 0, 0, 0), 10)
    assert scene.board.search("mug").skus == [("acme", "MUG-01"), ("acme", "MUG-02")]
    assert scene.board.search("MUG-01").skus == [("acme", "MUG-01")]


def test_a_search_reads_what_begins_so_and_no_other_order(scene: Scene) -> None:
    for billbee_id in range(1, 80):
        scene.order(billbee_id, shop_number=f"B-{billbee_id}")
    scene.order(100)
    assert [order.billbee_id for order in scene.board.search("A-1").orders] == [100]
    assert scene.reads(lambda: scene.board.search("A-1")) == {"query": 3, "batch_get_item": 1}


# Stock and failed messages


def test_a_sku_shows_how_its_figure_came_about_and_who_waits_for_it_whatever_its_case(scene: Scene) -> None:
    scene.stock_records().sent(StockFigure("MUG-01", 10, 4, 3, 2), 5)
    scene.order(1, *STEPS, pieces={"Mug-01": 3})
    scene.order(2, *STEPS, pieces={"TEAPOT": 3})
    view = scene.board.stock("acme", " mug-01 ")
    html = stock_page(scene.say(), view)
    assert view.record is not None
    assert [(order.billbee_id, pieces) for order, pieces in view.wanted_by] == [(1, 3)]
    for text in ("10 on the shelf", "3 promised", "2 kept back", "= 5 told to Billbee", "/orders/acme/1"):
        assert text in html
    assert "Last movements" not in html
    moves = (Note(NOON, 7, "7 pieces received"), Note(NOON, -2, "2 pieces fewer: <Missing>"))
    MovementRecords(scene.table, "acme").save(Moves("MUG-01", moves))
    html = stock_page(scene.say(), scene.board.stock("acme", "mug-01"))
    assert "Last movements" in html
    assert "2 pieces fewer: &lt;Missing&gt;" in html
    assert "<title>1 Jul: 12  on the shelf</title>" in html
    near = scene.board.stock("acme", "MUG-O1")
    assert (near.record, near.similar) == (None, ["MUG-01"])
    assert "Did you mean" in stock_page(scene.say(), near)
    assert scene.board.stock("acme", "mug").similar == ["MUG-01"]
    assert scene.board.stock("acme", "x" * 5000).record is None
    assert [record.sku for record in scene.board.stock("acme").records] == ["MUG-01"]


def test_r45_a_sku_says_for_how_many_days_it_lasts_and_the_list_has_those_that_run_low_first(scene: Scene) -> None:
    for sku, pieces in (("AXE", 50), ("MUG", 31), ("PEN", 9)):
        scene.stock_records().sent(StockFigure(sku, pieces, 4, 3, 2), pieces)
    SalesPages(scene.table, "acme").set_page(1, {"MUG": Sales(60), "PEN": Sales(10)})
    view = scene.board.stock("acme", "mug")
    assert view.days_of_cover == (31 - 4 - 3 - 2) * 30 // 60
    assert "<dt>Days of cover</dt><dd>11</dd>" in stock_page(scene.say(), view)
    assert scene.board.stock("acme", "axe").days_of_cover is None
    low = LowSku("PEN", Low.FEW_DAYS, 1, 0, 10)
    LowStockRecords(scene.table, "acme").set_bucket(bucket_of(Sku("PEN")), [low])
    listed = scene.board.stock("acme")
    assert [record.sku for record in listed.records] == ["PEN", "AXE", "MUG"]
    assert "lasts 3 days" in stock_page(scene.say(), listed)


# Promises and figures


def test_r42_the_first_screen_has_what_is_late_or_leaves_today_the_most_urgent_first(scene: Scene) -> None:
    promise = {"handling_days": 1, "zone": "UTC"}
    scene.settings["acme"] = json.dumps(json.loads(scene.settings["acme"]) | {"promise": promise})
    for billbee_id, hours in ((1, 40), (2, 12), (3, -1), (4, 11)):
        scene.at(hours=5).order(billbee_id, *STEPS, promised_by=NOON + timedelta(hours=hours))
    scene.order(5, *STEPS)
    bench = scene.at().board.workbench()
    assert [(one.order.billbee_id, one.standing.value) for one in bench.urgent] == [
        (3, "late"),
        (4, "at risk"),
        (2, "at risk"),
    ]
    assert bench.promises == 4
    html = home_page(scene.say(), bench)
    assert "At risk today" in html
    assert "by 1 Jul" in orders_page(scene.say(), scene.board.orders(None, "", ""), scene.board.shops())
    listed = scene.board.orders(None, "at-risk", "")
    assert sorted(order.billbee_id for order in listed.orders) == [2, 3, 4]
    assert "leaves today" in orders_page(scene.say(), listed, scene.board.shops())


def test_r43_figures_are_shown_for_as_many_days_as_the_address_asks(scene: Scene) -> None:
    scene.at(days=2).order(1, *STEPS, Status.SHIPPED, paid_at=NOON - timedelta(days=2, hours=10))
    scene.order(2, Status.REJECTED)
    scene.at(days=20).order(3, *STEPS, Status.SHIPPED)
    scene.follow_changes()
    scene.at()
    assert [scene.board.figures(None, days).total.shipped for days in (14, 30)] == [1, 2]
    html = scene.page("/figures", days="14")
    assert "<title>29 Jun: 1 shipped</title>" in html
    assert "<title>29 Jun: 1 rejected</title>" in html
    assert '<option value="14" selected>last 14 days</option>' in html
    assert "<title>29 Jun: 1 shipped</title>" in scene.page("/")
    assert scene.reads(lambda: scene.board.figures("acme", 14)) == {"query": 2}


def test_a_day_without_figures_says_so(scene: Scene) -> None:
    assert scene.page("/figures").count("There are no figures yet.") >= 4


def test_failed_messages_are_shown_with_their_reason_and_stay_where_they_are(scene: Scene) -> None:
    body = {"job": "push-orders", "billbee_id": 4711, "order": {"name": "Brunhilde"}}
    scene.dead_letter(body, "not a PushOrder message")
    for _ in range(2):
        html = list_pages.failed_page(scene.say(), scene.board.failed())
        assert "not a PushOrder message" in html
        assert "Order 4711" in html
        assert "Brunhilde" not in html
    assert scene.board.workbench().failed == 1
    assert "About 1 failed message" in home(scene)


def test_a_queue_that_cannot_be_asked_does_not_hide_the_orders(scene: Scene) -> None:
    scene.at(minutes=40).order(1, Status.SUBMITTING)
    del scene.queues.queues["push-dead"]
    bench = scene.at().board.workbench()
    assert bench.failed is None
    assert work(bench) == {"stuck": ["1"]}
    assert "could not be counted" in home_page(scene.say(), bench)
