"""R38: nothing is sent for a credit note; the order that it credits is cancelled, or its merchant is told."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulators.billbee.orders import item
from orderbridge.desk.explain_import import explain_import
from orderbridge.ledger.told import REJECTED
from testkit.routes import CANCEL, MESSAGE
from testkit.world import TAG, World, world
from tests.integration.after_import import LANDED, NOT_LANDED, fault, survives_every_crash


def ignored(here: World) -> None:
    """The credit note itself."""
    assert "2" not in here.warehouse.orders
    assert (here.told(2), here.tags(2)) == ([], {TAG})
    assert here.status(2) == "rejected"


@pytest.mark.parametrize("changes", ["ask", "tell"])
@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "The credit note 2 was made for this order, but the warehouse ships the order as it is: there it is 'New'."
            " To stop it, cancel the order in Billbee. [OB-413]",
        ),
        (
            "de",
            "Zu dieser Bestellung wurde die Gutschrift 2 erstellt, das Lager versendet die Bestellung aber: dort steht"
            " sie auf 'New'. Soll sie nicht versendet werden, bitte die Bestellung in Billbee stornieren. [OB-413]",
        ),
    ],
)
def test_r38_a_credit_note_is_ignored_and_the_credited_orders_merchant_told_once(
    changes: str, language: str, text: str
) -> None:
    with world(changes=changes, language=language) as here:
        here.imported(1)
        here.shop.credit(1, 2)
        here.look()
        here.run_on()
        here.poll("all")
        here.push()
        ignored(here)
        assert here.told(1) == [text]
        assert (here.status(1), here.bibi.count(CANCEL)) == ("acknowledged", 0)


def test_r38_automatic_an_order_that_is_credited_whole_is_cancelled() -> None:
    with world(changes="automatic") as here:
        here.imported(1)
        here.shop.credit(1, 2)
        here.look()
        here.run_on()
        ignored(here)
        assert (here.status(1), here.codes(1), here.bibi.count(CANCEL)) == ("cancelled", ["OB-414"], 1)
        assert "All of this order was credited by the credit note 2" in here.told(1)[0]


def test_r38_automatic_in_german() -> None:
    with world(changes="automatic", language="de") as here:
        here.imported(1)
        here.shop.credit(1, 2)
        here.look()
        assert here.told(1) == [
            "Diese Bestellung wurde mit der Gutschrift 2 ganz gutgeschrieben und im Lager storniert. Sie wird nicht"
            " versendet. [OB-414]"
        ]


def test_r38_automatic_too_late_is_told_with_the_status() -> None:
    with world(changes="automatic") as here:
        here.imported(1)
        here.warehouse.set_status("1", "Processed")
        here.shop.credit(1, 2)
        here.look()
        here.run_on()
        ignored(here)
        assert (here.codes(1), here.status(1)) == (["OB-403"], "acknowledged")
        assert "'Processed'" in here.told(1)[0]


def test_r38_a_part_that_is_credited_is_told_and_cancels_nothing() -> None:
    with world(changes="automatic") as here:
        here.imported(1, lines=[item("MUG-01", quantity=2), item("TEE-01")])
        here.shop.credit(1, 2, item("TEE-01"))
        here.look()
        here.run_on()
        ignored(here)
        assert (here.codes(1), here.bibi.count(CANCEL)) == (["OB-413"], 0)


@pytest.mark.parametrize("changes", ["ask", "tell", "automatic"])
def test_r38_a_credit_note_for_an_order_that_has_left_is_the_shops_own_affair(changes: str) -> None:
    with world(changes=changes) as here:
        here.imported(1)
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.run_on()
        here.shop.credit(1, 2)
        here.look()
        here.run_on()
        ignored(here)
        assert here.told(1) == []


@pytest.mark.parametrize("named", [True, False])
def test_r38_a_negative_amount_is_a_credit_note_even_without_a_name_of_the_order(*, named: bool) -> None:
    with world() as here:
        here.imported(1)
        here.shop.credit(1, 2)
        here.shop.orders[2] |= {"IsCancelationFor": None, "BillBeeParentOrderId": 1 if named else None}
        here.look()
        here.run_on()
        ignored(here)
        assert here.codes(1) == (["OB-413"] if named else [])


def test_r38_the_order_is_found_by_the_shops_external_number_too() -> None:
    with world() as here:
        here.sell(1, order_number="#1001")
        here.shop.orders[1]["Id"] = "5550001"
        here.look(0)
        here.wait(minutes=1)
        here.shop.credit(1, 2)
        here.shop.orders[2]["IsCancelationFor"] = "#1001"
        here.look()
        assert here.codes(1) == ["OB-413"]


def test_r38_a_credit_note_for_an_order_that_nobody_knows_is_ignored() -> None:
    with world() as here:
        here.imported(1)
        here.shop.credit(1, 2)
        here.shop.orders[2]["IsCancelationFor"] = "unheard-of"
        here.look()
        here.run_on()
        here.wait(days=8)
        here.poll("all")
        here.push()
        ignored(here)
        assert here.told(1) == []
        assert REJECTED in here.record(2).told


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("route", [CANCEL, MESSAGE])
def test_r38_whatever_becomes_of_a_call_the_order_is_cancelled_and_told_once(route: str, kind: str) -> None:
    with world(changes="automatic") as here:
        here.imported(1)
        here.shop.credit(1, 2)
        (here.billbee if route == MESSAGE else here.bibi).faults.add(fault(kind, route, times=2, retry_after=30))
        here.look()
        here.run_on()
        ignored(here)
        assert (here.status(1), here.codes(1)) == ("cancelled", ["OB-414"])


def test_r38_order_why_names_a_credit_note_as_one_and_asks_for_nothing() -> None:
    with world() as here:
        credited(here)
        here.look()
        workspace = here.workspace()
        wrong = [one for one in explain_import(workspace, workspace.hub.order(2)) if not one.passed]
        assert [(one.rule, one.text, one.remedy) for one in wrong] == [
            ("R38 credit note", "it is a credit note: nothing is sent for it", "")
        ]


def credited(here: World) -> None:
    here.imported(1)
    here.shop.credit(1, 2)


def credited_and_to_cancel(here: World) -> None:
    here.configure(changes="automatic")
    credited(here)


@pytest.mark.parametrize("before", [credited, credited_and_to_cancel])
def test_r38_a_crash_after_any_call_ends_as_if_it_had_not_happened(before: Any) -> None:
    def end(here: World) -> Any:
        return [(here.status(one), here.tags(one), here.told(one)) for one in (1, 2)]

    calls, wrong = survives_every_crash(before, World.look, end)
    assert wrong == {}
    assert calls > 5
