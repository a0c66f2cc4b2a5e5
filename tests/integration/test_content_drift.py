"""R37: an order that is changed in Billbee, and keeps its received tag, is noted, told or changed at the warehouse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local.simulators.billbee.orders import address, item
from orderbridge.desk.reconcile import DisagreementKind, reconcile
from testkit.routes import CANCEL, CHANGE, MESSAGE, ORDER, STATUS, TAGS
from testkit.world import RECEIVED, TAG, World, world
from tests.integration.after_import import BEGUN, LANDED, NOT_LANDED, fault, survives_every_crash

DIFFERS, REFUSED = "order_differs_bibi", "order_change_refused_by_bibi"


def edit(here: World, quantity: int = 3, sku: str = "TEE-01", order: int = 1) -> None:
    """The merchant changes what was ordered, and leaves the received tag."""
    here.shop.change(order, OrderItems=[item(sku, quantity=quantity)], TotalCost=10.0 * quantity)


def move(here: World) -> None:
    here.shop.change(1, ShippingAddress=address(city="Reno", state="NV", zip_code="89501"))


def two_lines(here: World) -> None:
    here.imported(lines=[item("MUG-01"), item("TEE-01", quantity=2)])


def drop_the_tees(here: World) -> None:
    here.shop.change(1, OrderItems=[item("MUG-01")], TotalCost=10.0)


# ---- ask, the default


def test_r37_by_default_a_change_without_a_question_is_told_once_with_what_to_do() -> None:
    with world() as here:
        here.imported()
        edit(here)
        here.look()
        assert here.told(1) == []  # the merchant may be about to remove the tag
        here.wait(minutes=15)
        here.look()
        assert here.told(1) == [
            "This order differs in Billbee from what the warehouse has: products (3 instead of 0 × TEE-01, 0 instead of"
            " 1 × MUG-01). If the warehouse is to ship it as it is in Billbee, remove the tag"
            " order_received_by_bibi. [OB-407]"
        ]
        assert {RECEIVED, DIFFERS} <= here.tags(1)
        assert (here.lines(1), here.bibi.count(CHANGE)) == ([("MUG-01", 1)], 0)
        edit(here, 4)
        here.run_on()
        here.run_on()
        assert here.codes(1) == ["OB-407"]
        difference = here.record(1).difference
        assert difference is not None
        assert difference.fields == ("products",)
        why = [one.why for one in here.record(1).timeline if one.why.startswith("differs in Billbee")]
        assert len(why) == 2


def test_r37_who_removes_the_tag_within_a_quarter_of_an_hour_is_not_told() -> None:
    with world() as here:
        here.imported()
        edit(here)
        here.look()
        here.wait(minutes=5)
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        assert (here.lines(1), here.told(1), here.record(1).difference) == ([("TEE-01", 3)], [], None)


def test_r37_who_has_asked_for_a_change_before_knows_how_and_is_not_told() -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", "Processed")
        edit(here)
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        edit(here, 5)
        here.run_on()
        here.run_on()
        assert here.codes(1) == ["OB-401"]


def test_r37_reconcile_and_the_order_name_the_difference_until_it_is_gone() -> None:
    with world() as here:
        here.imported()
        move(here)
        here.run_on()
        since = here.clock.now() - timedelta(days=1)
        (found,) = reconcile(here.workspace(), since=since)
        assert found.kind is DisagreementKind.CONTENT_DIFFERS
        assert "delivery address" in found.what
        assert "Reno" not in str(here.items())
        here.shop.change(1, ShippingAddress=address())
        here.run_on()
        assert here.record(1).difference is None
        assert reconcile(here.workspace(), since=since) == []


def test_r37_an_unchanged_order_costs_no_call_and_a_changed_one_none_but_its_message() -> None:
    with world() as here:
        here.imported()
        before = len(here.billbee.calls), len(here.bibi.calls)
        here.shop.touch(1)
        here.look()
        assert (len(here.billbee.calls), len(here.bibi.calls)) == (before[0] + 1, before[1])  # the list itself
        edit(here)
        here.look()
        here.wait(minutes=16)
        here.look()
        asked = [call.name for call in here.billbee.calls[before[0] :] if call.name != "GET /orders"]
        assert asked == [MESSAGE, TAGS]
        assert len(here.bibi.calls) == before[1]


@pytest.mark.parametrize("changes", ["ask", "tell", "automatic"])
def test_r37_what_the_warehouse_is_not_told_is_no_difference(changes: str) -> None:
    """A buyer's message that is not sent along, and a new name of the shop's shipping product, which sets no method."""
    with world(changes=changes) as here:
        here.imported()
        comment = {"Id": 5, "FromCustomer": True, "Text": "When?", "Name": "Jane", "Created": None}
        here.shop.change(1, Comments=[comment], ShippingProfileName="Standard")
        here.run_on()
        here.run_on()
        assert (here.told(1), here.record(1).difference, here.bibi.count(CHANGE)) == ([], None, 0)


@pytest.mark.parametrize("changes", ["ask", "tell", "automatic"])
def test_r37_nothing_is_compared_without_the_order_tag_or_in_the_archive(changes: str) -> None:
    with world(changes=changes) as here:
        here.imported(1, 2)
        here.shop.change(1, Tags=[RECEIVED])
        edit(here)
        edit(here, order=2)
        here.shop.archive(2)
        here.run_on()
        here.run_on()
        assert (here.told(1), here.told(2), here.bibi.count(CHANGE)) == ([], [], 0)


# ---- Other settings and products are no change of the order


OTHER_SETTINGS: list[dict[str, Any]] = [
    {"money_only": ["TEE*"]},
    {"attributes_not_sent": ["Engraving"]},
    {"currency": {"warehouse": "USD", "rates": {"EUR": {"rate": 1.08, "since": "2026-01-01"}}}},
    {"bibi": {"ship_methods": {"Standard": "03"}, "sources": {"Shop": "SPRING"}}},
    {"bibi": {"pay_methods": {"3": "CC"}}},
    {"bibi": {"longest_description": 20}},
    {"bibi": {"domestic_ship_method": "03"}},
    {"rules": [{"name": "all", "when": {}, "then": {"ship_method": "03", "hold": True, "rush": True, "comment": "x"}}]},
]


def sold_in_euros(here: World) -> None:
    engraved = item("MUG-01", attributes={"Engraving": "Oma"})
    here.imported(lines=[engraved, item("TEE-01")], currency="EUR", shipping_profile="Standard")


def asks_something(here: World) -> None:
    """The buyer writes to the merchant, which the warehouse is not told."""
    comment = {"Id": 5, "FromCustomer": True, "Text": "When?", "Name": "Jane", "Created": None}
    here.shop.change(1, Comments=[comment])


@pytest.mark.parametrize("changes", ["ask", "tell", "automatic"])
@pytest.mark.parametrize("other", OTHER_SETTINGS)
def test_r37_other_settings_are_no_change_of_an_order_that_the_warehouse_has(
    other: dict[str, Any], changes: str
) -> None:
    with world(changes=changes) as here:
        sold_in_euros(here)
        sent = here.warehouse.orders["1"].submission
        here.configure(**other)
        asks_something(here)
        here.run_on()
        here.shop.touch(1)
        here.run_on()
        assert (here.told(1), here.record(1).difference, here.bibi.count(CHANGE)) == ([], None, 0)
        here.warehouse.set_status("1", "Processed")
        asks_something(here)
        here.shop.remove_tag(1, RECEIVED)  # by mistake: there is no change that could be refused
        here.look()
        here.run_on()
        assert (here.told(1), here.record(1).difference, here.bibi.count(CHANGE)) == ([], None, 0)
        assert RECEIVED in here.tags(1)
        assert here.warehouse.orders["1"].submission == sent


@pytest.mark.parametrize("other", OTHER_SETTINGS)
def test_r37_a_change_of_the_order_is_found_whatever_settings_were_changed_since(other: dict[str, Any]) -> None:
    with world() as here:
        sold_in_euros(here)
        here.configure(**other)
        move(here)
        here.run_on()
        [told] = here.told(1)
        assert "delivery address" in told
        assert not {"products", "pay method", "product texts", "amounts"} & set(here.record(1).difference.fields)  # type: ignore[union-attr]


def test_r37_a_change_is_brought_with_the_settings_of_today_and_all_that_they_change_is_named() -> None:
    with world(changes="automatic") as here:
        here.imported(lines=[item("MUG-01"), item("TEE-01")])
        here.configure(money_only=["TEE*"])
        move(here)
        here.look()
        assert here.lines(1) == [("MUG-01", 1)]
        assert here.told(1) == [
            "The warehouse has taken over the change of this order: products (0 instead of 1 × TEE-01), delivery"
            " address. [OB-409]"
        ]


def test_r37_the_record_holds_no_readable_data_of_what_billbee_showed() -> None:
    with world() as here:
        here.imported(lines=[item("MUG-01", title="Mug for Oma")], ship_to=address(city="Reno"))
        kept = here.record(1).shown
        assert kept is not None
        assert not any(text in repr(kept) for text in ("Mug", "MUG", "Oma", "Reno", "Doe"))


# ---- tell


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "This order was changed in Billbee, and the warehouse ships it as it was: delivery address. To have it"
            " changed at the warehouse, remove the tag order_received_by_bibi. [OB-408]",
        ),
        (
            "de",
            "Diese Bestellung wurde in Billbee geändert, das Lager versendet sie wie zuvor: Lieferadresse. Um sie im"
            " Lager zu ändern, bitte den Tag order_received_by_bibi entfernen. [OB-408]",
        ),
    ],
)
def test_r37_told_once_for_each_content(language: str, text: str) -> None:
    with world(changes="tell", language=language) as here:
        here.imported()
        move(here)
        here.run_on()
        assert here.told(1) == [text]
        edit(here)
        here.run_on()
        assert len(here.told(1)) == 2
        here.shop.change(1, OrderItems=[item("MUG-01")], TotalCost=10.0)
        here.run_on()
        here.shop.change(1, ShippingAddress=address())
        here.run_on()
        move(here)
        here.run_on()
        here.run_on()
        assert len(here.told(1)) == 2
        assert (here.lines(1), here.bibi.count(CHANGE)) == ([("MUG-01", 1)], 0)


def test_r37_a_change_that_was_told_is_made_once_the_tag_is_removed() -> None:
    with world(changes="tell") as here:
        here.imported()
        edit(here)
        here.run_on()
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        assert (here.lines(1), here.codes(1)) == ([("TEE-01", 3)], ["OB-408"])
        edit(here, 1, "MUG-01")
        here.run_on()
        assert here.codes(1) == ["OB-408", "OB-408"]


@pytest.mark.parametrize("changes", ["tell", "automatic"])
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "was changed in Billbee too late: products"), ("de", "wurde in Billbee zu spät geändert: Artikel")],
)
def test_r37_a_change_of_a_shipped_order_is_told_too_late_with_its_status(
    changes: str, language: str, words: str
) -> None:
    with world(changes=changes, language=language) as here:
        here.imported()
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        edit(here)
        here.run_on()
        here.run_on()
        (told,) = here.told(1)
        assert words in told
        assert "'Shipped'" in told
        assert told.endswith("[OB-410]")
        assert here.bibi.count(CHANGE) == 0


@pytest.mark.parametrize("changes", ["ask", "tell", "automatic"])
def test_r37_amounts_and_invoice_address_of_a_shipped_order_are_the_shops_own_affair(changes: str) -> None:
    with world(changes=changes) as here:
        here.imported()
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        here.shop.change(1, InvoiceAddress=address(city="Reno"), TotalCost=7.0, AdjustmentCost=-3.0)
        here.run_on()
        here.run_on()
        assert here.told(1) == []


# ---- automatic


@pytest.mark.parametrize(
    ("doing", "shows"),
    [
        (edit, lambda sent: [(line.item_no, line.quantity) for line in sent.lines] == [("TEE-01", 3)]),
        (move, lambda sent: sent.ship_to["City"] == "Reno"),
        (lambda here: here.shop.add_tags(1, ["rush_bibi"]), lambda sent: sent.rush),
    ],
    ids=["products", "address", "rush"],
)
def test_r37_automatic_brings_a_change_to_the_warehouse(
    doing: Callable[[World], None], shows: Callable[[Any], bool]
) -> None:
    with world(changes="automatic") as here:
        here.imported()
        doing(here)
        here.look()
        here.run_on()
        assert shows(here.warehouse.orders["1"].submission)
        assert (here.bibi.count(CHANGE), here.codes(1), here.record(1).difference) == (1, ["OB-409"], None)
        assert {RECEIVED, TAG} <= here.tags(1)
        assert not {DIFFERS, REFUSED} & here.tags(1)


def test_r37_automatic_says_in_german_what_was_changed() -> None:
    with world(changes="automatic", language="de") as here:
        here.imported()
        edit(here)
        here.look()
        assert here.told(1) == [
            "Das Lager hat die Änderung dieser Bestellung übernommen: Artikel (3 statt 0 × TEE-01, 0 statt 1 × MUG-01)."
            " [OB-409]"
        ]


def test_r37_automatic_follows_there_and_back_and_tells_no_content_twice() -> None:
    with world(changes="automatic") as here:
        here.imported()
        for quantity, sku in ((3, "TEE-01"), (1, "MUG-01"), (3, "TEE-01")):
            edit(here, quantity, sku)
            here.look()
            here.run_on()
            assert here.lines(1) == [(sku, quantity)]
        assert here.codes(1) == ["OB-409", "OB-409"]
        assert here.bibi.count(CHANGE) == 3


@pytest.mark.parametrize("status", [one for one in BEGUN if one not in ("Shipped", "ShippedExternal", "Returned")])
def test_r37_automatic_says_once_that_it_was_too_late_with_the_warehouses_reason(status: str) -> None:
    with world(changes="automatic") as here:
        here.imported()
        here.warehouse.set_status("1", status)
        edit(here)
        here.look()
        here.run_on()
        here.run_on()
        assert here.codes(1) == ["OB-401"]
        assert status in here.told(1)[0]
        assert {RECEIVED, REFUSED} <= here.tags(1)
        assert (here.lines(1), here.bibi.count(CHANGE)) == ([("MUG-01", 1)], 2)  # in two forms, once
        edit(here, 4)
        here.run_on()
        assert here.codes(1) == ["OB-401", "OB-401"]


def test_r37_automatic_tells_a_problem_of_the_changed_order() -> None:
    with world(changes="automatic") as here:
        here.imported()
        here.shop.change(1, ShippingAddress=address(city=""))
        here.run_on()
        here.run_on()
        (told,) = here.told(1)
        assert "[OB-104]" in told
        assert told.endswith("[OB-401]")
        move(here)
        here.run_on()
        assert here.warehouse.orders["1"].submission.ship_to["City"] == "Reno"


def test_r37_automatic_changes_nothing_once_a_part_has_left() -> None:
    """Where the warehouse takes a change of what is left, the parcel that has left would be sent again."""
    with world(changes="automatic", bibi={"readings": {"changeable": "beside-shipped"}}) as here:
        two_lines(here)
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        here.warehouse.ship("1", ["1Z1"], method="02", part=1)
        here.wait(minutes=5)
        here.pull()
        edit(here)
        here.run_on()
        here.run_on()
        assert (here.codes(1), here.bibi.count(CHANGE)) == (["OB-410"], 0)


# ---- Lines that were removed


@pytest.mark.parametrize("reading", ["replaced", "kept"])
@pytest.mark.parametrize("asked", [True, False])
def test_r39_a_line_that_was_removed_is_cancelled_at_the_warehouse(reading: str, *, asked: bool) -> None:
    with world(bibi={"readings": {"update-lines": reading}}, changes="ask" if asked else "automatic") as here:
        here.goods("MUG-01", "TEE-01")
        two_lines(here)
        drop_the_tees(here)
        if asked:
            here.shop.remove_tag(1, RECEIVED)
        here.look()
        here.run_on()
        assert (here.lines(1), here.record(1).pieces) == ([("MUG-01", 1)], {"MUG-01": 1})
        assert here.bibi.count(CANCEL) == (reading == "kept")
        assert here.codes(1) == ([] if asked else ["OB-409"])
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)


def test_r39_where_no_change_is_taken_any_more_a_line_alone_may_still_be_cancelled() -> None:
    with world(changes="automatic") as here:
        two_lines(here)
        drop_the_tees(here)
        here.bibi.faults.add(fault("status", CHANGE, status=400, times=None))
        here.look()
        here.run_on()
        assert (here.lines(1), here.codes(1), here.bibi.count(CANCEL)) == ([("MUG-01", 1)], ["OB-409"], 1)


def test_r39_a_line_is_not_cancelled_while_the_report_may_be_that_of_the_order_before_its_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with world(changes="automatic") as here:
        two_lines(here)
        edit(here)
        monkeypatch.setattr(here.warehouse, "rebook", lambda *_: None)
        here.look()
        here.run_on()
        assert here.bibi.count(CANCEL) == 0
        assert here.codes(1) == ["OB-406"]


def test_r39_too_late_for_a_line_is_told_with_the_status() -> None:
    with world(changes="automatic") as here:
        two_lines(here)
        here.warehouse.set_status("1", "Processed")
        drop_the_tees(here)
        here.look()
        here.run_on()
        assert here.codes(1) == ["OB-401"]
        assert "Processed" in here.told(1)[0]
        assert here.record(1).pieces == {"MUG-01": 1, "TEE-01": 2}


@pytest.mark.parametrize("kind", ["drop_after", "delay_after"])
def test_r39_a_cancelled_line_whose_answer_is_lost_is_not_reported_as_refused(kind: str) -> None:
    """The client asks again, and the warehouse then knows no such line."""
    with world(changes="automatic", bibi={"readings": {"update-lines": "kept"}}) as here:
        two_lines(here)
        drop_the_tees(here)
        here.bibi.faults.add(fault(kind, CANCEL))
        here.look()
        here.run_on()
        assert "OB-401" not in here.codes(1)
        assert "OB-409" in here.codes(1)
        assert here.record(1).pieces == {"MUG-01": 1}


def test_r18_pieces_of_a_removed_line_can_be_sold_again_and_never_twice() -> None:
    with world(changes="automatic", bibi={"readings": {"update-lines": "kept"}}) as here:
        here.goods("MUG-01", "TEE-01", stock=10)
        two_lines(here)
        here.sync_stock()
        assert here.offered("TEE-01") == 8
        drop_the_tees(here)
        here.look()
        here.sync_stock()
        assert (here.offered("TEE-01"), here.offered("MUG-01")) == (10, 9)


# ---- Crashes and lost answers


def to_bring(here: World) -> None:
    here.configure(changes="automatic")
    here.imported()
    edit(here)


def to_tell(here: World) -> None:
    here.configure(changes="tell")
    here.imported()
    edit(here)
    here.look()
    here.wait(minutes=16)


def to_cancel_a_line(here: World) -> None:
    here.configure(changes="automatic")
    here.bibi.readings.choose({"update-lines": "kept"})
    two_lines(here)
    drop_the_tees(here)


@pytest.mark.parametrize("before", [to_bring, to_tell, to_cancel_a_line])
def test_r37_a_crash_after_any_call_ends_as_if_it_had_not_happened(before: Any) -> None:
    calls, wrong = survives_every_crash(before, World.look)
    assert wrong == {}
    assert calls > 4


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("route", [CHANGE, STATUS, MESSAGE])
def test_r37_whatever_becomes_of_a_call_the_change_arrives_and_is_told_once(route: str, kind: str) -> None:
    with world(changes="automatic") as here:
        here.imported()
        edit(here)
        (here.billbee if route == MESSAGE else here.bibi).faults.add(fault(kind, route, times=2, retry_after=30))
        here.look()
        here.run_on()
        assert (here.lines(1), here.codes(1)) == ([("TEE-01", 3)], ["OB-409"])


def test_r37_after_a_lost_ledger_nothing_is_told_twice() -> None:
    with world() as here:
        here.imported()
        edit(here)
        here.run_on()
        assert here.codes(1) == ["OB-407"]
        here.lose_the_ledger()
        here.run_on()
        edit(here, 5)
        here.run_on()
        here.run_on()
        assert here.codes(1) == ["OB-407"]


def test_r37_the_order_is_read_no_second_time_for_a_message() -> None:
    with world(changes="automatic") as here:
        here.imported()
        edit(here)
        here.look()
        assert here.billbee.count(ORDER) == 0


def test_r10_r37_what_could_not_be_read_when_an_order_was_adopted_is_no_change_once_it_can() -> None:
    with world(changes="tell") as here:
        here.imported(1)
        here.lose_the_ledger()
        lines = here.wire(1)["OrderItems"]
        here.shop.change(1, OrderItems=[lines[0] | {"Quantity": "many"}])
        here.cycle()
        assert here.record(1).adopted
        here.shop.change(1, OrderItems=lines)
        here.run_on()
        assert (here.told(1), here.record(1).difference) == ([], None)
