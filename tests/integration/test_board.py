"""What the order board finds, and says about it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from orderbridge.desk.board import order_board, pages
from orderbridge.desk.board.order_board import Board, UnknownMerchant
from orderbridge.ledger.effects import message
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.record import Parcel, RecordChanges
from orderbridge.merchants.health import Health
from orderbridge.merchants.registry import Pause
from orderbridge.stock.figures import StockFigure
from orderbridge.stock.movement_records import MovementRecords, Moves
from orderbridge.stock.movements import Note
from testkit.clock import NOON
from tests.integration.board_scene import NASTY, STEPS, Scene


def columns(board: Board) -> dict[str, list[int]]:
    return {column.title: [card.order.billbee_id for card in column.cards] for column in board.columns}


def reasons(board: Board) -> dict[int, str]:
    return {card.order.billbee_id: card.why for column in board.columns for card in column.cards if card.why}


# What is where


def test_each_order_stands_in_the_column_of_what_is_to_be_done_about_it(scene: Scene) -> None:
    scene.at(days=3).order(1, *STEPS)
    scene.order(2, *STEPS, Status.HELD)
    scene.at(days=2, minutes=-10).order(3, *STEPS)
    scene.at(minutes=31).order(4, Status.SUBMITTING)
    scene.at(minutes=29).order(5, Status.SUBMITTING)
    scene.at(hours=1).order(6, Status.REJECTED, last={"reason": "no street"})
    scene.order(7, *STEPS, Status.PARTIALLY_SHIPPED)
    scene.order(8, *STEPS, Status.SHIPPED)
    scene.order(9, *STEPS, Status.CANCELLED)
    scene.order(10, Status.REJECTED, rehearsal=True)
    scene.at().order(11)
    board = scene.board.board()
    assert columns(board) == {
        "Needs attention": [4, 6, 2, 1],
        "On their way in": [5, 11],
        "At the warehouse": [3, 7],
        "Shipped today": [8],
        "Cancelled today": [9],
        "Rehearsed": [10],
    }
    assert reasons(board) == {4: "stuck for 31 minutes", 6: "rejected", 2: "on hold for 3 days", 1: "open for 3 days"}


def test_columns_that_are_seldom_needed_are_left_out_when_empty(scene: Scene) -> None:
    titles = ["Needs attention", "On their way in", "At the warehouse", "Shipped today"]
    assert list(columns(scene.board.board())) == titles


def test_today_begins_at_midnight_in_berlin(scene: Scene) -> None:
    for billbee_id, moment in ((1, "2026-06-30T21:59:00+00:00"), (2, "2026-06-30T22:01:00+00:00")):
        scene.clock.seconds = datetime.fromisoformat(moment).timestamp()
        scene.order(billbee_id, *STEPS, Status.SHIPPED)
    assert columns(scene.at().board.board())["Shipped today"] == [2]


def test_a_rejection_is_forgotten_after_two_weeks(scene: Scene) -> None:
    scene.at(days=14, hours=1).order(1, Status.REJECTED)
    scene.at(days=13).order(2, Status.REJECTED)
    assert columns(scene.at().board.board())["Needs attention"] == [2]


def test_a_column_shows_the_first_ones_and_counts_the_rest(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_board, "SHOWN", 2)
    for billbee_id in range(1, 6):
        scene.at(minutes=20 - billbee_id).order(billbee_id)
    scene.at()
    coming = scene.board.board().columns[1]
    assert ([card.order.billbee_id for card in coming.cards], coming.total, coming.more) == ([1, 2], 5, 3)
    assert "… and 3 more" in pages.board_page(scene.board.board())


def test_no_more_orders_are_read_than_a_page_bears(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_board, "READ_AT_MOST", 3)
    for billbee_id in range(1, 6):
        scene.at(minutes=20 - billbee_id).order(billbee_id)
    for billbee_id in range(6, 11):
        scene.order(billbee_id, *STEPS, Status.SHIPPED)
    coming, _, shipped = scene.at().board.board().columns[1:4]
    assert (coming.total, coming.cut) == (3, True)
    assert (shipped.total, shipped.cut) == (3, True)
    assert "3+" in pages.board_page(scene.board.board())


def test_one_merchant_is_shown_without_the_others(scene: Scene) -> None:
    scene.settings["other"] = scene.settings["acme"]
    scene.at(minutes=1).order(1)
    scene.order(2, merchant="other")
    assert columns(scene.board.board("other"))["On their way in"] == [2]
    assert columns(scene.board.board())["On their way in"] == [1, 2]
    html = pages.board_page(scene.board.board("other"))
    assert "/orders/other/2" in html
    assert "/orders/acme/1" not in html


def test_a_job_that_failed_or_is_overdue_says_so(scene: Scene) -> None:
    scene.at(hours=1)
    health = Health(scene.table, scene.clock)
    for job in ("poll-orders", "sync-stock", "push-orders"):
        health.succeeded("acme", job)
    scene.at()
    health.failed("acme", "sync-stock", RuntimeError("the warehouse is closed"))
    board = scene.board.board()
    assert {line.job.job: line.overdue for line in board.jobs} == {
        "poll-orders": True,
        "push-orders": False,
        "sync-stock": False,
    }
    assert "the warehouse is closed" in pages.board_page(board)


def test_what_the_watch_calls_trouble_stands_on_top(scene: Scene) -> None:
    scene.at(hours=2).order(1, Status.SUBMITTING)
    board = scene.at().board.board()
    assert [trouble.kind for trouble in board.troubles] == ["orders-late"]
    assert board.troubles[0].remedy.replace("'", "&#x27;") in pages.board_page(board)


# Merchants


def test_merchants_that_are_paused_rehearse_or_are_broken_are_named(scene: Scene) -> None:
    for name, change in {"paused": {"mode": "paused"}, "trying": {"mode": "test"}, "typo": {"modee": "x"}}.items():
        scene.settings[name] = json.dumps(json.loads(scene.settings["acme"]) | change)
    board = scene.board.board()
    assert {shop.name: shop.mode for shop in board.shops} == {
        "acme": "live",
        "paused": "paused",
        "trying": "test",
        "typo": "bad settings",
    }
    assert "modee: unknown key" in pages.board_page(board)


def test_r22_while_all_are_paused_the_board_says_by_whom_and_tells_no_trouble(scene: Scene) -> None:
    scene.at(hours=2).order(1, Status.SUBMITTING)
    scene.at().pause = Pause(scene.clock.now(), "jane <doe>")
    board = scene.board.board()
    assert board.troubles == []
    page = pages.board_page(board)
    assert "nothing is processed until an operator resumes them. Paused by jane &lt;doe&gt;" in page
    scene.pause = None
    assert "nothing is processed" not in pages.board_page(scene.board.board())


def test_an_empty_deployment_says_what_to_do_first(scene: Scene) -> None:
    scene.settings.clear()
    html = pages.board_page(scene.board.board())
    assert "There is no merchant yet" in html
    assert "orderbridge merchants add" in html


def test_a_merchant_that_is_not_there_is_told_with_those_spelt_nearly_so(scene: Scene) -> None:
    for ask in (scene.board.board, scene.board.stock, lambda name: scene.board.order(name, 1)):
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
    assert told in view.next_step
    assert told in pages.order_page(view)


def test_a_stuck_order_says_how_to_try_at_once(scene: Scene) -> None:
    scene.at(hours=1).order(1, Status.SUBMITTING)
    view = scene.at().board.order("acme", 1)
    assert view is not None
    assert "orderbridge order retry 1" in view.next_step


def test_an_orders_page_has_its_timeline_newest_first_in_berlin_time_with_utc(scene: Scene) -> None:
    scene.at(hours=1).order(1)
    record = scene.ledger.get("acme", 1)
    assert record is not None
    parcels = {"1Z999": Parcel("UPS Ground", NOON), "1Z998": Parcel("UPS Ground", NOON)}
    scene.at()
    unsaid = tuple(replace(one, attempts=2, reason="HTTP 500") for one in message("rejected", "no street"))
    rejected: RecordChanges = {"reason": "no street", "parcels": parcels, "effects": unsaid}
    scene.ledger.move(record, Status.REJECTED, why="no street", call="check", **rejected)
    view = scene.board.order("acme", 1)
    assert view is not None
    html = pages.order_page(view)
    assert html.index("no street") < html.index("imported")
    assert '<time datetime="2026-07-01T11:00:00Z" title="2026-07-01 11:00:00 UTC">1 Jul 2026, 13:00:00</time>' in html
    assert "1Z999" in html
    assert "Still to be said" in html
    assert "HTTP 500" in html


# Search


def test_an_order_is_found_by_either_number_with_or_without_a_hash(scene: Scene) -> None:
    scene.order(4711)
    for asked in ("4711", "A-4711", "a-4711", " #A-4711 "):
        assert [order.billbee_id for order in scene.board.search(asked)] == [4711]
    for asked in ("", "A-471", "4712", "9" * 5000, "#", NASTY):
        assert scene.board.search(asked) == []


def test_a_number_that_several_shops_use_finds_them_all(scene: Scene) -> None:
    scene.settings["other"] = scene.settings["acme"]
    scene.order(1, shop_number="1001")
    scene.order(2, shop_number="1001", merchant="other")
    found = scene.board.search("1001")
    assert [(order.merchant, order.billbee_id) for order in found] == [("acme", 1), ("other", 2)]
    html = pages.search_page("1001", found, NOON)
    assert "/orders/acme/1" in html
    assert "/orders/other/2" in html


# Stock and failed messages


def test_a_sku_shows_how_its_figure_came_about_whatever_its_case(scene: Scene) -> None:
    scene.stock_records().sent(StockFigure("MUG-01", 10, 4, 3, 2), 5)
    view = scene.board.stock("acme", " mug-01 ")
    html = pages.stock_page(view)
    assert view.record is not None
    for text in ("10 on the shelf", "3 promised", "2 kept back", "= 5 told to Billbee"):
        assert text in html
    assert "Last movements" not in html
    MovementRecords(scene.table, "acme").save(Moves("MUG-01", (Note(NOON, -2, "2 pieces fewer: <Missing>"),)))
    html = pages.stock_page(scene.board.stock("acme", "mug-01"))
    assert "Last movements" in html
    assert "2 pieces fewer: &lt;Missing&gt;" in html
    near = scene.board.stock("acme", "MUG-O1")
    assert (near.record, near.similar) == (None, ["MUG-01"])
    assert "Did you mean" in pages.stock_page(near)
    assert scene.board.stock("acme", "x" * 5000).record is None
    assert [record.sku for record in scene.board.stock("acme").records] == ["MUG-01"]


def test_failed_messages_are_shown_with_their_reason_and_stay_where_they_are(scene: Scene) -> None:
    body = {"job": "push-orders", "billbee_id": 4711, "order": {"name": "Brunhilde"}}
    scene.dead_letter(body, "not a PushOrder message")
    for _ in range(2):
        html = pages.failed_page(scene.board.failed(), NOON)
        assert "not a PushOrder message" in html
        assert "order 4711" in html
        assert "Brunhilde" not in html
    assert scene.board.board().failed == 1
    assert "About 1 failed message" in pages.board_page(scene.board.board())


def test_a_queue_that_cannot_be_asked_does_not_hide_the_orders(scene: Scene) -> None:
    scene.order(1)
    del scene.queues.queues["push-dead"]
    board = scene.board.board()
    assert board.failed is None
    assert columns(board)["On their way in"] == [1]
    assert "could not be counted" in pages.board_page(board)
