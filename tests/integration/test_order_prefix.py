"""R28: an account of the warehouse that writes a prefix before our numbers: all goes as without one, and no order is
booked twice, whether the prefix is in the settings or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.simulators.faults import Fault
from orderbridge.desk.troubles.find_troubles import find_troubles
from orderbridge.desk.troubles.trouble import TroubleKind
from testkit.routes import SUBMIT
from testkit.vendors import TOO_LATE
from testkit.world import RECEIVED, World, world
from tests.integration.after_import import HOLDING
from tests.integration.test_change import ask, assert_changed, change
from tests.integration.test_returns import RETURNED, comes_back, returns, shipped

ACCOUNTS = [(style, calls) for style in ("glued", "separated") for calls in ("with", "without", "either")]
LOST = {
    "after it landed": Fault("delay_after", route=SUBMIT, seconds=TOO_LATE),
    "cut": Fault("drop_after", route=SUBMIT),
}


@pytest.fixture(params=ACCOUNTS, ids="-".join)
def account(request: pytest.FixtureRequest) -> dict[str, Any]:
    """An account with the prefix SA; a number that it has already is booked again."""
    style, calls = request.param
    readings = {"prefix": "SA", "prefix-style": style, "prefix-calls": calls, "duplicate": "booked"}
    return {"readings": readings}


@pytest.fixture
def here(account: dict[str, Any]) -> Iterator[World]:
    with world(bibi=account) as made:
        set_prefix(made)
        yield made


@pytest.fixture
def unset(account: dict[str, Any]) -> Iterator[World]:
    """The prefix is not in the settings."""
    with world(bibi=account) as made:
        yield made


def booked(here: World) -> list[int]:
    return [order.submissions for order in here.warehouse.orders.values()]


def prefix_troubles(here: World) -> list[str]:
    settings = {"acme": json.dumps(here.merchants["acme"].settings)}
    return [
        one.what for one in find_troubles(settings, here.table, here.clock) if one.kind is TroubleKind.UNKNOWN_PREFIX
    ]


def set_prefix(here: World) -> None:
    here.configure(bibi={"order_prefix": "SA"})


def test_r28_parcels_are_posted_and_the_order_is_shipped(here: World) -> None:
    here.imported(1, 2)
    for number in ("1", "2"):
        here.warehouse.ship(number, [f"1Z{number}"], method="02")
    here.cycle()
    assert [here.parcels(order) for order in (1, 2)] == [["1Z1"], ["1Z2"]]
    assert [here.wire(order)["State"] for order in (1, 2)] == [4, 4]
    assert booked(here) == [1, 1]
    assert prefix_troubles(here) == []


def test_r28_a_return_is_told(here: World) -> None:
    shipped(here)
    comes_back(here)
    returns(here)
    assert RETURNED in here.tags(1)
    assert booked(here) == [1]


def test_r28_it_is_cancelled(here: World) -> None:
    here.imported()
    here.shop.change(1, State=8)
    here.look()
    assert here.status(1) == "cancelled"
    assert {part.status for part in here.warehouse.orders["1"].parts} == {"Cancelled"}
    assert booked(here) == [1]


def test_r28_it_is_held_and_released(here: World) -> None:
    here.imported()
    here.shop.add_tags(1, [HOLDING])
    here.look()
    assert (here.status(1), here.warehouse.orders["1"].status) == ("held", "Pending")
    here.shop.remove_tag(1, HOLDING)
    here.look()
    assert (here.status(1), here.warehouse.orders["1"].status) == ("acknowledged", "New")
    assert booked(here) == [1]


def test_r28_it_is_changed(here: World) -> None:
    here.imported()
    change(here)
    ask(here)
    here.look()
    assert_changed(here, ("TEE-01", 3))


@pytest.mark.parametrize("lost", LOST)
def test_r28_an_order_whose_answer_is_lost_is_found_and_booked_once(here: World, lost: str) -> None:
    here.sell(1)
    here.bibi.faults.add(LOST[lost])
    here.poll()
    here.push()
    here.run_on()
    assert booked(here) == [1]
    assert (here.status(1), RECEIVED in here.tags(1)) == ("acknowledged", True)


def test_r28_after_a_lost_ledger_orders_are_adopted_and_their_parcels_posted(here: World) -> None:
    here.imported(1, 2)
    here.shop.remove_tag(2, RECEIVED)
    here.lose_the_ledger()
    here.sell(3)
    here.run_on()
    for number in ("1", "2", "3"):
        here.warehouse.ship(number, [f"1Z{number}"], method="02")
    here.run_on()
    assert booked(here) == [1, 1, 1]
    assert [here.parcels(order) for order in (1, 2, 3)] == [["1Z1"], ["1Z2"], ["1Z3"]]


@pytest.mark.parametrize("lost", LOST)
def test_r28_without_the_setting_a_lost_answer_is_found_all_the_same(unset: World, lost: str) -> None:
    """Nothing is known of the account yet: the first order of all is the one whose answer is lost."""
    unset.sell(1)
    unset.bibi.faults.add(LOST[lost])
    unset.poll()
    unset.push()
    unset.run_on()
    assert booked(unset) == [1]
    assert RECEIVED in unset.tags(1)
    assert len(prefix_troubles(unset)) == 1


def test_r28_without_the_setting_nothing_is_sent_after_a_lost_ledger_that_may_be_there(unset: World) -> None:
    unset.imported(1, 2)
    for order in (1, 2):
        unset.shop.remove_tag(order, RECEIVED)
    unset.lose_the_ledger()
    unset.sell(3)
    unset.run_on()
    assert booked(unset) == [1, 1, 1]
    assert unset.submitted("3") == 1  # it is hidden by no number of the list
    set_prefix(unset)
    unset.run_on()
    for number in ("1", "2", "3"):
        unset.warehouse.ship(number, [f"1Z{number}"], method="02")
    unset.run_on()
    assert booked(unset) == [1, 1, 1]
    assert [unset.parcels(order) for order in (1, 2, 3)] == [["1Z1"], ["1Z2"], ["1Z3"]]


def test_r28_a_prefix_that_is_not_set_is_a_trouble_that_names_it_until_it_is_set(
    unset: World, account: dict[str, Any]
) -> None:
    unset.imported()
    unset.warehouse.ship("1", ["1Z1"], method="02")
    unset.cycle()
    assert unset.parcels(1) == []
    written = "SA-" if account["readings"]["prefix-style"] == "separated" else "SA"
    assert prefix_troubles(unset) == [
        f"the warehouse writes {written} before order numbers ({written}1), and bibi.order_prefix is not set"
    ]
    set_prefix(unset)
    unset.run_on()
    assert unset.parcels(1) == ["1Z1"]
    assert prefix_troubles(unset) == []
    assert booked(unset) == [1]
