"""Bundles that the warehouse has as products of their own, with a bill of materials (R26)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from orderbridge.ledger.sku import SKU_LIMIT, Sku, by_sku
from orderbridge.products import problems as product_problems

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Problem


class _Component(Protocol):
    @property
    def sku(self) -> str: ...

    @property
    def amount(self) -> Decimal: ...


@dataclass(frozen=True)
class KitComponent:
    """A product of a bundle, and how many pieces of it one bundle holds. Either of ``product_id`` and ``sku`` may be
    missing.
    """

    product_id: int | None
    sku: str
    amount: Decimal


def kit_contents(components: Iterable[_Component]) -> dict[str, int]:
    """Whole pieces by SKU; quantities of a product that is listed twice are added up."""
    contents = Counter[str]()
    for component in components:
        contents[component.sku] += int(component.amount)
    return dict(contents)


def same_contents(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    """Whether two kits hold the same; SKUs compare without regard to case.

    >>> same_contents({"MUG": 1}, {"mug": 1})
    True
    """
    return by_sku(one) == by_sku(other)


def find_kit_problems(sku: str, product_id: int, components: Iterable[KitComponent]) -> list[Problem]:
    """Why a bundle cannot be a kit, as far as that is known without the other products."""
    components = tuple(components)
    if not components:
        return [product_problems.empty_bundle(sku)]
    found = []
    for component in components:
        is_itself = component.product_id == product_id or Sku(component.sku) == Sku(sku)
        if is_itself:
            found.append(product_problems.kit_in_kit(sku, sku))
        elif component.amount <= 0 or component.amount != component.amount.to_integral_value():
            found.append(product_problems.bad_component(sku, component.sku))
        elif len(component.sku) > SKU_LIMIT:
            found.append(product_problems.long_sku(component.sku, SKU_LIMIT))
    return list(dict.fromkeys(found))
