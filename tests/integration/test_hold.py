"""R13: the tag holds the order at the warehouse and its removal releases it, by a toggle that is never used blindly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.simulators.billbee.orders import item
from testkit.routes import HOLD, MESSAGE, STATUS
from testkit.world import RECEIVED, TAG, World, world
from tests.integration.after_import import HOLDING, LANDED, NOT_LANDED, fault, survives_every_crash, toggles

REFUSED = "order_hold_refused_by_bibi"


def at_warehouse(here: World, order: int = 1) -> str:
    return here.warehouse.orders[str(order)].status


def hold(here: World, order: int = 1) -> None:
    here.shop.add_tags(order, [HOLDING])
    here.look()


def release(here: World, order: int = 1) -> None:
    here.shop.remove_tag(order, HOLDING)
    here.look()


@pytest.mark.parametrize("state", [1, 2, 11, 12, 13, 15, 16])
def test_r13_an_order_is_held_within_one_poll_whatever_state_its_payment_is_in(state: int) -> None:
    with world() as here:
        here.imported()
        here.shop.change(1, State=state)
        before = len(here.billbee.calls)
        hold(here)
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("held", "Pending", 1)
        assert [call.name for call in here.billbee.calls[before:]] == ["GET /orders"]


def test_r13_the_tag_holds_once_and_its_removal_releases_once() -> None:
    with world() as here:
        here.imported()
        hold(here)
        for _ in range(3):
            here.cycle()
        here.poll("all")
        here.push()
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("held", "Pending", 1)
        release(here)
        for _ in range(3):
            here.cycle()
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("acknowledged", "New", 2)
        assert here.told(1) == []
        assert here.tags(1) == {TAG, RECEIVED}
        moves = [(one.before, one.after, one.call) for one in here.record(1).timeline if one.call == "bibi holdOrder"]
        assert moves == [("acknowledged", "held", "bibi holdOrder"), ("held", "acknowledged", "bibi holdOrder")]


def test_r13_a_tag_set_before_the_import_holds_from_the_start() -> None:
    with world() as here:
        here.imported(tags=[TAG, HOLDING])
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("held", "Pending", 1)
        release(here)
        assert at_warehouse(here) == "New"


def test_r13_a_tag_removed_during_an_outage_releases_with_the_first_poll_after_it() -> None:
    with world() as here:
        here.imported()
        hold(here)
        here.wait(minutes=20)
        here.shop.remove_tag(1, HOLDING)
        here.wait(hours=6)
        here.look()
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("acknowledged", "New", 2)


# ---- The warehouse's own hold


@pytest.mark.parametrize("own", ["Hold", "Pending"])
@pytest.mark.parametrize("seen", [True, False])
def test_r13_the_warehouses_own_hold_is_never_released_by_us(own: str, seen: bool) -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", own)
        if seen:
            here.cycle()
            assert here.status(1) == "held"
        hold(here)
        here.cycle()
        release(here)
        here.cycle()
        assert (at_warehouse(here), here.bibi.count(HOLD), here.told(1)) == (own, 0, [])


def test_r13_where_the_warehouse_ends_its_own_hold_the_tag_holds_from_the_next_night_on() -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", "Pending")
        hold(here)
        here.wait(hours=3)
        here.warehouse.set_status("1", "New")
        here.wait(hours=12)
        here.poll("all")
        here.push()
        assert (at_warehouse(here), toggles(here)) == ("Pending", 1)
        release(here)
        assert at_warehouse(here) == "New"


def test_r13_what_the_warehouse_has_released_is_not_toggled_again() -> None:
    with world() as here:
        here.imported()
        hold(here)
        here.warehouse.set_status("1", "New")
        release(here)
        here.cycle()
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("acknowledged", "New", 1)


# ---- Lost answers


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
@pytest.mark.parametrize("doing", ["hold", "release"])
def test_r13_whatever_becomes_of_the_call_it_takes_effect_once(doing: str, kind: str) -> None:
    with world() as here:
        here.imported()
        if doing == "release":
            hold(here)
        before = toggles(here)
        here.bibi.faults.add(fault(kind, HOLD))
        {"hold": hold, "release": release}[doing](here)
        here.run_on()
        assert at_warehouse(here) == {"hold": "Pending", "release": "New"}[doing]
        assert here.status(1) == {"hold": "held", "release": "acknowledged"}[doing]
        landed = sum(1 for call in here.bibi.calls if call.name == HOLD and call.fault == "delay_before")
        assert toggles(here) + landed - before == 1


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
def test_r13_nothing_is_toggled_while_the_status_cannot_be_read(kind: str) -> None:
    with world() as here:
        here.imported()
        here.bibi.faults.add(fault(kind, STATUS, times=5))
        hold(here)
        here.run_on()
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("held", "Pending", 1)


@pytest.mark.parametrize("kind", ["status", "bad_gateway"])
def test_r13_a_toggle_that_lands_after_we_have_given_up_on_it_is_not_undone_by_a_second_one(kind: str) -> None:
    with world() as here:
        here.imported()
        here.shop.add_tags(1, [HOLDING])
        here.bibi.faults.add(fault(kind, HOLD, status=504))
        here.poll()
        here.deliver("push")
        here.work("push", patience=timedelta(seconds=10))
        assert here.bibi.count(HOLD) == 1
        here.warehouse.set_status("1", "Pending")  # now it lands
        here.run_on()
        assert (here.status(1), at_warehouse(here), here.bibi.count(HOLD)) == ("held", "Pending", 1)


@pytest.mark.parametrize("kind", ["drop_after", "delay_after", "status_after", "reset_before", "status"])
def test_r13_a_tag_removed_while_the_outcome_is_unknown_leaves_no_order_on_hold(kind: str) -> None:
    with world() as here:
        here.imported()
        here.shop.add_tags(1, [HOLDING])
        here.bibi.faults.add(fault(kind, HOLD))
        here.poll()
        here.deliver("push")
        here.shop.remove_tag(1, HOLDING)
        here.look()
        here.run_on()
        assert (here.status(1), at_warehouse(here)) == ("acknowledged", "New")


@pytest.mark.parametrize("kind", ["drop_after", "delay_after", "status_after", "reset_before", "status"])
def test_r13_a_tag_set_again_while_the_outcome_of_the_release_is_unknown_holds(kind: str) -> None:
    with world() as here:
        here.imported()
        hold(here)
        here.shop.remove_tag(1, HOLDING)
        here.bibi.faults.add(fault(kind, HOLD))
        here.poll()
        here.deliver("push")
        here.shop.add_tags(1, [HOLDING])
        here.look()
        here.run_on()
        assert (here.status(1), at_warehouse(here)) == ("held", "Pending")


def test_r13_a_toggle_without_an_outcome_is_followed_up_though_its_message_was_given_up() -> None:
    with world() as here:
        here.imported()
        here.bibi.faults.add(fault("drop_after", HOLD))
        here.bibi.faults.add(fault("status", STATUS, nth=2, times=None))
        hold(here)
        here.shop.orders[1]["LastModifiedAt"] = "2026-01-01T00:00:00"  # no list of changes shows it any more
        here.bibi.faults.clear()
        here.wait(minutes=31)
        here.poll("stuck")
        here.push()
        assert (here.status(1), at_warehouse(here), toggles(here)) == ("held", "Pending", 1)


# ---- Refusals


@pytest.mark.parametrize("status", ["Collate Printed", "Processed", "Backordered", "Shipped", "Cancelled", "Decline"])
@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "The order could not be put on hold"), ("de", "Die Bestellung konnte nicht angehalten werden")],
)
def test_r13_an_order_past_it_is_told_once_with_the_status_it_had(status: str, language: str, text: str) -> None:
    with world(language=language) as here:
        here.imported()
        here.warehouse.set_status("1", status)
        hold(here)
        for _ in range(3):
            here.cycle()
        refusals = [one for one in here.told(1) if one.endswith("[OB-404]")]
        assert len(refusals) == 1
        assert refusals[0].startswith(text)
        assert f"{status!r}" in refusals[0]
        assert REFUSED in here.tags(1)
        assert toggles(here) <= 1
        assert here.warehouse.orders["1"].status == status


def test_r13_a_refused_hold_is_asked_anew_once_the_tag_has_been_away() -> None:
    with world() as here:
        here.imported()
        here.warehouse.backorder("1")
        hold(here)
        assert len(here.told(1)) == 1
        release(here)
        here.warehouse.set_status("1", "New")
        hold(here)
        assert (here.status(1), at_warehouse(here), len(here.told(1))) == ("held", "Pending", 1)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "The order could not be released from hold"), ("de", "Die Bestellung konnte nicht freigegeben werden")],
)
def test_r13_a_release_that_the_warehouse_refuses_is_told_once(language: str, text: str) -> None:
    with world(language=language) as here:
        here.imported()
        hold(here)
        here.warehouse.set_status("1", "Hold")
        release(here)
        here.cycle()
        assert here.told(1) == [
            f"{text}: {'at the warehouse it is' if language == 'en' else 'im Lager steht sie auf'} 'Hold'. [OB-405]"
        ]
        assert REFUSED in here.tags(1)
        assert at_warehouse(here) == "Hold"
        hold(here)
        here.warehouse.set_status("1", "Pending")
        release(here)
        assert (at_warehouse(here), len(here.told(1))) == ("New", 1)


def test_r13_a_tag_that_comes_after_the_parcel_is_told_too_late() -> None:
    with world() as here:
        here.imported()
        here.warehouse.ship("1", ["1Z1"], method="02")
        here.shop.add_tags(1, [HOLDING])
        here.pull()
        assert (here.status(1), here.wire(1)["State"]) == ("shipped", 4)
        here.look()
        here.run_on()
        assert len(here.told(1)) == 1
        assert "'Shipped'" in here.told(1)[0]
        assert here.status(1) == "shipped"


# ---- With other things


def test_r13_what_has_left_in_part_cannot_be_held() -> None:
    with world() as here:
        here.sell(1, item("MUG-01"), item("TEE-01"))
        here.poll()
        here.push()
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        here.warehouse.ship("1", ["1Z1"], method="02", part=1)
        hold(here)
        assert here.codes(1) == ["OB-404"]
        here.warehouse.ship("1", ["1Z2"], method="02", part=2)
        here.run_on()
        assert (here.status(1), here.parcels(1)) == ("shipped", ["1Z1", "1Z2"])


def test_r13_an_order_on_hold_of_which_a_part_leaves_stays_ours() -> None:
    with world() as here:
        here.sell(1, item("MUG-01"), item("TEE-01"))
        here.poll()
        here.push()
        hold(here)
        here.warehouse.split("1", ["MUG-01"], ["TEE-01"])
        here.warehouse.ship("1", ["1Z1"], method="02", part=1)
        here.cycle()
        assert (here.status(1), here.parcels(1)) == ("partially_shipped", ["1Z1"])
        release(here)
        assert here.codes(1) == ["OB-405"]  # the warehouse toggles whole orders only
        here.warehouse.ship("1", ["1Z2"], method="02", part=2)
        here.run_on()
        assert (here.status(1), here.parcels(1), here.wire(1)["State"]) == ("shipped", ["1Z1", "1Z2"], 4)


def test_r13_a_changed_order_stays_on_hold() -> None:
    with world() as here:
        here.imported()
        hold(here)
        here.shop.change(1, OrderItems=[item("TEE-01", quantity=2)], TotalCost=20.0)
        here.shop.remove_tag(1, RECEIVED)
        here.look()
        assert (here.status(1), at_warehouse(here)) == ("held", "Pending")
        assert [line.item_no for line in here.warehouse.orders["1"].submission.lines] == ["TEE-01"]


def test_r13_with_a_lost_ledger_the_order_is_released_all_the_same() -> None:
    with world() as here:
        here.imported()
        hold(here)
        here.lose_the_ledger()
        here.run_on()
        assert at_warehouse(here) == "Pending"
        release(here)
        here.run_on()
        assert (at_warehouse(here), toggles(here)) == ("New", 2)


# ---- Crashes


def to_hold(here: World) -> None:
    here.imported()
    here.shop.add_tags(1, [HOLDING])


def to_release(here: World) -> None:
    here.imported()
    hold(here)
    here.shop.remove_tag(1, HOLDING)


def to_refuse(here: World) -> None:
    to_hold(here)
    here.warehouse.set_status("1", "Processed")


def to_import_on_hold(here: World) -> None:
    here.sell(1, tags=[TAG, HOLDING])


@pytest.mark.parametrize("before", [to_hold, to_release, to_refuse, to_import_on_hold])
def test_r13_a_crash_after_any_call_ends_as_if_it_had_not_happened(before: Any) -> None:
    calls, wrong = survives_every_crash(before, World.look)
    assert wrong == {}
    assert calls > 10


@pytest.mark.parametrize("kind", [*LANDED, *NOT_LANDED])
def test_r13_a_refusal_is_told_once_whatever_becomes_of_the_message(kind: str) -> None:
    with world() as here:
        here.imported()
        here.warehouse.set_status("1", "Processed")
        here.billbee.faults.add(fault(kind, MESSAGE, times=2))
        hold(here)
        here.run_on()
        assert len(here.told(1)) == 1
        assert REFUSED in here.tags(1)
