"""Part of `merchants check`: compares Billbee's lists (carriers, shipping providers, stocks) with the settings and the
warehouse's ship methods (R15, R18). One call a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderbridge.desk.doctor.check_codes import ShipMethods, ship_methods_in_use
from orderbridge.desk.doctor.findings import Finding, Grade, hint, not_compared, ok, wrong
from orderbridge.desk.doctor.what_to_set import SHOWN, entry, fold, nearest, proposal, setting
from orderbridge.desk.wording import listed
from orderbridge.ledger.lifecycle import Status
from orderbridge.orders.shipping_order import shop_shipping_names
from orderbridge.platform.errors import UpstreamError
from orderbridge.stock.figures import default_stock
from orderbridge.tracking.carriers import carrier_from_name, carrier_from_providers, carrier_from_settings

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order import Order
    from orderbridge.stock.figures import ShopStock
    from orderbridge.tracking.carriers import ShippingProvider

_PARCELS_SEEN: Final = 200


def check_carriers(
    workspace: Workspace, orders: Sequence[Order], methods: ShipMethods | None, *, lately: timedelta
) -> Iterator[Finding]:
    """The numbers in `carriers`, ship methods without a known carrier, and the shop's shipping products.

    Args:
        methods: the warehouse's; None if its list could not be read.
        lately: which parcels are looked at.
    """
    carriers, providers = None, None
    try:
        carriers = workspace.hub.carriers()
    except UpstreamError as error:
        yield not_compared("carriers", "Billbee's list of carriers", error, severity=Grade.HINT)
    try:
        providers = workspace.hub.shipping_providers()
    except UpstreamError as error:
        yield not_compared("carriers", "the shop's shipping providers", error, severity=Grade.HINT)
    if carriers is not None:
        yield from _numbers(workspace, {number: name for name, number in carriers.items()})
    if methods is not None:
        yield from _names(workspace, methods)
    if carriers is not None and providers is not None:
        used = _shipped_by(workspace, lately)
        if methods is not None:
            used |= ship_methods_in_use(workspace, orders, methods)
        yield from _nameless(workspace, used, carriers, providers, complete=methods is not None)
    if providers is not None and methods is not None:
        yield from _providers(workspace, orders, providers, methods)


def check_stocks(workspace: Workspace) -> Iterator[Finding]:
    """The stock of the account that figures are for."""
    wanted, area = workspace.settings.billbee.stock_id, "stock"
    if not workspace.settings.stock.enabled:
        yield ok(area, "is switched off in the settings")
        return
    try:
        stocks = workspace.hub.stocks()
    except UpstreamError as error:
        yield not_compared(area, f"billbee.stock_id {wanted}", error, severity=Grade.HINT)
        return
    names = {str(stock.id): stock.name for stock in stocks}
    if not stocks and wanted:
        what = f"billbee.stock_id {wanted} could not be compared: Billbee lists no stock"
        yield wrong(area, what, f"unless the account has several stocks, set {setting('billbee', 'stock_id', value=0)}")
    elif not stocks:
        what = "billbee.stock_id 0 could not be compared: Billbee lists no stock, so figures name none"
        yield hint(area, what, "nothing to set, unless the account has several stocks")
    elif wanted and str(wanted) not in names:
        what = f"billbee.stock_id is {wanted}, and Billbee has no such stock"
        yield wrong(area, what, proposal("billbee", "stock_id", near=(str(wanted),), names=names, number=True))
    elif wanted:
        yield ok(area, f"goes to {entry(str(wanted), names[str(wanted)])}, as billbee.stock_id says")
    elif len(names) > 1:
        yield _several(stocks, names)
    else:
        yield ok(area, f"goes to {next(iter(names.values())) or 'the only stock'}, the only one of the account")


def _several(stocks: Sequence[ShopStock], names: dict[str, str]) -> Finding:
    """What `stock_id` 0 means if the account has several stocks."""
    default, area = default_stock(stocks), "stock"
    if default is None:
        marked = sorted({stock.id for stock in stocks if stock.is_default})
        told = f"says of {listed([str(one) for one in marked])}" if marked else "does not say of any"
        what = f"billbee.stock_id is 0, and Billbee has several stocks and {told} that it is the default one"
        return wrong(area, what, proposal("billbee", "stock_id", near=(), names=names, number=True))
    used = entry(str(default), names[str(default)])
    what = f"billbee.stock_id is 0, and Billbee has several stocks; the default one is used: {used}"
    others = {number: name for number, name in names.items() if number != str(default)}
    remedy = proposal("billbee", "stock_id", near=(), names=others, number=True)
    return hint(area, what, f"if another one is meant, {remedy}")


def _numbers(workspace: Workspace, names: dict[int, str]) -> Iterator[Finding]:
    """Numbers in `carriers` that Billbee's list does not have."""
    known = {str(number): name for number, name in names.items()}
    strange = {method: number for method, number in workspace.settings.carriers.items() if number not in names}
    for method, number in strange.items():
        meant = carrier_from_name(method, {name: number for number, name in names.items()})
        near = (known[str(meant.carrier_id)],) if meant is not None else ()
        what = f"carriers.{method} is {number}, and Billbee has no carrier of that number"
        yield wrong("carriers", what, proposal("carriers", method, near=near, names=known, number=True))
    if workspace.settings.carriers and not strange:
        yield ok("carriers", "Billbee has every number of the settings")


def _names(workspace: Workspace, methods: ShipMethods) -> Iterator[Finding]:
    """Names in `carriers` that no ship method of the account has, so no parcel has them."""
    known = {fold(name) for name in methods.codes}
    for name, number in workspace.settings.carriers.items():
        if fold(name) not in known:
            ranked, is_sure = nearest((name,), {one: one for one in methods.codes})
            remedy = f"set {setting('carriers', ranked[0] if is_sure else '…', value=number)} instead"
            if not is_sure:
                remedy += f", with the name of one of {listed(ranked, SHOWN)}"
            yield hint("carriers", f"carriers has {name}, and the account has no ship method of that name", remedy)


def _shipped_by(workspace: Workspace, lately: timedelta) -> set[str]:
    """The ship methods of recent parcels, as the warehouse wrote them."""
    shipped = workspace.ledger.ended_orders(workspace.merchant, Status.SHIPPED, since=workspace.now() - lately)
    recent = [order.billbee_id for order in islice(shipped, _PARCELS_SEEN)]
    records = workspace.ledger.get_many(workspace.merchant, recent).values()
    return {parcel.ship_method for record in records for parcel in record.parcels.values() if parcel.ship_method}


def _nameless(
    workspace: Workspace,
    used: set[str],
    carriers: dict[str, int],
    providers: tuple[ShippingProvider, ...],
    *,
    complete: bool,
) -> Iterator[Finding]:
    nameless = [
        method
        for method in sorted(used)
        if carrier_from_settings(method, workspace.settings.carriers) is None
        and carrier_from_providers(method, providers) is None
        and carrier_from_name(method, carriers) is None
    ]
    names = {str(number): name for name, number in carriers.items()}
    for method in nameless:
        remedy = proposal("carriers", method, near=(), names=names, number=True)
        yield hint("carriers", f"parcels by {method} are posted without a carrier", remedy)
    if not nameless and complete:
        yield ok("carriers", "every ship method in use has a carrier in Billbee")


def _providers(
    workspace: Workspace, orders: Sequence[Order], providers: tuple[ShippingProvider, ...], methods: ShipMethods
) -> Iterator[Finding]:
    """Shipping products of the shop whose orders are shipped by a default. Those of recent orders were reported
    already.
    """
    mapped = workspace.settings.bibi.ship_methods
    told = {name for order in orders for name in shop_shipping_names(order)}
    products = {
        product.names[0] or product.names[-1]: product.names for provider in providers for product in provider.products
    }
    codes = {name: methods.of(tuple(filter(None, names)), mapped) for name, names in products.items() if name}
    unmatched = [name for name, code in codes.items() if code is None and told.isdisjoint(products[name])]
    if not products:
        what = "the shop's shipping products could not be compared: Billbee lists none"
        yield hint("shipping", what, "nothing to set: orders without a shipping product are shipped by a default")
    elif unmatched:
        what = f"the shop's shipping products that match no ship method of the account: {listed(unmatched)}"
        first = proposal("bibi", "ship_methods", unmatched[0], near=(unmatched[0],), names=methods.names)
        yield hint(
            "shipping", what, f"orders for them are shipped by a default; for each that comes here, e.g. {first}"
        )
    elif all(code in methods.names for code in codes.values()):
        yield ok("shipping", "every shipping product of the shop has a ship method of the account")
