"""What a move of an order counts as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from orderbridge.figures.counter_names import (
    ADOPTED,
    CANCELLED,
    COST,
    COSTED,
    COSTED_PARCELS,
    HELD,
    IMPORTED,
    LATE,
    ON_TIME,
    PARCELS,
    REJECTED,
    RETURNS,
    SECONDS,
    SHIPPED,
    SUBMITTED,
    TO_SHIPPED,
    TO_SUBMITTED,
    UNIT_OF_COST,
)
from orderbridge.figures.durations import bucket
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.moves import OrderMoved
from orderbridge.ledger.parcel_cost import ParcelCost
from orderbridge.ledger.problem import codes_in
from orderbridge.ledger.record import Event, LedgerOrder
from orderbridge.ledger.told import RETURN

_BY_STATUS: Final[Mapping[str, str]] = {
    Status.SUBMITTED: SUBMITTED,
    Status.SHIPPED: SHIPPED,
    Status.CANCELLED: CANCELLED,
    Status.REJECTED: REJECTED,
    Status.HELD: HELD,
}
_LONGEST_METHOD: Final = 60


def counts_of(move: OrderMoved) -> dict[date, Counter[str]]:
    """What a move adds to the counters, by UTC day; less than nothing where a cost is taken back."""
    found: dict[date, Counter[str]] = {}
    for step in move.steps:
        found.setdefault(_day(step.at), Counter()).update(_counts_of(step, move.after))
    today = found.setdefault(_day(move.at), Counter())
    if move.before is not None:
        today[PARCELS] += len(move.new_parcels)
        today[RETURNS] += sum(key.startswith(RETURN) for key in move.after.told - move.before.told)
        _add_costs(today, move.before, move.after)
    counted = {day: Counter({name: count for name, count in one.items() if count}) for day, one in found.items()}
    return {day: one for day, one in counted.items() if one}


def _counts_of(step: Event, order: LedgerOrder) -> Counter[str]:
    if step.before == "":
        return Counter([IMPORTED if step.after == Status.QUEUED else ADOPTED])
    name = _BY_STATUS.get(step.after)
    found = Counter([name] if name is not None else [])
    if name == REJECTED:
        found.update(f"{REJECTED} {code}" for code in codes_in(step.why))
    elif name == SUBMITTED:
        found.update(_took(TO_SUBMITTED, order, step.at))
    elif name == SHIPPED:
        left_at = _left_at(order, step.at)
        found.update(_took(TO_SHIPPED, order, left_at))
        if order.promised_by is not None:
            found[ON_TIME if left_at <= order.promised_by else LATE] += 1
    return found


def _took(what: str, order: LedgerOrder, until: datetime) -> Counter[str]:
    """How long after its payment, or after it was ordered if that is all that is known. Of adopted orders it is not
    known when it happened.
    """
    since = order.paid_at or order.placed_at
    if since is None or order.adopted:
        return Counter()
    took = max(until - since, timedelta(0))
    return Counter({f"{what} {SECONDS}": round(took.total_seconds()), f"{what} {bucket(took)}": 1})


def _left_at(order: LedgerOrder, told_at: datetime) -> datetime:
    """When the last parcel left, as the warehouse says; else when it told us."""
    known = [cost.shipped_at for cost in order.costs.values() if cost.shipped_at and not cost.returned]
    return max((moment for moment in known if moment <= told_at), default=told_at)


def _add_costs(found: Counter[str], before: LedgerOrder, after: LedgerOrder) -> None:
    for factor, kept, compared in ((1, after.costs, before.costs), (-1, before.costs, after.costs)):
        for number, cost in kept.items():
            if number not in compared:
                amount = factor * int(cost.cost / UNIT_OF_COST)
                found.update({COST: amount, f"{COST} {_method(cost)}": amount})
                found[f"{COSTED_PARCELS} {_method(cost)}"] += factor
    found[COSTED] += bool(after.costs) - bool(before.costs)


def _method(cost: ParcelCost) -> str:
    method = cost.ship_method[:_LONGEST_METHOD] or "unknown"
    return f"{method}, returned" if cost.returned else method


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
