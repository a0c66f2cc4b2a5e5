"""Part of `merchants check`: the positions of recent orders that are charged and not shipped, and the rates for their
currencies (R34, R36).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.desk.doctor.findings import Finding, hint, ok, wrong
from orderbridge.desk.doctor.what_to_set import fold
from orderbridge.desk.wording import count, listed
from orderbridge.ledger.conversion import DOLLARS, currency_of
from orderbridge.ledger.money_only import is_money_only

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order import Order

RATE_AGES: Final = timedelta(days=365)
"""A rate that is older is reported."""


def check_fees(workspace: Workspace, orders: Sequence[Order]) -> Iterator[Finding]:
    """The lines that each pattern of ``money_only`` describes, so that no product becomes a fee unnoticed."""
    area, unused = "fees", []
    for pattern in workspace.settings.money_only:
        described = [line for order in orders for line in order.lines if is_money_only(line, [pattern])]
        if described:
            names = listed(sorted({line.sku or line.title for line in described}))
            yield ok(area, f"{pattern!r} keeps {count(len(described), 'line')} from being shipped: {names}")
        else:
            unused.append(repr(pattern))
    if unused and orders:
        said = f"no recent order has a SKU or title that money_only describes by {listed(unused)}"
        yield hint(area, said, "compare it with the positions in Billbee; * stands for any characters")


def check_offer_codes(workspace: Workspace, orders: Sequence[Order]) -> Iterator[Finding]:
    """Names in ``bibi.sources`` that belong to no shop of the recent orders, such as misspelled ones."""
    shops = {fold(name) for order in orders for name in order.shop}
    unknown = [name for name in workspace.settings.bibi.sources if fold(name) not in shops]
    if unknown and orders:
        named = listed(sorted({" / ".join(order.shop) for order in orders if order.shop}))
        said = f"no recent order is of a shop that bibi.sources calls {listed(unknown)}; the orders' shops are {named}"
        yield hint("offer codes", said, "name each shop by its id, its name or its platform in Billbee")


def check_currencies(workspace: Workspace, orders: Sequence[Order]) -> Iterator[Finding]:
    """Which orders are sent with figures in another currency, or cannot be sent without a rate."""
    area, rules, today = "currency", workspace.rules.currencies, workspace.now().date()
    counts = Counter(currency_of(order) for order in orders if order.currency)
    if rules.warehouse is None:
        said = "currency.warehouse is not set: figures are sent as they are"
        others = [f"{currency} ({count(many, 'order')})" for currency, many in counts.items() if currency != DOLLARS]
        remedy = 'set "currency": {"warehouse": "…", "rates": {…}}, unless the warehouse is to have them so'
        yield hint(area, f"{said}, also in {listed(others)}", remedy) if others else ok(area, said)
        return
    found = []
    for code, rate in rules.rates.items():
        setting = f"currency.rates.{code}"
        if rate.since > today:
            found.append(hint(area, f"{setting} is in force from {rate.since}: orders are rejected until then", _ANEW))
        elif today - rate.since > RATE_AGES:
            found.append(hint(area, f"{setting} is of {rate.since}, which is more than a year ago", _ANEW))
    without = [code for code in counts if code != rules.warehouse and code not in rules.rates]
    if without:
        remedy = f'set "currency": {{"rates": {{"{without[0]}": {{"rate": …, "since": "{today}"}}}}}}'
        what = f"recent orders are in currencies without a rate, and orders in these are rejected: {listed(without)}"
        found.append(wrong(area, what, remedy))
    yield from found or [
        ok(area, f"the warehouse counts in {rules.warehouse}, and every recent order can be converted")
    ]


_ANEW: Final = "set today's rate, with today as its date"
