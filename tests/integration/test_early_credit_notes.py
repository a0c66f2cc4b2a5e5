"""R38: a credit note that is read before its order is sent counts once the order is to be sent."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulators.billbee.orders import address, item
from orderbridge.desk.explain_import import explain_import
from orderbridge.desk.retry_order import retry_order
from orderbridge.jobs.publisher import Publisher
from orderbridge.ledger.told import REJECTED
from testkit.routes import CANCEL, TAGS
from testkit.world import RECEIVED, TAG, World, world
from testkit.world import REJECTED as REJECTED_TAG
from tests.integration.after_import import fault, survives_every_crash

WAYS = ["ask", "tell", "automatic"]


def credited_early(here: World, *lines: dict[str, Any], **fields: Any) -> None:
    """An order that is not to be imported yet, and its credit note, which is read."""
    here.sell(1, item("MUG-01", quantity=2), item("TEE-01"), **({"tags": []} | fields))
    credit(here, *lines)


def credit(here: World, *lines: dict[str, Any], number: int = 2) -> None:
    here.shop.credit(1, number, *lines)
    here.shop.orders[number] |= {"Tags": [TAG], "State": 3}
    here.look()


def comes(here: World) -> None:
    """The order is to be imported now."""
    here.shop.orders[1] |= {"Tags": [TAG], "State": 3}
    here.shop.touch(1)
    here.look()
    here.run_on()


@pytest.mark.parametrize("changes", WAYS)
@pytest.mark.parametrize("before", [{"tags": []}, {"state": 1, "tags": [TAG]}])
def test_r38_an_order_that_was_credited_whole_before_its_import_is_not_sent(
    changes: str, before: dict[str, Any]
) -> None:
    with world(changes=changes) as here:
        credited_early(here, **before)
        here.run_on()
        comes(here)
        assert here.submitted("1") == 0
        assert (here.status(1), here.tags(1), here.codes(1)) == ("rejected", {TAG, REJECTED_TAG}, ["OB-100"])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "The credit note 2 takes back all of this order: cancel it in Billbee, unless it is to be shipped"
            " nevertheless. [OB-133]",
        ),
        (
            "de",
            "Die Gutschrift 2 nimmt diese ganze Bestellung zurück: bitte in Billbee stornieren, falls sie nicht"
            " trotzdem versendet werden soll. [OB-133]",
        ),
    ],
)
def test_r38_its_merchant_is_told_and_decides(language: str, text: str) -> None:
    with world(language=language) as here:
        credited_early(here)
        comes(here)
        assert here.told(1)[0].startswith(text)
        here.shop.remove_tag(1, REJECTED_TAG)
        here.look()
        here.run_on()
        assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)
        assert len(here.told(1)) == 1


@pytest.mark.parametrize("changes", WAYS)
@pytest.mark.parametrize("before", [{"tags": []}, {"state": 1, "tags": [TAG]}])
def test_r38_a_part_that_was_credited_before_the_import_is_told_once(changes: str, before: dict[str, Any]) -> None:
    with world(changes=changes) as here:
        credited_early(here, item("TEE-01"), **before)
        comes(here)
        assert (here.status(1), here.submitted("1"), here.codes(1)) == ("acknowledged", 1, ["OB-413"])
        assert here.told(1)[0].startswith("The credit note 2 was made for this order")
        here.poll("all")
        here.push()
        assert (len(here.told(1)), here.bibi.count(CANCEL)) == (1, 0)


def test_r38_two_credit_notes_may_take_back_all_of_an_order_together() -> None:
    with world() as here:
        credited_early(here, item("TEE-01"))
        credit(here, item("MUG-01", quantity=2), number=3)
        comes(here)
        assert here.submitted("1") == 0
        assert here.told(1)[0].startswith("The credit notes 2, 3 take back all of this order")


def test_r38_a_credit_note_that_was_deleted_meanwhile_counts_no_more() -> None:
    for gone in (False, True):
        with world() as here:
            credited_early(here)
            if gone:
                here.shop.remove_order(2)
            else:
                here.shop.change(2, State=6)
            comes(here)
            assert (here.submitted("1"), here.told(1)) == (1, [])


@pytest.mark.parametrize("whole", [True, False])
def test_r38_an_order_that_is_rejected_when_it_is_credited(*, whole: bool) -> None:
    with world() as here:
        here.sell(1, item("MUG-01", quantity=2), item("TEE-01"), ship_to=address(street=""))
        here.look(0)
        assert here.status(1) == "rejected"
        here.wait(minutes=1)
        credit(here, *([] if whole else [item("TEE-01")]))
        assert (REJECTED in here.record(2).told, len(here.told(1))) == (True, 1)
        here.shop.change(1, ShippingAddress=address())
        here.shop.remove_tag(1, REJECTED_TAG)
        here.look()
        here.run_on()
        if whole:
            assert (here.status(1), here.submitted("1")) == ("rejected", 0)
            assert "[OB-133]" in here.told(1)[1]
        else:
            assert (here.status(1), here.submitted("1")) == ("acknowledged", 1)
            assert here.codes(1) == ["OB-100", "OB-413"]


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("changes", WAYS)
def test_r38_one_poll_that_reads_both_sends_nothing(changes: str, first: int) -> None:
    """Their ids decide which of the two is looked at first."""
    order, note = (1, 2) if first == 1 else (2, 1)
    with world(changes=changes) as here:
        here.sell(order)
        here.shop.credit(order, note)
        here.look()
        here.run_on()
        assert (here.submitted(str(order)), here.status(order)) == (0, "rejected")
        assert (here.submitted(str(note)), here.told(note)) == (0, [])


@pytest.mark.parametrize("changes", WAYS)
def test_r38_an_order_that_billbee_has_later_than_its_credit_note_is_told_at_night(changes: str) -> None:
    with world(changes=changes) as here:
        here.sell(9)
        here.shop.credit(9, 2)
        here.shop.orders[2] |= {"IsCancelationFor": "#77", "Tags": [TAG]}
        here.look()
        here.run_on()
        assert REJECTED not in here.record(2).told
        here.sell(1, order_number="#77")
        here.look()
        here.wait(hours=12)
        here.poll("all")
        here.push()
        here.poll("all")
        here.push()
        code = "OB-414" if changes == "automatic" else "OB-413"
        assert (here.codes(1), here.submitted("1")) == ([code], 1)


def test_r38_an_order_that_was_not_imported_yet_is_found_by_its_shop_number() -> None:
    with world() as here:
        here.sell(1, order_number="#1001", tags=[])
        here.shop.credit(1, 2)
        here.shop.orders[2] |= {"IsCancelationFor": "#1001", "Tags": [TAG]}
        here.look()
        comes(here)
        assert (here.submitted("1"), here.status(1)) == (0, "rejected")


def test_r10_an_order_that_the_lost_ledger_had_sent_is_adopted_in_spite_of_its_credit_note() -> None:
    """The credit note's message may be worked before the poll reaches the order."""
    with world(changes="automatic") as here:
        here.imported(1)
        here.lose_record(1)
        credit(here)
        here.shop.orders[2]["IsCancelationFor"] = "1"
        assert here.status(1) == "unknown"
        here.lose_the_ledger()
        here.wait(minutes=40)
        here.poll()
        here.push()
        here.poll("all")
        here.push()
        assert (here.status(1), here.codes(1), here.submitted("1")) == ("cancelled", ["OB-414"], 1)


def test_r10_a_remembered_order_that_the_warehouse_has_is_not_sent_again() -> None:
    with world() as here:
        here.sell(1)
        here.look(0)
        here.lose_record(1)
        here.shop.remove_tag(1, RECEIVED)
        here.shop.orders[1]["State"] = 1
        credit(here, item("TEE-01"))
        assert here.status(1) == "cancelled"
        here.shop.orders[1]["State"] = 3
        here.shop.touch(1)
        here.wait(minutes=40)
        here.look()
        here.run_on()
        assert (here.status(1), here.submitted("1"), here.codes(1)) == ("acknowledged", 1, ["OB-413"])


def test_r38_order_why_says_that_an_order_was_credited_before_it_was_sent() -> None:
    with world() as here:
        credited_early(here, tags=[TAG], state=1)
        here.shop.orders[1]["State"] = 3
        workspace = here.workspace()
        wrong = [one for one in explain_import(workspace, workspace.hub.order(1)) if not one.passed]
        assert [(one.rule, one.text) for one in wrong] == [
            ("R2 OB-133", "The credit note 2 takes back all of this order")
        ]


def credited_and_to_come(here: World) -> None:
    credited_early(here)
    here.shop.orders[1] |= {"Tags": [TAG], "State": 3}


def partly_credited_and_to_come(here: World) -> None:
    here.configure(changes="automatic")
    credited_early(here, item("TEE-01"))
    here.shop.orders[1] |= {"Tags": [TAG], "State": 3}


def to_be_credited(here: World) -> None:
    here.sell(1, tags=[])
    here.shop.credit(1, 2)
    here.shop.orders[2]["Tags"] = [TAG]


def reads_and_comes(here: World) -> None:
    here.look()
    comes(here)


@pytest.mark.parametrize(
    ("before", "doing"),
    [
        (credited_and_to_come, World.look),
        (partly_credited_and_to_come, World.look),
        (to_be_credited, reads_and_comes),
    ],
)
def test_r38_a_crash_after_any_call_ends_as_if_it_had_not_happened(before: Any, doing: Any) -> None:
    def end(here: World) -> Any:
        return [(here.status(one), here.tags(one), here.told(one), here.submitted(str(one))) for one in (1, 2)]

    calls, wrong = survives_every_crash(before, doing, end)
    assert wrong == {}
    assert calls > 5


def test_r38_an_order_that_is_credited_before_it_is_tagged_is_cancelled_and_told_once() -> None:
    """Without the received tag, it would look as if its merchant wanted it again."""
    with world(changes="automatic") as here:
        here.sell(1)
        here.billbee.faults.add(fault("status", TAGS, times=14, status=500))
        here.poll()
        here.deliver("push")
        assert here.status(1) == "submitted"
        credit(here)
        here.run_on()
        here.run_on()
        assert (here.status(1), here.codes(1), here.bibi.count(CANCEL)) == ("cancelled", ["OB-414"], 1)
        assert RECEIVED in here.tags(1)


@pytest.mark.parametrize("state", [6, 8])
def test_r38_a_deleted_credit_note_takes_nothing_back_and_a_cancelled_one_does(state: int) -> None:
    """Shops may give the note of a cancelled order the state "cancelled"."""
    with world(changes="automatic") as here:
        here.imported(1)
        here.shop.credit(1, 2)
        here.shop.orders[2] |= {"Tags": [TAG], "State": state}
        here.look()
        here.run_on()
        taken_back = state == 8
        assert here.codes(1) == (["OB-414"] if taken_back else [])
        assert here.bibi.count(CANCEL) == taken_back
        if not taken_back:
            here.shop.change(2, State=3)
            here.look()
            here.run_on()
            assert (here.codes(1), here.status(1)) == (["OB-414"], "cancelled")


def test_r38_what_was_a_credit_note_is_sent_once_it_is_none_and_an_operator_asks() -> None:
    with world() as here:
        here.imported(1)
        here.shop.credit(1, 2)
        here.look()
        here.shop.change(2, IsCancelationFor=None, TotalCost=20.0, OrderItems=[item("MUG-01", quantity=2)])
        senders = {"push-orders": lambda messages: Publisher(here.queues).send("push", messages)}
        retry_order(here.ledger, here.record(2), senders, "retry")
        here.push()
        here.run_on()
        assert (here.status(2), here.submitted("2")) == ("acknowledged", 1)


@pytest.mark.parametrize("imported", [True, False])
def test_r38_the_number_that_a_credit_note_names_counts_before_its_parent(*, imported: bool) -> None:
    """Its parent may be the order with which the credited one was merged and parted again."""
    with world(changes="automatic") as here:
        here.imported(5)
        here.sell(1, tags=[TAG] if imported else [])
        here.look()
        here.shop.credit(1, 2)
        here.shop.orders[2] |= {"Tags": [TAG], "BillBeeParentOrderId": 5}
        here.look()
        comes(here) if not imported else here.run_on()
        assert (here.status(5), here.told(5)) == ("acknowledged", [])
        assert here.codes(1) == (["OB-414"] if imported else ["OB-100"])
