"""Which of the merchant's rules applies to an order: the first one that it meets (R40)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from orderbridge.ledger.order import LineKind
from orderbridge.ledger.pricing import totals
from orderbridge.ledger.sku import Sku
from orderbridge.orders.addresses import country_of
from orderbridge.platform.patterns import matches

if TYPE_CHECKING:
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.pricing import Component
    from orderbridge.merchants.rules import Conditions, Rule


@dataclass(frozen=True)
class Facts:
    """What rules may ask of an order. Names are folded.

    Attributes:
        countries: the delivery address's, as the warehouse is told it and as the shop has it; a territory of the United
            States counts also where it is written as a state.
        skus: of the goods, bundles and their components.
        grams: the weight of all goods; None if one of them has none in the shop.
        value: with shipping and tax.
        quantity: the pieces that were ordered; a bundle is one.
    """

    shops: frozenset[str]
    countries: frozenset[str]
    skus: frozenset[Sku]
    tags: frozenset[str]
    grams: Decimal | None
    value: Decimal
    currency: str
    quantity: Decimal


def facts_of(order: Order, components: Mapping[int, Sequence[Component]], countries: Collection[str]) -> Facts:
    """The facts of an order that can be sent.

    Args:
        components: of each bundle line, by its index.
        countries: of the delivery address, as the warehouse is told it; of a territory of the United States, both.
    """
    goods = [(index, line) for index, line in enumerate(order.lines) if line.kind is LineKind.GOODS]
    of_shop = country_of(order.shipping) if order.shipping is not None else ""
    return Facts(
        shops=frozenset(name.casefold() for name in order.shop),
        countries=frozenset({*countries, of_shop} - {""}),
        skus=frozenset(
            [Sku(line.sku) for _, line in goods if line.sku]
            + [Sku(one.sku) for index, _ in goods for one in components.get(index, ())]
        ),
        tags=frozenset(tag.casefold() for tag in order.tags),
        grams=order.goods_grams,
        value=totals(order).paid,
        currency=order.currency.upper(),
        quantity=sum((line.quantity for _, line in goods), Decimal(0)),
    )


def has_unknown_weight(order: Order) -> bool:
    """Whether one of its goods has no weight in the shop."""
    return order.goods_grams is None


def deciding_rule(rules: Sequence[Rule], facts: Facts) -> Rule | None:
    """The first rule that is for such an order."""
    return next((rule for rule in rules if meets(facts, rule.when)), None)


def meets(facts: Facts, when: Conditions) -> bool:
    """Whether an order meets all conditions. A weight that is not known meets none."""
    if when.shop is not None and facts.shops.isdisjoint(map(str.casefold, when.shop)):
        return False
    if when.country is not None and facts.countries.isdisjoint(when.country):
        return False
    if when.sku is not None and not any(matches(pattern, sku.text) for pattern in when.sku for sku in facts.skus):
        return False
    if when.tag is not None and facts.tags.isdisjoint(map(str.casefold, when.tag)):
        return False
    if when.weight_grams is not None and (facts.grams is None or not when.weight_grams.holds(facts.grams)):
        return False
    if when.value is not None and not (when.value.currency == facts.currency and when.value.holds(facts.value)):
        return False
    return when.quantity is None or when.quantity.holds(facts.quantity)
