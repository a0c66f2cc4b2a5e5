"""Whether an order's parcels weigh what its goods do (R46).

The shop has the weight of each product in grams, the warehouse's reports that of each parcel in pounds. Parcels that
weigh far more or far less may hold something else than was ordered. Packaging weighs too, and a scale may round up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.parcel_cost import GRAMS_PER_POUND
from orderbridge.tracking.warehouse_order import PartStatus

if TYPE_CHECKING:
    from collections.abc import Collection

    from orderbridge.merchants.settings import WeightSettings
    from orderbridge.tracking.warehouse_order import WarehouseOrder

_LEFT: Final = frozenset({PartStatus.SHIPPED, PartStatus.RETURNED})


@dataclass(frozen=True)
class Weighed:
    """An order of which all has left, and all weights are known.

    Attributes:
        goods: grams of the goods, without packaging.
        pounds: of all parcels together, as the warehouse reports them.
        parcels: how many there are.
    """

    goods: Decimal
    pounds: Decimal
    parcels: int

    @property
    def grams(self) -> Decimal:
        """Of all parcels together."""
        return self.pounds * GRAMS_PER_POUND

    def is_suspect(self, settings: WeightSettings) -> bool:
        """Whether the difference is more than the settings allow."""
        tolerance = max(self.goods * settings.tolerance_percent / 100, Decimal(settings.tolerance_grams))
        packaging = settings.packaging_grams * self.parcels
        return not self.goods - tolerance <= self.grams <= self.goods + tolerance + packaging

    def __str__(self) -> str:
        parcels = "the parcel weighs" if self.parcels == 1 else f"the {self.parcels} parcels weigh"
        return f"{parcels} {in_words(self.grams)} ({self.pounds.normalize():f} lb), the goods {in_words(self.goods)}"


def weighed(goods: Decimal | None, reported: WarehouseOrder, voided: Collection[str]) -> Weighed | None:
    """An order's weights; None while one of them is not known, or if a part of the order does not ship.

    Args:
        goods: the weight of its goods in grams, as far as known.
        voided: the tracking numbers that no parcel has.
    """
    if goods is None or not reported.parts or not all(part.status in _LEFT for part in reported.parts):
        return None
    pounds: dict[str, Decimal] = {}
    for part in reported.parts:
        numbers = [number for number in part.tracking_numbers if number not in voided]
        if not numbers or any(number not in part.pounds for number in numbers):
            return None
        pounds |= {number: part.pounds[number] for number in numbers}
    return Weighed(goods, sum(pounds.values(), Decimal(0)), len(pounds))


def in_words(grams: Decimal) -> str:
    """For example ``"85 g"`` or ``"1.24 kg"``."""
    return f"{grams:.0f} g" if grams < 1000 else f"{grams / 1000:.2f} kg"
