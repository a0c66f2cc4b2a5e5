"""Part of `merchants check`: compares the warehouse account's lists (ship methods, pay methods, statuses of products)
with the settings that name their entries (R4). One call a list, if it has one page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.desk.doctor.findings import Finding, hint, not_compared, ok, wrong
from orderbridge.desk.doctor.what_to_set import SHOWN, entry, fold, nearest, proposal, setting
from orderbridge.desk.wording import NAMED, count, listed
from orderbridge.orders.addresses import check_address, postal_address
from orderbridge.orders.deciding_rule import has_unknown_weight
from orderbridge.orders.shipping_order import shop_shipping_names
from orderbridge.orders.terms import code_for, default_ship_method, pay_method
from orderbridge.platform.errors import UpstreamError

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order import Order

Keys = tuple[str, ...]
"""The path of a setting: ``("bibi", "ship_methods", "DHL Paket")``."""


@dataclass(frozen=True)
class ShipMethods:
    """The account's ship methods as listed: codes with their names, both possibly more than once."""

    entries: tuple[tuple[str, str], ...]

    @property
    def names(self) -> dict[str, str]:
        """By code."""
        return dict(self.entries)

    @property
    def codes(self) -> dict[str, str]:
        """By name; if a name occurs twice, its last code, as for an order."""
        return {name: code for code, name in self.entries}

    def of(self, shop_names: tuple[str, ...], mapped: Mapping[str, str]) -> str | None:
        """The code for the shop's names; None if an order is shipped by a default."""
        return code_for(shop_names, mapped) or code_for(shop_names, self.codes)


def read_ship_methods(workspace: Workspace) -> tuple[ShipMethods | None, list[Finding]]:
    """The list, or None and why it cannot be compared."""
    try:
        return ShipMethods(tuple(workspace.warehouse.list_ship_methods())), []
    except UpstreamError as error:
        return None, [not_compared("shipping", "the account's ship methods", error)]


def check_ship_methods(workspace: Workspace, orders: Sequence[Order], methods: ShipMethods) -> Iterator[Finding]:
    """Whether the account has the ship methods of the settings, and which recent orders are shipped by a default."""
    differences = [
        *_unknown("shipping", "ship method", _configured(workspace), methods.names),
        *_unknown_in_rules(workspace, methods.names),
    ]
    yield from differences
    if not differences:
        yield ok("shipping", f"the account has every ship method of the settings, and {len(methods.names)} in all")
    yield from _ambiguous(workspace, methods)
    yield from _by_default(workspace, orders, methods)


def ship_methods_in_use(workspace: Workspace, orders: Iterable[Order], methods: ShipMethods) -> set[str]:
    """The names of those that the settings name, or by which a recent order is shipped."""
    mapped, names = workspace.settings.bibi.ship_methods, methods.names
    ruled = (rule.then.ship_method for rule in workspace.settings.rules if rule.then.ship_method is not None)
    codes = {
        *_configured(workspace).values(),
        *ruled,
        *(methods.of(shop_shipping_names(order), mapped) for order in orders),
    }
    return {names[code] for code in codes if code in names}


def check_pay_methods(workspace: Workspace, orders: Sequence[Order]) -> Iterator[Finding]:
    """Whether the account has the pay methods of the settings, and for which orders there is none (OB-123, OB-124)."""
    bibi, area = workspace.settings.bibi, "payment"
    try:
        known = workspace.warehouse.pay_methods()
    except UpstreamError as error:
        yield not_compared(area, "the account's pay methods", error)
        return
    configured: dict[Keys, str] = {
        ("bibi", "pay_method"): bibi.pay_method,
        **{("bibi", "pay_methods", str(number)): code for number, code in bibi.pay_methods.items()},
    }
    differences = list(_unknown(area, "pay method", configured, known))
    yield from differences
    if not differences:
        yield ok(area, "the account has every pay method of the settings")
    unfit = Counter(
        order.payment_type
        for order in orders
        if not order.archived and pay_method(order, bibi.pay_method, bibi.pay_methods) is None
    )
    if untyped := unfit.pop(None, 0):
        remedy = "set the payment type in Billbee, or the date of payment"
        yield hint(area, f"not paid, without a payment type, and rejected: {count(untyped, 'order')}", remedy)
    others = {code: name for code, name in known.items() if code != bibi.pay_method} or known
    for number, many in unfit.most_common():
        what = f"payment type {number} is not paid, and rejected unless that changes ({count(many, 'order')})"
        remedy = proposal("bibi", "pay_methods", str(number), near=(), names=others)
        yield hint(area, what, f"if they are to be shipped, {remedy}")


def check_product_status(workspace: Workspace) -> Iterator[Finding]:
    """Whether the account has the status that products are created with."""
    if not workspace.settings.products.enabled:
        return
    status, area = workspace.settings.products.status, "products"
    try:
        known = workspace.warehouse.product_statuses()
    except UpstreamError as error:
        yield not_compared(area, "the account's statuses of products", error)
        return
    yield from _unknown(area, "status of products", {("products", "status"): status}, known)
    if status in known:
        yield ok(area, f"are created with the status {status}, which the account has")


def _configured(workspace: Workspace) -> dict[Keys, str]:
    bibi = workspace.settings.bibi
    return {
        ("bibi", "default_ship_method"): bibi.default_ship_method,
        ("bibi", "international_ship_method"): bibi.international_ship_method,
        **{("bibi", "ship_methods", name): code for name, code in bibi.ship_methods.items()},
        **{("bibi", "ship_methods_by_country", name): code for name, code in bibi.ship_methods_by_country.items()},
    }


def _unknown(area: str, kind: str, configured: Mapping[Keys, str], names: Mapping[str, str]) -> Iterator[Finding]:
    """Codes that the list does not have in this spelling: whether case matters to the warehouse is not documented."""
    for keys, code in configured.items():
        if code not in names:
            near = (code, keys[-1]) if len(keys) > 2 else (code,)
            what = f"{'.'.join(keys)} is {code}, and the account has no such {kind}"
            yield wrong(area, what, proposal(*keys, near=near, names=names))


def _unknown_in_rules(workspace: Workspace, names: Mapping[str, str]) -> Iterator[Finding]:
    """Likewise, of the rules (R40)."""
    for rule in workspace.settings.rules:
        code = rule.then.ship_method
        if code is not None and code not in names:
            ranked, _ = nearest([code], names)
            what = f"the rule {rule.name!r} ships by {code}, and the account has no such ship method"
            labels = [entry(one, names[one]) for one in ranked]
            yield wrong("rules", what, f"set its ship_method to one of {listed(labels, SHOWN)}")


def check_rules(workspace: Workspace, orders: Sequence[Order]) -> Iterator[Finding]:
    """Whether recent orders have what the rules ask for (R40): a shop, a currency, weights. `rules try` says what rules
    do.
    """
    rules, area = workspace.settings.rules, "rules"
    shops = {name.casefold(): name for order in orders for name in order.shop}
    currencies = sorted({order.currency.upper() for order in orders if order.currency})
    unweighed = sum(has_unknown_weight(order) for order in orders)
    for rule in rules:
        value = rule.when.value
        if value is not None and currencies and value.currency not in currencies:
            what = (
                f"the rule {rule.name!r} asks for a value in {value.currency}, and no recent order is in that currency"
            )
            yield hint(area, what, f"unless that is meant, name one of {listed(currencies)}")
        if rule.when.weight_grams is not None and unweighed:
            what = (
                f"the rule {rule.name!r} asks for the weight, which is not known of {count(unweighed, 'recent order')}"
            )
            yield hint(area, what, "set the weights of the products in Billbee: such an order does not meet the rule")
    for rule in rules if shops else ():
        if missing := [name for name in rule.when.shop or () if name.casefold() not in shops]:
            what = f"the rule {rule.name!r} asks for the shop {listed(missing)}, and no recent order is from there"
            yield hint(
                area, what, f"unless it has not sold anything lately, name one of {listed(list(shops.values()))}"
            )
    if rules:
        try_them = f"orderbridge rules try --merchant {workspace.merchant} shows what they change"
        yield ok(area, f"there {'is' if len(rules) == 1 else 'are'} {count(len(rules), 'rule')}; {try_them}")


def check_weights(workspace: Workspace, orders: Sequence[Order]) -> Iterator[Finding]:
    """Whether recent orders can be compared with their parcels (R46)."""
    area = "weights"
    if not workspace.settings.weights.enabled or not orders:
        return
    if unweighed := sum(has_unknown_weight(order) for order in orders):
        what = f"a product's weight is not known of {count(unweighed, 'recent order')} of {len(orders)}"
        yield hint(area, what, "set the weights of the products in Billbee: such an order is not compared")
    else:
        yield ok(area, "the weights of all products of recent orders are known")


def _ambiguous(workspace: Workspace, methods: ShipMethods) -> Iterator[Finding]:
    """Names with several codes, and by which code such an order is shipped, unless the settings say."""
    codes_by_name: dict[str, dict[str, None]] = {}
    spelt: dict[str, str] = {}
    for code, name in methods.entries:
        folded = fold(name)
        codes_by_name.setdefault(folded, {})[code] = None
        spelt.setdefault(folded, name)
    for folded, codes in codes_by_name.items():
        name, mapped = spelt[folded], workspace.settings.bibi.ship_methods
        used = methods.of((name,), {})
        if len(codes) > 1 and code_for((name,), mapped) is None:
            other = next(code for code in codes if code != used)
            what = f"{name} is the name of the ship methods {listed(list(codes))}; orders for it are shipped by {used}"
            remedy = f"if another one is meant, set {setting('bibi', 'ship_methods', name, value=other)}"
            yield hint("shipping", what, remedy)


def _by_default(workspace: Workspace, orders: Sequence[Order], methods: ShipMethods) -> Iterator[Finding]:
    bibi, names, rules = workspace.settings.bibi, methods.names, workspace.rules.addresses
    found: Counter[tuple[str, str]] = Counter()
    for order in orders:
        shop_names = shop_shipping_names(order)
        # An order without a valid address is rejected and has no ship method.
        if not shop_names or methods.of(shop_names, bibi.ship_methods) is not None:
            continue
        if order.shipping is not None and not check_address(order.shipping, rules):
            default = default_ship_method(postal_address(order.shipping, rules), bibi)
            found[shop_names[0], default] += 1
    for (name, code), many in found.most_common(NAMED):
        default = entry(code, names.get(code, ""))
        remedy = proposal("bibi", "ship_methods", name, near=(name,), names=names)
        what = f"orders for {name} are shipped by the default {default} ({count(many, 'order')})"
        yield hint("shipping", what, f"unless that is meant, {remedy}")
    if rest := found.most_common()[NAMED:]:
        what = f"orders for {listed([name for (name, _), _ in rest])} are shipped by a default as well"
        yield hint("shipping", what, "unless that is meant, name their ship methods in bibi.ship_methods")
