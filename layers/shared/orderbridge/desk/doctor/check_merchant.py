"""`merchants check`: tries everything that a merchant depends on, and says for each finding what to do.

Reads only. However large the accounts are, there are at most `BILLBEE_CALLS`, `BIBI_CALLS` (and `BIBI_MORE_PAGES`, if
lists come in pages) and `ABILLIFY_CALLS`; a call with a passing error is repeated as everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from orderbridge.billing.bill_order import reference_of
from orderbridge.desk.doctor import webhook_registration as registration
from orderbridge.desk.doctor.check_codes import (
    check_pay_methods,
    check_product_status,
    check_rules,
    check_ship_methods,
    check_weights,
    read_ship_methods,
)
from orderbridge.desk.doctor.check_money import check_currencies, check_fees, check_offer_codes
from orderbridge.desk.doctor.check_paths import PROBES, probe_paths
from orderbridge.desk.doctor.check_products import PRODUCT_PAGES, check_products, check_single_product
from orderbridge.desk.doctor.check_shop_lists import check_carriers, check_stocks
from orderbridge.desk.doctor.findings import Finding, asked, failure, hint, ok, wrong
from orderbridge.desk.wording import count, listed
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.order_number import hidden_numbers
from orderbridge.orders.shipping_order import order_number
from orderbridge.orders.terms import MOST_CODE_PAGES
from orderbridge.platform.errors import MalformedAnswer, SettingsError, UpstreamError

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order import Order
    from orderbridge.merchants.settings import MerchantSettings

BILLBEE_CALLS: Final = 2 + 2 + 1 + PRODUCT_PAGES + 2
"""Calls to Billbee at most: orders, carriers and providers, stocks, products, webhooks."""
ABILLIFY_CALLS: Final = 1
"""Calls to Abillify at most, of merchants who bill there."""
BIBI_CALLS: Final = 8 + len(PROBES)
"""Calls to the warehouse at most: a token, a page of products and one of them alone, the ship methods, the pay methods,
the statuses of products, a page of orders (twice if it is empty), and the assumed paths that are used.
"""
BIBI_MORE_PAGES: Final = 3 * (MOST_CODE_PAGES - 1)
"""Calls at most in addition, if the warehouse's three lists of codes have several pages."""
LATELY: Final = timedelta(days=14)
_SKEW_ALLOWED: Final = timedelta(seconds=30)
_ORDERS_SEEN: Final = 1000


def check_merchant(
    workspace: Workspace,
    *,
    webhook_url: str | None,
    webhook_secret: SecretStr | None,
    others: Mapping[str, MerchantSettings],
) -> Iterator[Finding]:
    """Look at everything, and yield each finding at once. A vendor's refusal is a finding too.

    Args:
        webhook_url: where Billbee should ring for this merchant; None if not known.
        others: the settings of the other merchants of the deployment.
    """
    yield from _settings(workspace, others)
    orders, found = _billbee(workspace)
    yield from found
    lets_us_in, found = _warehouse(workspace)
    yield from found
    methods = None
    if lets_us_in:
        methods, found = read_ship_methods(workspace)
        yield from found
        if methods is not None:
            yield from check_ship_methods(workspace, orders or (), methods)
        yield from check_pay_methods(workspace, orders or ())
        yield from check_product_status(workspace)
        yield from asked("paths", lambda: _paths(workspace))
    if orders is not None:
        yield from _orders(workspace, orders)
        yield from check_fees(workspace, orders)
        yield from check_offer_codes(workspace, orders)
        yield from check_currencies(workspace, orders)
        yield from check_rules(workspace, orders)
        yield from check_weights(workspace, orders)
        if lets_us_in:
            yield from asked("order numbers", lambda: _numbers(workspace, orders))
        yield from check_carriers(workspace, orders, methods, lately=LATELY)
        yield from check_stocks(workspace)
        yield from asked("products", lambda: check_products(workspace))
        yield from asked("webhook", lambda: _webhook(workspace, webhook_url, webhook_secret))
    yield from asked("billing", lambda: check_billing(workspace))
    yield from _clocks(workspace)


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
    """The merchant's recent tagged orders; None if Billbee refuses the credentials."""
    since, tag = workspace.now() - LATELY, workspace.settings.billbee.order_tag
    try:
        page = workspace.hub.orders(page=1, tags=[tag], modified_since=since)
        found = [ok("Billbee", "the API is activated, key and password are accepted")]
        if page.orders:
            more = f" ({len(page.orders)} of them looked at)" if page.total_rows > len(page.orders) else ""
            found.append(
                ok("orders", f"{count(page.total_rows, 'order')} of {LATELY.days} days with the tag {tag}{more}")
            )
            return page.orders, found
        others = workspace.hub.orders(page=1, modified_since=since)
    except UpstreamError as error:
        return None, [failure("Billbee", error)]
    remedy = f"create a rule in Billbee that adds the tag {tag} to paid orders for this warehouse, or add it by hand"
    said = f"no order of {LATELY.days} days has the tag {tag}, of {count(others.total_rows, 'order')}"
    return (), [*found, hint("orders", said, remedy)]


def _warehouse(workspace: Workspace) -> tuple[bool, list[Finding]]:
    """Whether the warehouse accepts the credentials, and which of the merchant's products it knows."""
    try:
        page = workspace.warehouse.products(1)
    except UpstreamError as error:
        return isinstance(error, MalformedAnswer), [failure("warehouse", error)]
    found = [ok("warehouse", "the keys are accepted")]
    if not page.stocks:
        remedy = f"orderbridge jobs start sync-products --merchant {workspace.merchant}"
        found.append(hint("warehouse", "it knows no product of this merchant", remedy))
    else:
        found.append(
            ok("warehouse", f"it knows {'more than ' if page.more else ''}{count(len(page.stocks), 'product')}")
        )
        found.append(check_single_product(workspace, page.stocks[0].sku))
    return True, found


def _orders(workspace: Workspace, orders: tuple[Order, ...]) -> Iterator[Finding]:
    tags, states = workspace.tags, workspace.settings.billbee.import_states
    fresh = [order for order in orders if not order.has_tag(tags.received) and not order.archived]
    elsewhere = Counter(order.state for order in fresh if order.state not in states)
    if fresh and sum(elsewhere.values()) == len(fresh):
        found = ", ".join(f"{many} in state {number}" for number, many in sorted(elsewhere.items()))
        yield hint(
            "orders",
            f"no order that has yet to be imported is in state {' or '.join(map(str, states))}: {found}",
            "set them to that state (3 is paid), or set billbee.order_state to the one that fits",
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
    listed = [order.number for order in workspace.warehouse.orders_since(workspace.now() - LATELY).orders]
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
        yield ok(area, "the warehouse lists no recent orders of ours: nothing to compare")
    elif prefix and not found.written_prefix:
        what = f"bibi.order_prefix is {prefix}, and the warehouse writes our numbers without it, e.g. {found.written}"
        yield hint(area, what, "remove bibi.order_prefix from the settings")
    elif prefix:
        yield ok(area, f"the warehouse writes {found.written_prefix} before our numbers, as the settings say")
    else:
        yield ok(area, "the warehouse writes our numbers as we do")


def _paths(workspace: Workspace) -> Iterator[Finding]:
    """Whether the assumed paths answer, which BiBi's documents leave out."""
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


def _webhook(workspace: Workspace, url: str | None, secret: SecretStr | None) -> Iterator[Finding]:
    area, remedy = "webhook", f"orderbridge webhooks register --merchant {workspace.merchant}"
    if url is None:
        yield hint(area, "not looked at: the address of the doorbell is not known", "give it with --url")
        return
    if secret is not None and len(secret.get_secret_value()) not in registration.SECRET_LENGTHS:
        anew = f"orderbridge merchants set-secret webhook_secret --merchant {workspace.merchant}, then register again"
        yield wrong(area, "the webhook_secret does not have 32 to 64 characters", anew)
        return
    webhooks = workspace.hub.webhooks()
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


def check_billing(workspace: Workspace) -> Iterator[Finding]:
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
        billing.invoices.order("0")  # any answer shows that the credentials are accepted
        yield ok("billing", "Abillify accepts the credentials; no order was shipped lately that it could know")
        return
    reference = reference_of(workspace.settings.billing, order)
    if billing.invoices.order(reference) is not None:
        yield ok("billing", f"Abillify accepts the credentials and knows the latest shipped order as {reference}")
    else:
        remedy = "if it is billed: is billing.reference the number that Abillify has as its orderReference?"
        yield hint("billing", f"Abillify does not know the latest shipped order as {reference}", remedy)


def _clocks(workspace: Workspace) -> Iterator[Finding]:
    skews = {"Billbee": workspace.hub.clock_skew, "the warehouse": workspace.warehouse.clock_skew}
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
