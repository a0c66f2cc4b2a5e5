"""R11: an order whose received tag is removed is read again; what was changed is changed at the warehouse, or the
merchant is told why not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.simulators.billbee.orders import address, item
from local.simulators.faults import Fault
from testkit.routes import CHANGE, MESSAGE, STATUS, SUBMIT, TAGS
from testkit.world import RECEIVED, TAG, World, world
from tests.integration.after_import import BEGUN, LANDED, NOT_LANDED, fault, survives_every_crash

REFUSED = "order_change_refused_by_bibi"


def change(here: World, quantity: int = 3, sku: str = "TEE-01", order: int = 1) -> None:
    """The merchant changes what was ordered."""
    here.shop.change(order, OrderItems=[item(sku, quantity=quantity)], TotalCost=10.0 * quantity)


def ask(here: World, order: int = 1) -> None:
    """The merchant asks for the change."""
    here.shop.remove_tag(order, RECEIVED)


def lines(here: World, order: int = 1) -> list[tuple[str, int]]:
    return [(one.item_no, one.quantity) for one in here.warehouse.orders[str(order)].submission.lines]


def assert_changed(here: World, *expected: tuple[str, int]) -> None:
    assert lines(here) == list(expected), here.record(1).timeline
    assert RECEIVED in here.tags(1)
    assert REFUSED not in here.tags(1)
    assert here.told(1) == []
    assert here.submitted("1") == 1


def assert_refused(here: World, *because: str, times: int = 1) -> None:
    assert lines(here) == [("MUG-01", 1)]
    assert {TAG, RECEIVED, REFUSED} <= here.tags(1)
    assert len(here.told(1)) == times
    for text in here.told(1):
        assert text.endswith("[OB-401]")
        assert all(words in text for words in because), text


# ---- Unchanged


def test_r11_unchanged_it_is_only_tagged_again() -> None:
    with world() as here:
        here.imported()
        ask(here)
        here.look()
        here.run_on()
        assert_changed(here, ("MUG-01", 1))
        assert here.bibi.count(CHANGE) == 0
        assert "tagged as received again" in [one.why for one in here.record(1).timeline]


@pytest.mark.parametrize("tags", [[TAG, RECEIVED], [RECEIVED], []])
def test_r11_a_change_is_left_alone_until_the_received_tag_is_removed_and_without_the_order_tag(
    tags: list[str],
) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, Tags=tags)
        change(here)
        here.look()
        here.poll("all")
        here.push()
        assert (lines(here), here.bibi.count(CHANGE)) == ([("MUG-01", 1)], 0)
        assert (here.wire(1)["Tags"], here.told(1)) == (tags, [])


# ---- Accepted


def more(here: World) -> None:
    change(here)


def elsewhere(here: World) -> None:
    here.shop.change(1, ShippingAddress=address(city="Reno", state="NV", zip_code="89501"))


def rush(here: World) -> None:
    here.shop.add_tags(1, ["rush_bibi"])


def later(here: World) -> None:
    here.shop.add_tags(1, ["ship_on_2026-08-01"])


@pytest.mark.parametrize(
    ("doing", "shows"),
    [
        (more, lambda sent: [(line.item_no, line.quantity) for line in sent.lines] == [("TEE-01", 3)]),
        (elsewhere, lambda sent: sent.ship_to["City"] == "Reno"),
        (rush, lambda sent: sent.rush),
        (later, lambda sent: sent.future_date == "2026-08-01"),
    ],
)
def test_r11_what_was_changed_is_changed_at_the_warehouse(
    doing: Callable[[World], None], shows: Callable[[Any], bool]
) -> None:
    with world() as here:
        here.imported()
        assert not shows(here.warehouse.orders["1"].submission)
        doing(here)
        ask(here)
        here.look()
        here.run_on()
        assert shows(here.warehouse.orders["1"].submission)
        assert_changed(here, *lines(here))
        assert here.bibi.count(CHANGE) == 1
        assert "changed at the warehouse" in [one.why for one in here.record(1).timeline]


def test_r11_an_order_that_became_smaller_is_shipped_when_all_of_it_has_left() -> None:
    with world() as here:
        here.sell(1, item("MUG-01", quantity=5))
        here.poll()
        here.push()
        change(here, 2)
        ask(here)
        here.look()
        assert here.record(1).pieces == {"TEE-01": 2}
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)


def test_r11_an_order_can_be_changed_again_and_again() -> None:
    with world() as here:
        here.imported()
        for quantity in (2, 3, 2):
            change(here, quantity)
            ask(here)
            here.look()
            assert_changed(here, ("TEE-01", quantity))
        assert here.bibi.count(CHANGE) == 3


@pytest.mark.parametrize("reading", ["orders", "number", "either"])
def test_r11_holds_whichever_field_the_warehouse_reads_and_its_words_arrive(reading: str) -> None:
    with world(bibi={"readings": {"update-field": reading}}) as here:
        here.imported(1)
        change(here)
        ask(here)
        here.look()
        assert_changed(here, ("TEE-01", 3))
        here.warehouse.set_status("1", "Processed")
        change(here, 4)
        ask(here)
        here.look()
        assert lines(here) == [("TEE-01", 3)]
        assert len(here.told(1)) == 1
        assert "its status is Processed" in here.told(1)[0]


def with_a_coupon(here: World) -> None:
    change(here)
    lines = [*here.wire(1)["OrderItems"], item("COUPON", unit_price="-5.00", is_coupon=True)]
    here.shop.change(1, OrderItems=lines, TotalCost=25.0)


@pytest.mark.parametrize("discounts", ["coupons", "discounts", "either"])
@pytest.mark.parametrize("field", ["number", "orders"])
def test_r11_a_discount_is_changed_once_in_whichever_form_the_warehouse_takes(field: str, discounts: str) -> None:
    with world(bibi={"readings": {"update-field": field, "update-discounts": discounts}}) as here:
        here.imported()
        with_a_coupon(here)
        ask(here)
        here.look()
        assert_changed(here, ("TEE-01", 3))
        assert here.warehouse.orders["1"].submission.discount_total == 5
        assert here.bibi.count(CHANGE) == {"number": 1, "orders": 3}[field] + (discounts == "discounts")


def test_r11_the_documented_form_is_tried_first() -> None:
    with world() as here:
        here.imported()
        with_a_coupon(here)
        ask(here)
        here.look()
        (call,) = [call for call in here.bibi.calls if call.route == CHANGE.partition(" ")[2] or call.name == CHANGE]
        assert list(call.body) == ["1"]
        (sent,) = json.loads(call.body["1"])["Orders"]
        assert "Discounts" not in sent["Order"]
        assert sent["Order"]["Coupons"] == {
            "Coupon": {
                "CouponType": "", "CouponNumber": "COUPON", "DollarDiscountAmount": "5.00", "PercentageDiscount": "",
            }
        }  # fmt: skip


# ---- Not confirmed


@pytest.mark.parametrize(("doing", "shown"), [(more, "products"), (elsewhere, "city, state, postcode")])
@pytest.mark.parametrize("language", ["en", "de"])
def test_r11_a_change_that_the_warehouse_accepts_and_does_not_show_is_told(
    doing: Callable[[World], None], shown: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(language=language) as here:
        here.imported()
        doing(here)
        ask(here)
        monkeypatch.setattr(here.warehouse, "rebook", lambda *_: None)
        here.look()
        for _ in range(2):
            here.run_on()
        (told,) = here.told(1)
        assert told.endswith("[OB-406]")
        if language == "en":
            assert f"does not show it: {shown}." in told
        assert {TAG, RECEIVED, REFUSED} <= here.tags(1)
        assert here.record(1).pieces == {}
        assert here.bibi.count(CHANGE) == 1


def test_r11_what_was_not_shown_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with world() as here:
        here.imported()
        change(here)
        ask(here)
        with monkeypatch.context() as patched:
            patched.setattr(here.warehouse, "rebook", lambda *_: None)
            here.look()
        ask(here)
        here.look()
        assert lines(here) == [("TEE-01", 3)]
        assert (len(here.told(1)), here.bibi.count(CHANGE)) == (1, 2)
        assert here.record(1).pieces == {"TEE-01": 3}


@pytest.mark.parametrize("kind", ["status", "html", "reset_before"])
def test_r11_a_change_whose_report_cannot_be_read_is_neither_believed_nor_denied(kind: str) -> None:
    with world() as here:
        here.imported()
        change(here)
        ask(here)
        here.bibi.faults.add(fault(kind, STATUS, times=3))
        here.poll()
        here.deliver("push")
        assert (here.told(1), RECEIVED in here.tags(1)) == ([], False)
        here.bibi.faults.clear()
        here.run_on()
        assert_changed(here, ("TEE-01", 3))


# ---- Refused


@pytest.mark.parametrize("status", BEGUN)
@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "The change of this order came too late"), ("de", "Die Änderung kam zu spät oder ist nicht möglich")],
)
def test_r11_once_the_warehouse_has_begun_it_is_told_with_the_reason(status: str, language: str, text: str) -> None:
    with world(language=language) as here:
        here.imported()
        here.warehouse.set_status("1", status)
        change(here)
        ask(here)
        here.look()
        for _ in range(3):
            here.cycle()
        changes = [one for one in here.told(1) if one.endswith("[OB-401]")]
        assert len(changes) == 1
        assert changes[0].startswith(text)
        assert status in changes[0]
        assert {TAG, RECEIVED, REFUSED} <= here.tags(1)
        assert lines(here) == [("MUG-01", 1)]


def test_r11_a_change_with_a_problem_is_told_and_the_warehouse_keeps_what_it_has() -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, ShippingAddress=address(city=""))
        ask(here)
        here.look()
        here.run_on()
        assert_refused(here, "The shipping address has no city: add it. [OB-104]")
        assert here.bibi.count(CHANGE) == 0
        assert here.status(1) == "acknowledged"
        elsewhere(here)
        ask(here)
        here.look()
        assert here.warehouse.orders["1"].submission.ship_to["City"] == "Reno"
        assert len(here.told(1)) == 1


def test_r11_a_change_with_a_problem_is_told_in_german() -> None:
    with world(language="de") as here:
        here.imported()
        here.shop.change(1, ShippingAddress=address(city=""))
        ask(here)
        here.look()
        assert_refused(here, "Der Lieferadresse fehlt der Ort: bitte ergänzen. [OB-104]")


def test_r11_a_message_that_comes_again_is_no_second_question() -> None:
    """The worker died before it could say that it was done, and by its clock the order was read in the very instant of
    the answer: it may be as it was before.
    """
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", "Processed")
        change(here)
        ask(here)
        here.poll()
        (message,) = here.queues.messages("push")
        here.push()
        body = json.loads(message.body)
        body["order"]["read_at"] = here.record(1).updated_at.isoformat()
        here.queues.send_message(
            QueueUrl="push", MessageBody=json.dumps(body), MessageGroupId="acme", MessageDeduplicationId="again"
        )
        here.push()
        assert_refused(here, "Processed")


def test_r11_who_asks_again_is_told_again() -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", "Processed")
        for times in (1, 2):
            change(here)
            ask(here)
            here.look()
            here.run_on()
            assert_refused(here, "Processed", times=times)


def test_r11_the_warehouses_words_reach_the_ledger_without_the_buyers_data() -> None:
    with world() as here:
        here.imported()
        answer = {"success": False, "code": 400, "message": "No carrier goes to Reno, Jane Doe, sorry"}
        elsewhere(here)
        ask(here)
        for _ in range(2):
            here.bibi.faults.add(Fault("wrong_type", route=CHANGE, path="success", value=False))
            here.bibi.faults.add(Fault("wrong_type", route=CHANGE, path="message", value=answer["message"]))
        here.look()
        assert "Reno" not in str(here.items())


def test_r11_a_change_asked_for_after_the_parcel_has_left_is_told_too_late() -> None:
    with world() as here:
        here.imported()
        change(here)
        ask(here)
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.pull()
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)
        here.look()
        here.run_on()
        assert_refused(here, "Shipped")
        assert (here.status(1), here.parcels(1)) == ("shipped", ["1Z1"])


@pytest.mark.parametrize("days", [0, 2])
def test_r11_a_change_asked_for_after_the_order_was_shipped_gets_an_answer(days: int) -> None:
    with world() as here:
        here.imported()
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        here.wait(days=days)
        here.run_on()
        change(here)
        ask(here)
        here.look()
        here.run_on()
        assert_refused(here, "Shipped")
        assert here.wire(1)["State"] == 4


def test_r11_an_unchanged_order_that_was_shipped_is_tagged_again() -> None:
    with world() as here:
        here.imported()
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        ask(here)
        here.look()
        here.run_on()
        assert (RECEIVED in here.tags(1), here.told(1), here.bibi.count(CHANGE)) == (True, [], 0)


@pytest.mark.parametrize(
    ("language", "text"), [("en", "This order was cancelled"), ("de", "Diese Bestellung ist im Lager")]
)
@pytest.mark.parametrize("changed", [True, False])
def test_r11_a_change_asked_for_after_the_warehouse_cancelled_gets_an_answer(
    language: str, text: str, *, changed: bool
) -> None:
    with world(language=language) as here:
        here.imported()
        here.warehouse.cancel("1")
        here.run_on()
        if changed:
            change(here)
        ask(here)
        here.look()
        here.run_on()
        assert here.codes(1) == ["OB-204", "OB-415"]
        assert here.told(1)[1].startswith(text)
        assert {RECEIVED, REFUSED} <= here.tags(1)
        assert (here.status(1), here.bibi.count(CHANGE), here.submitted("1")) == ("cancelled", 0, 1)
        ask(here)
        here.look()
        assert here.codes(1) == ["OB-204", "OB-415", "OB-415"]


# ---- Lost answers


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("times", [1, 4])
def test_r11_whatever_becomes_of_the_call_the_warehouse_has_the_change_in_the_end(kind: str, times: int) -> None:
    with world() as here:
        here.imported()
        change(here)
        ask(here)
        here.bibi.faults.add(fault(kind, CHANGE, times=times, retry_after=30))
        here.look()
        here.run_on()
        assert_changed(here, ("TEE-01", 3))


def test_r11_a_change_that_landed_without_an_answer_before_the_warehouse_began_is_not_denied() -> None:
    """What a report shows is believed: here, the products."""
    with world() as here:
        here.imported()
        change(here, 2)
        ask(here)
        here.bibi.faults.add(fault("drop_after", CHANGE, times=3))
        here.poll()
        here.deliver("push")
        here.warehouse.set_status("1", "Processed")
        here.run_on()
        assert_changed(here, ("TEE-01", 2))


def test_r11_a_change_that_no_report_shows_is_not_denied_after_a_lost_answer_either() -> None:
    with world() as here:
        here.imported()
        rush(here)
        ask(here)
        here.bibi.faults.add(fault("drop_after", CHANGE, times=3))
        here.poll()
        here.deliver("push")
        here.warehouse.set_status("1", "Processed")
        here.run_on()
        assert len(here.told(1)) == 1
        assert "An earlier attempt got no answer: ask the warehouse which of the two it ships." in here.told(1)[0]
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)


@pytest.mark.parametrize("kind", ["throttled", "reset_before"])
def test_r11_a_doubt_is_only_raised_where_there_is_one(kind: str) -> None:
    with world() as here:
        here.imported()
        change(here)
        ask(here)
        here.bibi.faults.add(fault(kind, CHANGE, times=3, retry_after=30))
        here.poll()
        here.deliver("push")
        here.warehouse.set_status("1", "Processed")
        here.run_on()
        assert_refused(here, "Processed")
        assert ("An earlier attempt" in here.told(1)[0]) == (kind != "throttled")


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("route", [MESSAGE, TAGS])
def test_r11_a_refusal_is_told_once_whatever_becomes_of_its_calls(route: str, kind: str) -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", "Processed")
        change(here)
        ask(here)
        here.billbee.faults.add(fault(kind, route, times=2))
        here.look()
        here.run_on()
        assert_refused(here, "Processed")


def test_r11_a_change_begun_and_taken_back_ends_with_what_billbee_shows() -> None:
    with world() as here:
        here.imported()
        change(here)
        ask(here)
        here.bibi.faults.add(fault("drop_after", CHANGE, times=3))
        here.poll()
        here.deliver("push")
        change(here, 1, "MUG-01")
        here.shop.add_tags(1, [RECEIVED])
        here.run_on()
        assert_changed(here, ("MUG-01", 1))


# ---- On the way


def test_r11_an_order_changed_before_it_is_sent_is_sent_as_it_is_now() -> None:
    with world() as here:
        here.sell(1)
        here.poll()
        here.wait(minutes=1)
        change(here)
        here.poll()
        here.push()
        here.run_on()
        assert_changed(here, ("TEE-01", 3))
        assert here.bibi.count(CHANGE) == 0


@pytest.mark.parametrize("kind", LANDED)
def test_r11_an_order_changed_while_it_is_being_sent_is_changed_at_the_warehouse(kind: str) -> None:
    with world() as here:
        here.sell(1)
        here.bibi.faults.add(fault(kind, SUBMIT))
        here.poll()
        here.deliver("push")
        here.wait(minutes=1)
        change(here)
        here.poll()
        here.push()
        here.run_on()
        assert_changed(here, ("TEE-01", 3))


# ---- Crashes


def to_change(here: World) -> None:
    here.imported()
    change(here)
    ask(here)


def to_refuse(here: World) -> None:
    to_change(here)
    here.warehouse.set_status("1", "Processed")


def with_a_problem(here: World) -> None:
    here.imported()
    here.shop.change(1, ShippingAddress=address(city=""))
    ask(here)


def unchanged(here: World) -> None:
    here.imported()
    ask(here)


@pytest.mark.parametrize("before", [to_change, with_a_problem, unchanged])
def test_r11_a_crash_after_any_call_ends_as_if_it_had_not_happened(before: Any) -> None:
    calls, wrong = survives_every_crash(before, World.look)
    assert wrong == {}
    assert calls > 5


def test_r11_a_crash_after_any_call_of_a_refused_change_is_told_once() -> None:
    """The words may differ: after a crash it is not certain that the first call was refused."""

    def end(here: World) -> Any:
        return lines(here), here.tags(1), len(here.told(1)), here.status(1)

    calls, wrong = survives_every_crash(to_refuse, World.look, end)
    assert wrong == {}
    assert calls > 10
