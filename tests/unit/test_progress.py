"""R14, R16, R17: what is decided about a report of the warehouse: where the order goes, and what the shop is told."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.ledger.effects import EffectKind
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.record import OrderSummary
from orderbridge.ledger.tags import Tags
from orderbridge.ledger.told import WarehouseEvent
from orderbridge.tracking import progress
from orderbridge.tracking.problems import BY_REPORT
from orderbridge.tracking.progress import Step, is_news, next_step, wanted
from orderbridge.tracking.warehouse_order import Part, PartStatus, WarehouseOrder
from testkit.clock import ManualClock

P = PartStatus
NOW = ManualClock().now()


def _order(status: Status = Status.ACKNOWLEDGED, **more: Any) -> OrderSummary:
    return OrderSummary(
        merchant="acme",
        billbee_id=1,
        order_number=OrderNumber("1001"),
        shop_number="S1",
        status=status,
        created_at=NOW,
        moved_at=NOW,
        shelved_at=NOW,
        **{"pieces": {"MUG": 2}, **more},
    )


def _report(*parts: Part) -> WarehouseOrder:
    return WarehouseOrder(OrderNumber("1001"), parts)


def _part(status: PartStatus, *numbers: str, pieces: int = 2, untouched: bool = False) -> Part:
    return Part(status, status.value, "UPS Ground", pieces, numbers, ("MUG",), untouched, {}, (("MUG", pieces),))


def _step(order: OrderSummary, *parts: Part, parcels: frozenset[str] = frozenset()) -> Step:
    return next_step(order, _report(*parts), known_parcels=parcels, told=order.told)


def _said(step: Step, leaving: tuple[str, ...] = ()) -> list[str]:
    return [effect.key for effect in wanted(step, Tags("bibi"), "en", leaving)]


def test_r14_parcels_come_before_the_state_and_the_order_is_shipped_once_the_shop_knows() -> None:
    step = _step(_order(), _part(P.SHIPPED, "1Z1", pieces=1), _part(P.SHIPPED, "1Z2", pieces=1))
    assert (step.to, step.ships, step.moves) == (Status.SHIPPED, True, False)
    effects = wanted(step, Tags("bibi"), "en", ["MUG"])
    assert [(one.kind, one.key) for one in effects] == [
        (EffectKind.SHIPMENT, "parcel 1Z1"),
        (EffectKind.SHIPMENT, "parcel 1Z2"),
        (EffectKind.STATE, "state"),
    ]
    assert effects[-1].body == {"leaving": ["MUG"]}


def test_r14_a_partial_shipment_moves_the_order_and_leaves_the_state() -> None:
    step = _step(_order(), _part(P.SHIPPED, "1Z1", pieces=1), _part(P.OPEN, pieces=1))
    assert (step.to, step.moves, step.ends) == (Status.PARTIALLY_SHIPPED, True, False)
    assert _said(step) == ["parcel 1Z1"]


def test_r14_a_piece_that_no_part_shows_keeps_the_order_open_and_is_its_reason() -> None:
    step = _step(_order(pieces={"MUG": 3}), _part(P.SHIPPED, "1Z1"))
    assert step.to is Status.PARTIALLY_SHIPPED
    assert step.reason == "The warehouse's report does not account for 1 of the ordered pieces."


@pytest.mark.parametrize("event", list(WarehouseEvent))
def test_r17_each_event_is_one_message_with_its_tag_in_the_merchants_language(event: WarehouseEvent) -> None:
    step = _step(_order(), _part(PartStatus(event.value)))
    english, german = (wanted(step, Tags("bibi"), language, [])[:2] for language in ("en", "de"))
    assert [one.key for one in english] == [event.value, f"{event.value} tags"]
    assert english[0].text != german[0].text
    assert english[1].body["tags"][0].endswith("_by_bibi")
    assert event.value not in _said(_step(_order(told=frozenset({event.value})), _part(PartStatus(event.value))))


def test_r17_what_the_shop_knows_is_wanted_no_more() -> None:
    order = _order(Status.SHIPPED, warehouse_status="shipped")
    step = _step(order, _part(P.SHIPPED, "1Z1"), parcels=frozenset({"1Z1"}))
    assert (_said(step), step.moves, step.is_known) == ([], False, True)


@pytest.mark.parametrize(
    ("before", "part", "after"),
    [
        (Status.SUBMITTED, P.OPEN, Status.ACKNOWLEDGED),
        (Status.ACKNOWLEDGED, P.HELD, Status.HELD),
        (Status.HELD, P.OPEN, Status.ACKNOWLEDGED),
        (Status.ACKNOWLEDGED, P.CANCELLED, Status.CANCELLED),
        (Status.PARTIALLY_SHIPPED, P.HELD, Status.PARTIALLY_SHIPPED),
        (Status.CANCELLING, P.OPEN, Status.CANCELLING),
        (Status.SHIPPED, P.CANCELLED, Status.SHIPPED),
    ],
)
def test_r16_where_an_order_goes_depends_on_where_it_is(before: Status, part: PartStatus, after: Status) -> None:
    assert _step(_order(before), _part(part)).to is after


def test_an_unchanged_report_is_no_news_and_any_change_is() -> None:
    order = _order()
    assert not is_news(order, _report(_part(P.OPEN, untouched=True)))
    assert is_news(order, _report(_part(P.OPEN)))
    assert not is_news(_order(warehouse_status="open"), _report(_part(P.OPEN)))
    assert is_news(_order(warehouse_status="open"), _report(_part(P.HELD)))
    assert is_news(_order(warehouse_status="open", reason="x"), _report(_part(P.OPEN)))
    assert is_news(_order(unsaid=frozenset({"state"})), _report(_part(P.OPEN, untouched=True)))
    assert is_news(_order(adopted=True, pieces={}), _report(_part(P.OPEN, untouched=True)))


def test_r17_the_board_knows_every_reason_that_a_report_gives_in_both_languages() -> None:
    assert tuple(progress._PROBLEMS.values()) == BY_REPORT
