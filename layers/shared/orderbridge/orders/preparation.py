"""Turn an order into what the warehouse is sent, or into the reasons why that is impossible (R2-R6, R40).

Looks up what the order does not hold: the components of bundles at Billbee, the ship methods of the warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from orderbridge.ledger.money_only import with_fees
from orderbridge.ledger.order import LineKind, Order, OrderLine
from orderbridge.ledger.sku import Sku
from orderbridge.orders import problems as order_problems
from orderbridge.orders.deciding_rule import deciding_rule, facts_of
from orderbridge.orders.linked_products import goods_of_bundle, with_products
from orderbridge.orders.shipping_order import ShippingOrder, build, find_problems, shop_shipping_names
from orderbridge.orders.terms import code_for, default_ship_method
from orderbridge.platform.errors import NotFound, Refused
from orderbridge.products.kits import kit_contents, same_contents

if TYPE_CHECKING:
    from orderbridge.ledger.conversion import Conversion
    from orderbridge.ledger.pricing import Component
    from orderbridge.ledger.problem import Problem
    from orderbridge.merchants.rules import Rule
    from orderbridge.orders.addresses import PostalAddress
    from orderbridge.orders.ports import Workspace
    from orderbridge.orders.shipping_order import ImportRules


def prepare(workspace: Workspace, order: Order, kept: Conversion | None = None) -> ShippingOrder | list[Problem]:
    """What to send for this order, or everything that is wrong with it.

    Args:
        kept: how an order that the warehouse has was converted (R36).

    Raises:
        UpstreamError: a look-up failed; nothing is decided about the order.
    """
    rules = _keeping(workspace.rules, order, kept)
    order = _as_sold(workspace, order)
    components = _components(workspace, order)
    sound = _without_rules(workspace, order, components, rules)
    if not isinstance(sound, ShippingOrder):
        return sound
    rule = _rule(order, components, sound, workspace.settings.rules)
    if rule is not None and rule.then.reject is not None:
        return [order_problems.rejected_by_rule(rule.name, rule.then.reject)]
    if rule is not None and rule.then.comment is not None:
        room = max(0, rules.texts.longest_comment - len(rule.then.comment) - 1)
        if found := find_problems(order, components, replace(rules, texts=replace(rules.texts, longest_comment=room))):
            return found  # the personalisation and the rule's comment do not fit together
    return _kit_problems(workspace, order, components) or _shaped(workspace, order, sound, rule)


def try_rules(
    workspace: Workspace, order: Order, *choices: Sequence[Rule], kept: Conversion | None = None
) -> list[tuple[Rule | None, ShippingOrder]] | None:
    """Which rule of each choice would apply to this order, and what would be sent by it; kits are not looked at. None
    if the order cannot be sent whatever the rules say.

    Args:
        kept: as in `prepare`.

    Raises:
        UpstreamError: a look-up failed.
    """
    order = _as_sold(workspace, order)
    components = _components(workspace, order)
    sound = _without_rules(workspace, order, components, _keeping(workspace.rules, order, kept))
    if not isinstance(sound, ShippingOrder):
        return None
    applied = [_rule(order, components, sound, rules) for rules in choices]
    return [(rule, _shaped(workspace, order, sound, rule)) for rule in applied]


def _keeping(rules: ImportRules, order: Order, kept: Conversion | None) -> ImportRules:
    return replace(rules, currencies=rules.currencies.keeping(order, kept))


def _as_sold(workspace: Workspace, order: Order) -> Order:
    """The order with what the merchant's products and settings say of its lines."""
    return with_fees(with_products(workspace, order), workspace.rules.money_only)


def _without_rules(
    workspace: Workspace, order: Order, components: Mapping[int, Sequence[Component]], rules: ImportRules
) -> ShippingOrder | list[Problem]:
    """What would be sent without the merchant's rules, but for the ship method, whose look-up a rule may spare."""
    if found := find_problems(order, components, rules):
        return found
    today = workspace.warehouse.date_of(workspace.now())
    return build(order, components, rules, ship_method="", today=today)


def _rule(
    order: Order, components: Mapping[int, Sequence[Component]], shipping: ShippingOrder, rules: Sequence[Rule]
) -> Rule | None:
    if not rules:
        return None
    to = shipping.ship_to
    return deciding_rule(rules, facts_of(order, components, (to.country, to.destination)))


def _shaped(workspace: Workspace, order: Order, shipping: ShippingOrder, rule: Rule | None) -> ShippingOrder:
    """The order with its ship method, and as the rule has it."""
    method = rule.then.ship_method if rule is not None else None
    shipping = replace(shipping, ship_method=method or _ship_method(workspace, order, shipping.ship_to))
    if rule is None:
        return shipping
    then = rule.then
    return replace(
        shipping,
        rule=rule.name,
        remarks=(*shipping.remarks, f"the rule {rule.name!r} applies"),
        offer_code=then.offer_code or shipping.offer_code,
        hold=then.hold,
        rush=then.rush or shipping.rush,
        comment="\n".join(text for text in (shipping.comment, then.comment) if text),
    )


def _components(workspace: Workspace, order: Order) -> dict[int, tuple[Component, ...]]:
    """The components of each bundle line, by its index."""
    found = {}
    for index, line in enumerate(order.lines):
        if line.is_bundle and line.kind is LineKind.GOODS and (line.product_id is not None or line.sku):
            key = (line.product_id, line.sku)
            found[index] = workspace.bundles.look_up(key, partial(_fetch_components, workspace, line))
            if not found[index]:
                workspace.bundles.pop(key, None)  # the merchant is told, and may complete it at once
    return found


def _kit_problems(workspace: Workspace, order: Order, components: Mapping[int, Sequence[Component]]) -> list[Problem]:
    """Why a bundle cannot be sent as a kit (R26): the warehouse would pack the contents that it was told last, and
    those must be what the merchant sells now. A rehearsal sends no kits to the warehouse, so none is missing.
    """
    if workspace.rehearsing or not workspace.rules.bundles_are_kits or not components:
        return []
    known = workspace.kits.get_many(order.lines[index].sku for index in components)
    found = []
    for index, parts in components.items():
        line = order.lines[index]
        sku = line.sku
        kit = known.get(Sku(sku))
        if kit is not None and kit.confirmed and same_contents(kit.contents, kit_contents(parts)):
            continue
        workspace.bundles.pop((line.product_id, sku), None)  # one is out of date: ask Billbee again the next time
        if kit is not None and kit.problem:
            found.append(order_problems.kit_not_there(sku, kit.problem, kit.german or kit.problem))
        else:
            found.append(order_problems.kit_awaited(sku))
    return list(dict.fromkeys(found))


def _fetch_components(workspace: Workspace, line: OrderLine) -> tuple[Component, ...]:
    try:
        return goods_of_bundle(workspace, line.product_id, line.sku)
    except (NotFound, Refused):
        return ()


def _ship_method(workspace: Workspace, order: Order, address: PostalAddress) -> str:
    """R4: the merchant's map, then a ship method of the same name, then the merchant's default for the country."""
    bibi, names = workspace.settings.bibi, shop_shipping_names(order)
    method = code_for(names, bibi.ship_methods)
    if method is None and names:
        known = workspace.ship_methods.look_up("", workspace.warehouse.ship_methods)
        method = code_for(names, known)
    return method or default_ship_method(address, bibi)
