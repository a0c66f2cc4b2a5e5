"""R14, R16, R17: what follows from what the warehouse reports about one order."""

from __future__ import annotations

import itertools

import pytest

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.told import WarehouseEvent
from orderbridge.tracking.warehouse_order import NewParcel, News, Part, PartStatus, Progress, WarehouseOrder, examine

P = PartStatus


def _part(status: PartStatus, *numbers: str, quantity: int = 1, method: str = "UPS Ground") -> Part:
    return Part(status, status.value, method, quantity, numbers)


def _examine(
    *parts: Part,
    ordered: int | None = None,
    parcels: tuple[str, ...] = (),
    told: tuple[str, ...] = (),
) -> News:
    return examine(WarehouseOrder(OrderNumber("1001"), parts), ordered_pieces=ordered, known_parcels=parcels, told=told)


def test_r14_a_new_parcel_is_found_with_its_ship_method() -> None:
    found = _examine(_part(P.SHIPPED, "1Z1", method="USPS First Class"))
    assert found.new_parcels == (NewParcel("1Z1", "USPS First Class"),)
    assert found.progress is Progress.SHIPPED


def test_r14_a_known_parcel_is_not_posted_again() -> None:
    assert _examine(_part(P.SHIPPED, "1Z1", "1Z2"), parcels=("1Z1",)).new_parcels == (NewParcel("1Z2", "UPS Ground"),)
    assert _examine(_part(P.SHIPPED, "1Z1"), parcels=("1Z1",)).new_parcels == ()


def test_r14_a_parcel_reported_twice_is_one_parcel() -> None:
    found = _examine(_part(P.SHIPPED, "1Z1", "1Z1"), _part(P.SHIPPED, "1Z1"))
    assert [parcel.tracking_number for parcel in found.new_parcels] == ["1Z1"]


@pytest.mark.parametrize("status", [P.OPEN, P.HELD, P.BACKORDERED, P.DECLINED, P.CANCELLED])
def test_r14_a_label_printed_for_what_has_not_left_is_no_parcel_yet(status: PartStatus) -> None:
    assert _examine(_part(status, "1Z1")).new_parcels == ()


@pytest.mark.parametrize("waiting", [P.OPEN, P.HELD, P.BACKORDERED, P.BACKORDERED_WITH_OTHERS, P.DECLINED])
def test_r14_a_partial_shipment_posts_its_parcels_and_leaves_the_state(waiting: PartStatus) -> None:
    found = _examine(_part(P.SHIPPED, "1Z1"), _part(waiting))
    assert found.progress is Progress.PARTIALLY_SHIPPED
    assert len(found.new_parcels) == 1


def test_r14_an_order_is_shipped_when_all_its_parts_are() -> None:
    assert _examine(_part(P.SHIPPED, "1Z1"), _part(P.SHIPPED, "1Z2")).progress is Progress.SHIPPED


def test_r14_what_was_cancelled_is_not_waited_for() -> None:
    assert _examine(_part(P.SHIPPED, "1Z1"), _part(P.CANCELLED)).progress is Progress.SHIPPED


def test_r14_an_order_is_not_shipped_while_ordered_pieces_are_missing_from_the_report() -> None:
    found = _examine(_part(P.SHIPPED, "1Z1", quantity=2), ordered=3)
    assert (found.progress, found.missing) == (Progress.PARTIALLY_SHIPPED, 1)
    done = _examine(_part(P.SHIPPED, "1Z1", quantity=2), _part(P.SHIPPED, "1Z2"), ordered=3)
    assert (done.progress, done.missing) == (Progress.SHIPPED, 0)


def test_r14_a_report_that_counts_no_pieces_can_miss_none() -> None:
    assert _examine(_part(P.SHIPPED, "1Z1", quantity=0), ordered=3).progress is Progress.SHIPPED


def test_r14_an_adopted_order_is_judged_by_its_parts_alone() -> None:
    assert _examine(_part(P.SHIPPED, "1Z1"), ordered=None).progress is Progress.SHIPPED


@pytest.mark.parametrize("status", [P.OPEN, P.HELD, P.BACKORDERED, P.DECLINED])
def test_r14_nothing_is_shipped_while_nothing_has_left(status: PartStatus) -> None:
    assert _examine(_part(status)).progress is Progress.NOTHING_SHIPPED


def test_r14_a_report_without_parts_says_nothing() -> None:
    assert _examine() == News(Progress.NOTHING_SHIPPED)


def test_r17_an_order_is_cancelled_when_all_of_it_is() -> None:
    assert _examine(_part(P.CANCELLED), _part(P.CANCELLED)).progress is Progress.CANCELLED
    assert _examine(_part(P.CANCELLED), _part(P.OPEN)).progress is Progress.NOTHING_SHIPPED


@pytest.mark.parametrize("event", list(WarehouseEvent))
def test_r17_the_merchant_is_told_once(event: WarehouseEvent) -> None:
    part = _part(PartStatus(event.value))
    assert _examine(part, part).events == (event,)
    assert _examine(part, told=(event.value,)).events == ()


@pytest.mark.parametrize("status", [P.OPEN, P.HELD, P.SHIPPED])
def test_r17_the_ordinary_course_is_no_event(status: PartStatus) -> None:
    assert _examine(_part(status)).events == ()


def test_r17_each_kind_of_event_is_told() -> None:
    found = _examine(_part(P.BACKORDERED), _part(P.CANCELLED), _part(P.SHIPPED), told=("backordered",))
    assert found.events == (WarehouseEvent.CANCELLED,)


def test_r17_a_return_after_shipping_is_told_and_its_parcel_stays_posted() -> None:
    found = _examine(_part(P.RETURNED, "1Z1"), parcels=("1Z1",))
    assert (found.progress, found.events, found.new_parcels) == (Progress.SHIPPED, (WarehouseEvent.RETURNED,), ())


def test_r13_an_order_is_held_when_all_that_is_open_is_held() -> None:
    assert _examine(_part(P.HELD)).held
    assert _examine(_part(P.HELD), _part(P.CANCELLED)).held
    assert not _examine(_part(P.HELD), _part(P.OPEN)).held
    assert not _examine(_part(P.SHIPPED)).held
    assert not _examine().held


@pytest.mark.parametrize("statuses", list(itertools.combinations_with_replacement(P, 2)), ids=str)
def test_r14_the_shipped_state_needs_a_part_that_left_and_none_that_waits(statuses: tuple[PartStatus, ...]) -> None:
    found = _examine(*(_part(status) for status in statuses))
    left = set(statuses) & {P.SHIPPED, P.RETURNED}
    waits = set(statuses) - {P.SHIPPED, P.RETURNED, P.CANCELLED}
    assert (found.progress is Progress.SHIPPED) == (bool(left) and not waits)


def test_the_order_of_the_parts_does_not_matter() -> None:
    parts = (_part(P.SHIPPED, "1Z1"), _part(P.BACKORDERED), _part(P.CANCELLED))
    seen = {
        (found.progress, found.events, found.held)
        for found in (_examine(*order) for order in itertools.permutations(parts))
    }
    assert len(seen) == 1


def test_where_an_order_stands_is_said_in_the_warehouses_words() -> None:
    parts = (Part(P.SHIPPED, "Shipped"), Part(P.OPEN, "Pack Checked"), Part(P.SHIPPED, "Shipped"))
    assert WarehouseOrder(OrderNumber("1"), parts).status_text == "Shipped, Pack Checked"
    assert WarehouseOrder(OrderNumber("1"), ()).status_text == "unknown"
