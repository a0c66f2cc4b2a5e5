"""R38: an order that brought the received tag from another one, and that nobody has, is found and told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from local.simulators.billbee.orders import address
from orderbridge.desk.explain_import import explain_import
from orderbridge.desk.reconcile import DisagreementKind, reconcile
from testkit.routes import STATUS
from testkit.world import RECEIVED, REJECTED, TAG, World, world
from tests.integration.after_import import survives_every_crash


def copied(here: World) -> None:
    here.imported(1)
    here.shop.copy(1, 2)
    here.wait(minutes=20)


def at_night(here: World) -> None:
    here.poll("all")
    here.push()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "The order has the tag order_received_by_bibi, but the warehouse does not have it: a copied or merged order"
            " keeps the tags of the first. If it is to be sent, remove that tag. [OB-130]",
        ),
        (
            "de",
            "Die Bestellung hat den Tag order_received_by_bibi, das Lager hat sie aber nicht: eine kopierte oder"
            " zusammengeführte Bestellung behält die Tags der ersten. Soll sie versendet werden, bitte diesen Tag"
            " entfernen. [OB-130]",
        ),
    ],
)
def test_r38_a_copy_is_told_at_night_and_sent_once_its_tags_are_removed(language: str, text: str) -> None:
    with world(language=language) as here:
        copied(here)
        here.look()
        assert (here.status(2), here.told(2)) == ("unknown", [])
        for _ in range(2):
            at_night(here)
            here.wait(days=1)
        (told,) = here.told(2)
        assert told.startswith(text)
        assert told.endswith("[OB-100]")
        assert REJECTED in here.tags(2)
        assert here.submitted("2") == 0
        here.shop.change(2, Tags=[TAG])
        here.look()
        here.run_on()
        assert (here.submitted("1"), here.submitted("2"), here.status(2)) == (1, 1, "acknowledged")


def test_r38_a_copy_costs_one_call_to_the_warehouse_and_none_in_the_nights_after_it() -> None:
    with world() as here:
        copied(here)
        before = here.bibi.count(STATUS)
        at_night(here)
        assert here.bibi.count(STATUS) == before + 1
        here.wait(days=1)
        at_night(here)
        assert here.bibi.count(STATUS) == before + 1


def test_r38_a_copy_with_the_number_of_the_first_order_is_told_too() -> None:
    with world(bibi={"readings": {}}) as here:
        here.configure(bibi={"order_number": "order_number"})
        here.sell(1, order_number="A-1")
        here.look(0)
        here.shop.copy(1, 2)
        here.shop.orders[2]["OrderNumber"] = "A-1"
        here.wait(minutes=20)
        at_night(here)
        (told,) = here.told(2)
        assert "[OB-130]" in told
        assert here.submitted("A-1") == 1


@pytest.mark.parametrize("tag", ["order_cancelled_by_bibi", "order_declined_by_bibi", "order_change_refused_by_bibi"])
def test_r38_an_order_that_was_told_something_before_is_no_copy(tag: str) -> None:
    with world() as here:
        here.imported(1)
        here.sell(2, tags=[TAG, RECEIVED, tag])
        here.wait(minutes=20)
        at_night(here)
        assert (here.status(2), here.told(2)) == ("unknown", [])


def test_r38_a_copy_of_a_rejected_order_is_told_too() -> None:
    with world() as here:
        copied_with_the_rejected_tag(here)
        for _ in range(2):
            at_night(here)
            here.wait(days=1)
        (told,) = here.told(2)
        assert told.startswith("The order has the tag order_rejected_by_bibi, but the warehouse does not have it")
        assert "[OB-130]" in told
        here.shop.change(2, Tags=[TAG])
        here.look()
        here.run_on()
        assert (here.submitted("2"), len(here.told(1))) == (1, 1)


def test_r38_an_order_in_another_state_is_no_copy_that_has_to_be_sent() -> None:
    with world() as here:
        here.imported(1)
        here.sell(2, tags=[TAG, RECEIVED], state=2)
        here.wait(minutes=20)
        at_night(here)
        assert (here.status(2), here.told(2)) == ("unknown", [])


def test_r38_reconcile_and_order_why_find_a_copy_before_the_night_does() -> None:
    with world() as here:
        copied(here)
        (found,) = reconcile(here.workspace(), since=here.clock.now() - timedelta(days=1))
        assert (found.kind, found.order, found.repair) == (DisagreementKind.NEVER_SENT, 2, "")
        assert "remove that tag" in found.what
        workspace = here.workspace()
        (check,) = [one for one in explain_import(workspace, workspace.hub.order(2)) if one.rule == "R1 received tag"]
        assert not check.passed
        assert "a copied order keeps its tags" in check.text
        assert check.remedy == "if the warehouse does not have it, remove the tag order_received_by_bibi in Billbee"


def test_r38_an_order_whose_table_was_lost_and_that_the_warehouse_has_is_no_copy() -> None:
    with world() as here:
        here.imported(1, 2)
        here.lose_the_ledger()
        here.run_on()
        assert (here.told(1), here.told(2)) == ([], [])
        assert {here.status(1), here.status(2)} == {"acknowledged"}


def copied_with_the_rejected_tag(here: World) -> None:
    here.sell(1, ship_to=address(city=""))
    here.look(0)
    here.shop.copy(1, 2)
    here.shop.change(2, ShippingAddress=address())
    here.wait(minutes=20)


@pytest.mark.parametrize("begin", [copied, copied_with_the_rejected_tag])
def test_r38_a_copy_whose_message_was_lost_with_the_queue_is_told_the_next_night(
    begin: Callable[[World], None],
) -> None:
    with world() as here:
        begin(here)
        here.poll("all")
        here.queues.clear()
        here.wait(days=1)
        at_night(here)
        assert len(here.told(2)) == 1


@pytest.mark.parametrize("begin", [copied, copied_with_the_rejected_tag])
def test_r38_a_crash_after_any_call_ends_as_if_it_had_not_happened(begin: Callable[[World], None]) -> None:
    def end(here: World) -> object:
        return here.status(2), here.tags(2), here.told(2), here.submitted("2")

    def later(here: World) -> object:
        here.wait(days=1)
        at_night(here)
        return end(here)

    calls, wrong = survives_every_crash(begin, at_night, later)
    assert wrong == {}
    assert calls > 4


def test_r38_a_copy_of_a_copy_that_was_rejected_has_both_tags_and_is_told_too() -> None:
    with world() as here:
        here.imported(1)
        here.shop.copy(1, 2)
        here.look()
        here.poll("all")
        here.push()
        assert {RECEIVED, REJECTED} <= here.tags(2)
        here.shop.copy(2, 3)
        here.look()
        for _ in range(2):
            here.poll("all")
            here.push()
        (told,) = here.told(3)
        assert "[OB-130]" in told
        here.shop.change(3, Tags=[TAG])
        here.look()
        assert (here.submitted("2") if "2" in here.warehouse.orders else 0, here.submitted("3")) == (0, 1)
