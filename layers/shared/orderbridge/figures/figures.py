"""What happened in some days, as numbers: counts, times, costs. Pure values, made from the daily counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from orderbridge.figures import counter_names as names
from orderbridge.figures.durations import Durations


@dataclass(frozen=True)
class MethodCost:
    """What the parcels of one ship method cost, in US dollars."""

    method: str
    parcels: int
    cost: Decimal

    @property
    def per_parcel(self) -> Decimal | None:
        return (self.cost / self.parcels).quantize(Decimal("0.01")) if self.parcels > 0 else None


@dataclass(frozen=True)
class Figures:
    """What happened in some days, to one merchant's orders or to those of several. They can be added."""

    counts: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Figures) -> Figures:
        both = Counter(self.counts)
        both.update(other.counts)
        return Figures(both)

    def __getitem__(self, name: str) -> int:
        """A counter, by its name in `orderbridge.figures.counter_names`; 0 if nothing was counted."""
        return self.counts.get(name, 0)

    @property
    def imported(self) -> int:
        return self[names.IMPORTED]

    @property
    def submitted(self) -> int:
        return self[names.SUBMITTED]

    @property
    def shipped(self) -> int:
        return self[names.SHIPPED]

    @property
    def cancelled(self) -> int:
        return self[names.CANCELLED]

    @property
    def rejected(self) -> int:
        return self[names.REJECTED]

    @property
    def held(self) -> int:
        return self[names.HELD]

    @property
    def parcels(self) -> int:
        return self[names.PARCELS]

    @property
    def returns(self) -> int:
        return self[names.RETURNS]

    @property
    def rejected_by_code(self) -> dict[str, int]:
        """How many orders were rejected for each reason, the most frequent first. One order may have several."""
        return dict(sorted(names.named(self.counts, names.REJECTED), key=lambda one: (-one[1], one[0])))

    @property
    def to_submitted(self) -> Durations:
        """From the payment until the warehouse had the order."""
        return self._durations(names.TO_SUBMITTED)

    @property
    def to_shipped(self) -> Durations:
        """From the payment until the last parcel left."""
        return self._durations(names.TO_SHIPPED)

    @property
    def on_time(self) -> int:
        return self[names.ON_TIME]

    @property
    def late(self) -> int:
        return self[names.LATE]

    @property
    def share_on_time(self) -> float | None:
        """Of the shipped orders that had a promise, between 0 and 1; None if there were none (R42)."""
        promised = self.on_time + self.late
        return self.on_time / promised if promised else None

    @property
    def cost(self) -> Decimal:
        """Of all parcels, in US dollars."""
        return self[names.COST] * names.UNIT_OF_COST

    @property
    def costed_orders(self) -> int:
        """Orders of which a cost is known."""
        return self[names.COSTED]

    @property
    def cost_per_order(self) -> Decimal | None:
        """In US dollars, over the orders of which a cost is known."""
        return (self.cost / self.costed_orders).quantize(Decimal("0.01")) if self.costed_orders > 0 else None

    @property
    def by_method(self) -> list[MethodCost]:
        """Costs by ship method, the dearest in all first."""
        parcels = dict(names.named(self.counts, names.COSTED_PARCELS))
        found = [
            MethodCost(method, parcels.get(method, 0), amount * names.UNIT_OF_COST)
            for method, amount in names.named(self.counts, names.COST)
        ]
        return sorted(found, key=lambda one: (-one.cost, one.method))

    def _durations(self, what: str) -> Durations:
        found = dict(names.named(self.counts, what))
        seconds = found.pop(names.SECONDS, 0)
        return Durations({int(bound): count for bound, count in found.items()}, seconds)
