"""The doctor: tries everything a merchant's work depends on, and says for each finding what to do.

Reads only. Bounded by `BILLBEE_CALLS` and `BIBI_CALLS`, whatever the size of the accounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from orderbridge.clients.bibi.codes import ship_methods
from orderbridge.domain.carriers import carrier_from_name, carrier_from_providers, carrier_from_settings
from orderbridge.domain.lifecycle import Status
from orderbridge.domain.order_number import hidden_numbers
from orderbridge.domain.products import Product, find_product_problems
from orderbridge.domain.ship_methods import ship_method_by_name, ship_method_from_settings
from orderbridge.domain.shipping_order import SKU_LIMIT, order_number, shop_shipping_names
from orderbridge.domain.sku import Sku
from orderbridge.errors import AuthenticationError, RetryableError, SettingsError, Throttled, UpstreamError
from orderbridge.services import webhook_registration as registration
from orderbridge.services.bill_order import reference_of
from orderbridge.services.check_codes import check_pay_methods, check_product_status
from orderbridge.services.check_paths import PROBES, probe_paths
from orderbridge.services.findings import Finding, count, hint, listed, ok, wrong

if TYPE_CHECKING:
    from orderbridge.domain.order import Order
    from orderbridge.services.workspace import Workspace
    from orderbridge.settings import MerchantSettings

PRODUCT_PAGES: Final = 4
"""Pages of products that are read, 250 each."""
BILLBEE_CALLS: Final = 2 + 2 + 1 + PRODUCT_PAGES + 2
"""Calls to Billbee at most: orders, shipping, stocks, products, webhooks."""
ABILLIFY_CALLS: Final = 1
"""Calls to Abillify at most, of merchants who bill there."""
BIBI_CALLS: Final = 8 + len(PROBES)
"""Calls to the warehouse at most: a token, the ship methods, a page of products and one of them by itself, the pay
methods, the statuses of products, a page of orders (twice where it says nothing), and the assumed paths that are used.
"""
LATELY: Final = timedelta(days=14)
_SKEW_ALLOWED: Final = timedelta(seconds=30)
_PARCELS_SEEN: Final = 200
_ORDERS_SEEN: Final = 1000


def check_merchant(
    workspace: Workspace,
    *,
    webhook_url: str | None,
    webhook_secret: SecretStr | None,
    others: Mapping[str, MerchantSettings],
) -> Iterator[Finding]:
    """Look at everything, and tell each finding as soon as it is known. What a vendor refuses is a finding as well.

    Args:
        webhook_url: where Billbee has to ring for this merchant; None where that is not known.
        others: the settings of the other merchants of the deployment.
    """
    yield from _settings(workspace, others)
    orders, found = _billbee(workspace)
    yield from found
    methods, found = _warehouse(workspace)
    yield from found
    if methods is not None:
        yield from _asked("payment", lambda: check_pay_methods(workspace, orders or ()))
        yield from _asked("products", lambda: check_product_status(workspace))
        yield from _asked("paths", lambda: _paths(workspace))
    if orders is not None:
        yield from _orders(workspace, orders)
        if methods is not None:
            yield from _asked("order numbers", lambda: _numbers(workspace, orders))
            yield from _asked("shipping", lambda: _shipping(workspace, orders, methods))
        yield from _asked("stock", lambda: _stock(workspace))
        yield from _asked("products", lambda: _products(workspace))
        yield from _asked("webhook", lambda: _webhook(workspace, webhook_url, webhook_secret))
    yield from _asked("billing", lambda: _billing(workspace))
    yield from _clocks(workspace)


def failure(area: str, error: UpstreamError) -> Finding:
    """What a call that failed means for whoever has to mend it."""
    if isinstance(error, AuthenticationError):
        remedy = (
            "activate the API in the Billbee account, then set billbee.username and the secret billbee_password anew; "
            "the application's key is billbee/api_key"
            if error.operation.startswith("billbee")
            else "set the secrets abillify_username and abillify_password anew; the credential may be limited to IP "
            "addresses"
            if error.operation.startswith("abillify")
            else "set the secrets bibi_public_key and bibi_secret_key anew"
        )
        return wrong(area, f"the credentials are refused: {error}", remedy)
    if isinstance(error, Throttled):
        return hint(area, str(error), f"try again in {error.retry_after:.0f} s")
    if isinstance(error, RetryableError):
        return wrong(area, str(error), "try again in a few minutes; if it stays, the service is down or out of reach")
    return wrong(area, str(error), "what the vendor says here is the reason: mend it there")


def _asked(area: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except UpstreamError as error:
        yield failure(area, error)


def _settings(workspace: Workspace, others: Mapping[str, MerchantSettings]) -> Iterator[Finding]:
    settings, area = workspace.settings, "settings"
    if settings.mode == "live":
        yield ok(area, "they are complete; the mode is live")
    elif settings.mode == "test":
        remedy = f"once the rehearsed orders look right: orderbridge merchants resume {workspace.merchant} --mode live"
        yield hint(area, "the mode is test: nothing is kept at the warehouse or written to Billbee", remedy)
    else:
        remedy = f"orderbridge merchants resume {workspace.merchant}"
        yield hint(area, "the mode is paused: nothing is done for this merchant", remedy)
    for name, other in others.items():
        same_user = other.billbee.username.casefold() == settings.billbee.username.casefold()
        if same_user and other.billbee.order_tag.casefold() == settings.billbee.order_tag.casefold():
            yield wrong(
                area,
                f"the merchant {name} has the same Billbee user and the same order tag: orders are sent twice",
                "give one of them another billbee.order_tag",
            )


def _billbee(workspace: Workspace) -> tuple[tuple[Order, ...] | None, list[Finding]]:
    """The merchant's tagged orders of late, and whether Billbee lets us in; None where it does not."""
    since, tag = workspace.now() - LATELY, workspace.settings.billbee.order_tag
    try:
        page = workspace.billbee.orders(page=1, tags=[tag], modified_since=since)
        found = [ok("Billbee", "the API is activated, key and password are taken")]
        if page.orders:
            more = f" ({len(page.orders)} of them looked at)" if page.total_rows > len(page.orders) else ""
            found.append(
                ok("orders", f"{count(page.total_rows, 'order')} of {LATELY.days} days with the tag {tag}{more}")
            )
            return page.orders, found
        others = workspace.billbee.orders(page=1, modified_since=since)
    except UpstreamError as error:
        return None, [failure("Billbee", error)]
    remedy = f"make a rule in Billbee that gives the tag {tag} to paid orders for this warehouse, or add it by hand"
    said = f"no order of {LATELY.days} days has the tag {tag}, of {count(others.total_rows, 'order')}"
    return (), [*found, hint("orders", said, remedy)]


def _warehouse(workspace: Workspace) -> tuple[dict[str, str] | None, list[Finding]]:
    """The warehouse's ship methods, and whether it lets us in; None where it does not."""
    try:
        methods = ship_methods(workspace.bibi)
        page = workspace.bibi.products(1)
    except UpstreamError as error:
        return None, [failure("warehouse", error)]
    found = [ok("warehouse", f"the keys are taken; it has {len(methods)} ship methods")]
    if not page.stocks:
        remedy = f"orderbridge jobs start sync-products --merchant {workspace.merchant}"
        found.append(hint("warehouse", "it knows no product of this merchant", remedy))
    else:
        found.append(
            ok("warehouse", f"it knows {'more than ' if page.more else ''}{count(len(page.stocks), 'product')}")
        )
        found.append(_single_product(workspace, page.stocks[0].sku))
    return methods, found


def _single_product(workspace: Workspace, sku: str) -> Finding:
    """Whether the warehouse finds a product by its number, or wants its own id for that."""
    try:
        one = workspace.bibi.product(sku)
    except UpstreamError as error:
        return failure("warehouse", error)
    if one is not None:
        return ok("warehouse", "a single product is found by its product number")
    what = f"it does not find the product {sku} of its list by its number: listProduct may want third_party_id_no"
    remedy = "nothing to set: where an order has left, the stock of its products follows with the next run, not at once"
    return hint("warehouse", what, remedy)


def _orders(workspace: Workspace, orders: tuple[Order, ...]) -> Iterator[Finding]:
    tags, state = workspace.tags, workspace.settings.billbee.order_state
    fresh = [order for order in orders if not order.has_tag(tags.received) and not order.archived]
    elsewhere = Counter(order.state for order in fresh if order.state != state)
    if fresh and sum(elsewhere.values()) == len(fresh):
        states = ", ".join(f"{many} in state {number}" for number, many in sorted(elsewhere.items()))
        yield hint(
            "orders",
            f"no order that has yet to be imported is in state {state}: {states}",
            "bring them to that state (3 is paid), or set billbee.order_state to the one that fits",
        )
    both = [str(order.id) for order in orders if order.has_tag(tags.received) and order.has_tag(tags.rejected)]
    if both:
        remedy = f"remove {tags.rejected} from those that the warehouse has: orderbridge order show NUMBER says which"
        yield hint("orders", f"received and rejected at once: {listed(both)}", remedy)
    rejected = [str(order.id) for order in fresh if order.has_tag(tags.rejected)]
    if rejected:
        yield hint(
            "orders",
            f"rejected, and waiting for the merchant: {listed(rejected)}",
            f"orderbridge orders --status rejected --merchant {workspace.merchant} has the reasons",
        )


def _numbers(workspace: Workspace, orders: tuple[Order, ...]) -> Iterator[Finding]:
    """Whether the warehouse puts a prefix before our numbers, and whether it is the one in the settings (R28)."""
    area, prefix = "order numbers", workspace.settings.bibi.order_prefix
    listed = [order.number for order in workspace.bibi.orders_since(workspace.now() - LATELY).orders]
    known = (record.number for record in workspace.ledger.open_orders(workspace.merchant, at_most=_ORDERS_SEEN))
    ours = {*(order_number(order, workspace.rules) for order in orders), *known}
    found = next((number for number in listed if number in ours), None)
    hidden = hidden_numbers(ours, listed)
    if hidden:
        written, example = next(iter(hidden.values()))
        set_to = f"bibi.order_prefix is {prefix}" if prefix else "bibi.order_prefix is not set"
        what = f"the warehouse writes {written} before our numbers, e.g. {example}, and {set_to}"
        yield wrong(area, what, f'set "bibi": {{"order_prefix": "{written}"}}')
    elif found is None:
        yield ok(area, "the warehouse lists none of our orders of late: nothing to compare")
    elif prefix and not found.written_prefix:
        what = f"bibi.order_prefix is {prefix}, and the warehouse writes our numbers without it, e.g. {found.written}"
        yield hint(area, what, "remove bibi.order_prefix from the settings")
    elif prefix:
        yield ok(area, f"the warehouse writes {found.written_prefix} before our numbers, as the settings say")
    else:
        yield ok(area, "the warehouse writes our numbers as we do")


def _shipping(workspace: Workspace, orders: tuple[Order, ...], methods: Mapping[str, str]) -> Iterator[Finding]:
    bibi, area = workspace.settings.bibi, "shipping"
    names_by_code = {code.casefold(): name for name, code in methods.items()}
    configured = {
        "bibi.default_ship_method": bibi.default_ship_method,
        "bibi.international_ship_method": bibi.international_ship_method,
        **{f"bibi.ship_methods.{name}": code for name, code in bibi.ship_methods.items()},
    }
    unknown = [f"{key} {code}" for key, code in configured.items() if code.casefold() not in names_by_code]
    if unknown:
        yield wrong(area, f"ship methods the warehouse does not have: {listed(unknown)}", _known_methods(methods))
    else:
        yield ok(area, "the warehouse has every ship method of the settings")
    by_default: Counter[str] = Counter()
    used = {names_by_code[code.casefold()] for code in configured.values() if code.casefold() in names_by_code}
    for order in orders:
        names = shop_shipping_names(order)
        code = ship_method_from_settings(names, bibi.ship_methods) or ship_method_by_name(names, methods)
        if names and code is None:
            by_default[names[0]] += 1
        elif code is not None and code.casefold() in names_by_code:
            used.add(names_by_code[code.casefold()])
    if by_default:
        told = [f"{name} ({count(many, 'order')})" for name, many in by_default.most_common()]
        remedy = "map the shop's name to a ship method in bibi.ship_methods, unless the default is meant"
        yield hint(area, f"travel by the default ship method: {listed(told)}", remedy)
    yield from _carriers(workspace, used, methods)


def _carriers(workspace: Workspace, used: set[str], methods: Mapping[str, str]) -> Iterator[Finding]:
    area, mapped = "carriers", workspace.settings.carriers
    try:
        providers, carriers = workspace.billbee.shipping_providers(), workspace.billbee.carriers()
    except UpstreamError as error:
        remedy = "check again later: until then parcels are posted with the carriers of the settings, or without one"
        yield hint(area, f"Billbee's lists of carriers and providers cannot be read: {error}", remedy)
        return
    shipped = workspace.ledger.ended_orders(workspace.merchant, Status.SHIPPED, since=workspace.now() - LATELY)
    recent = [order.billbee_id for order in islice(shipped, _PARCELS_SEEN)]
    for record in workspace.ledger.get_many(workspace.merchant, recent).values():
        used |= {parcel.ship_method for parcel in record.parcels.values() if parcel.ship_method}
    nameless = [
        method
        for method in sorted(used)
        if carrier_from_settings(method, mapped) is None
        and carrier_from_providers(method, providers) is None
        and carrier_from_name(method, carriers) is None
    ]
    if nameless:
        remedy = "give each a number of Billbee's carriers in the settings, e.g. " + _example(nameless[0], carriers)
        yield hint(area, f"parcels are posted without a carrier by: {listed(nameless)}", remedy)
    else:
        yield ok(area, "every ship method in use has a carrier in Billbee")
    if strange := [name for name, number in mapped.items() if number not in carriers.values()]:
        remedy = f"Billbee has {', '.join(f'{number} {name}' for name, number in carriers.items())}"
        yield wrong(area, f"carriers with a number that Billbee does not have: {listed(strange)}", remedy)
    folded = {" ".join(name.casefold().split()) for name in methods}
    if misspelt := [name for name in mapped if " ".join(name.casefold().split()) not in folded]:
        yield hint(area, f"carriers for ship methods the warehouse does not have: {listed(misspelt)}", "")


def _paths(workspace: Workspace) -> Iterator[Finding]:
    """BiBi's documents leave paths out: whether those that were assumed answer."""
    answering = []
    for probed in probe_paths(workspace):
        if probed.known:
            answering.append(probed.name)
        elif probed.known is None:
            yield hint("paths", f"{probed.name} was not asked: {probed.said}", "check again once an order has shipped")
        else:
            what = f"path not known: {probed.name} does not answer at {probed.path}: {probed.said}"
            remedy = f'ask BiBi for the path, and set it: "bibi": {{"paths": {{"{probed.name}": "…"}}}}'
            yield hint("paths", what, remedy) if probed.optional else wrong("paths", what, remedy)
    if answering:
        yield ok("paths", f"these assumed paths of the warehouse answer: {', '.join(answering)}")


def _stock(workspace: Workspace) -> Iterator[Finding]:
    wanted = workspace.settings.billbee.stock_id
    if not workspace.settings.stock.enabled:
        yield ok("stock", "is switched off in the settings")
        return
    stocks = workspace.billbee.stocks()
    names = {stock.id: stock.name for stock in stocks}
    known = ", ".join(f"{number} {name}" for number, name in names.items()) or "none"
    defaults = [stock for stock in stocks if stock.is_default]
    if wanted and wanted not in names:
        yield wrong("stock", f"Billbee has no stock {wanted}", f"set billbee.stock_id to one of: {known}")
    elif not wanted and len(stocks) > 1 and len(defaults) != 1:
        what = f"Billbee has several stocks, and says of {len(defaults)} that they are the default one"
        yield wrong("stock", what, f"set billbee.stock_id to one of: {known}")
    elif not wanted and len(stocks) > 1:
        kept = f"the default one is kept: {defaults[0].id} {defaults[0].name}"
        yield hint("stock", f"Billbee has several stocks, and {kept}", f"billbee.stock_id: {known}")
    else:
        yield ok("stock", f"goes to {names.get(wanted, 'the default stock')}")


def _products(workspace: Workspace) -> Iterator[Finding]:
    products: list[Product] = []
    bundles: list[Product] = []
    for number in range(1, PRODUCT_PAGES + 1):
        page = workspace.billbee.products(number)
        products += [one for one in page.products if one.is_sent and not one.is_deactivated]
        bundles += [one for one in page.products if one.is_kit and not one.is_deactivated]
        if number >= page.total_pages:
            break
    else:
        said = f"only the first {PRODUCT_PAGES} of {page.total_pages} pages were looked at"
        yield hint("products", said, "the log of sync_products names every product that it cannot send")
    flawed = False
    for told, names in (
        ("without a SKU", [one.ean or f"product {one.id}" for one in products if not one.sku]),
        ("without an EAN", [one.sku for one in products if one.sku and not one.ean]),
        (f"with a SKU of more than {SKU_LIMIT} characters", [p.sku for p in products if len(p.sku) > SKU_LIMIT]),
        ("with the SKU of another one", _repeated(one.sku for one in products)),
        ("with the EAN of another one", _repeated(one.ean for one in products)),
    ):
        if names:
            flawed = True
            remedy = "mend them in Billbee; until then the warehouse is not told about them"
            yield hint("products", f"{len(names)} {told}: {listed(names)}", remedy)
    if workspace.rules.bundles_are_kits:
        yield from _kits(workspace, bundles)
    if not flawed:
        yield ok("products", f"{count(len(products), 'product')} looked at: each has its own SKU and EAN")


def _kits(workspace: Workspace, bundles: list[Product]) -> Iterator[Finding]:
    """Which bundles can be no kits, or are none yet."""
    known = workspace.kits.get_many(one.sku for one in bundles if one.sku)
    refused = [one.sku or f"product {one.id}" for one in bundles if find_product_problems(one)]
    refused += [kit.sku for kit in known.values() if kit.problem and kit.sku not in refused]
    missing = [one.sku for one in bundles if one.sku and Sku(one.sku) not in known and one.sku not in refused]
    remedy = f"orderbridge jobs start sync-products --merchant {workspace.merchant}"
    if refused:
        what = f"{len(refused)} of {count(len(bundles), 'bundle')} cannot be kits: {listed(refused)}"
        yield hint("kits", what, "mend their bills of material: orderbridge sku show SKU says what is wrong")
    if missing:
        yield hint("kits", f"{len(missing)} are not at the warehouse yet: {listed(missing)}", remedy)
    if not refused and not missing:
        yield ok("kits", f"{count(len(bundles), 'bundle')} at the warehouse as kits")


def _webhook(workspace: Workspace, url: str | None, secret: SecretStr | None) -> Iterator[Finding]:
    area, remedy = "webhook", f"orderbridge webhooks register --merchant {workspace.merchant}"
    if url is None:
        yield hint(area, "not looked at: the address of the doorbell is not known", "say it with --url")
        return
    if secret is not None and len(secret.get_secret_value()) not in registration.SECRET_LENGTHS:
        anew = f"orderbridge merchants set-secret webhook_secret --merchant {workspace.merchant}, then register anew"
        yield wrong(area, "the webhook_secret does not have 32 to 64 characters", anew)
        return
    webhooks = workspace.billbee.webhooks()
    ours, other = registration.own(webhooks, url), registration.elsewhere(webhooks, url)
    if secret is None and ours:
        yield wrong(area, "it is registered, but there is no webhook_secret: every ring is refused", remedy)
    elif not ours:
        yield hint(area, "not registered: orders are found within minutes, not within seconds", remedy)
    elif secret is not None and (found := registration.find_flaws(workspace, ours[0], secret)):
        yield wrong(area, f"registered, but {' and '.join(found)}", remedy)
    else:
        yield ok(
            area, "it is registered, not paused, and rings for created and updated orders (what Billbee offers of both)"
        )
    if len(ours) > 1:
        yield hint(area, f"it is registered {len(ours)} times", remedy)
    if other:
        remedy = "if that deployment is gone, remove them in Billbee: they are not ours to remove"
        yield hint(area, f"{len(other)} more for this merchant at another address", remedy)


def _billing(workspace: Workspace) -> Iterator[Finding]:
    if not workspace.settings.billing.enabled:
        return
    try:
        billing = workspace.billing
    except SettingsError as error:
        remedy = "deploy with AbillifyBaseUrl=https://…, the address of the merchant's Abillify"
        yield wrong("billing", f"{error.key} {error.reason}: nothing is compared", remedy)
        return
    if billing is None:
        said = "billing.enabled is set, and abillify_username or abillify_password is missing: nothing is compared"
        yield wrong(
            "billing", said, f"orderbridge merchants set-secret abillify_username --merchant {workspace.merchant}"
        )
        return
    shipped = workspace.ledger.ended_orders(workspace.merchant, Status.SHIPPED, since=workspace.now() - LATELY)
    order = next(iter(shipped), None)
    if order is None:
        billing.abillify.order("0")  # it is of no account what comes back, if only it is an answer
        yield ok("billing", "Abillify takes the credentials; no order was shipped lately that it could know")
        return
    reference = reference_of(workspace.settings.billing, order)
    if billing.abillify.order(reference) is not None:
        yield ok("billing", f"Abillify takes the credentials and knows the latest shipped order as {reference}")
    else:
        remedy = "if it is billed: is billing.reference the number that Abillify has as its orderReference?"
        yield hint("billing", f"Abillify does not know the latest shipped order as {reference}", remedy)


def _clocks(workspace: Workspace) -> Iterator[Finding]:
    skews = {"Billbee": workspace.billbee.clock_skew, "the warehouse": workspace.bibi.clock_skew}
    told = {name: skew for name, skew in skews.items() if skew is not None}
    off = [f"{name} is {_seconds(skew)}" for name, skew in told.items() if abs(skew) > _SKEW_ALLOWED]
    if off:
        remedy = "set this machine's clock; if it is right, theirs is wrong, and cursors read that much further back"
        yield hint("clock", f"the clocks differ: {', '.join(off)}", remedy)
    elif told:
        yield ok("clock", f"agrees with {' and '.join(told)}")


def _seconds(skew: timedelta) -> str:
    seconds = skew.total_seconds()
    return f"{abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}"


def _example(method: str, carriers: Mapping[str, int]) -> str:
    known = [(name, number) for name, number in carriers.items() if number]
    name, number = next((one for one in known if one[0] == "UPS"), known[0] if known else ("UPS", 5))
    return f'"carriers": {{"{method}": {number}}} if it is {name}'


def _known_methods(methods: Mapping[str, str]) -> str:
    return "it has " + listed([f"{code} {name}" for name, code in methods.items()], 8)


def _repeated(values: Iterable[str]) -> list[str]:
    counts = Counter(value.casefold() for value in values if value)
    return sorted(value for value, count in counts.items() if count > 1)
