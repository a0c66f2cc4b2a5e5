"""Part of the doctor: the codes in the settings that each account at the warehouse has its own list of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from orderbridge.clients.bibi.codes import pay_methods, product_statuses
from orderbridge.domain.payments import pay_method
from orderbridge.services.findings import Finding, count, hint, listed, ok, wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderbridge.domain.order import Order
    from orderbridge.services.workspace import Workspace

_SHOWN = 12


def check_pay_methods(workspace: Workspace, orders: Sequence[Order]) -> Iterator[Finding]:
    """Whether the account has the pay methods of the settings, and which orders none of them fits (OB-123, OB-124)."""
    bibi, area = workspace.settings.bibi, "payment"
    known = pay_methods(workspace.bibi)
    configured = {
        "bibi.pay_method": bibi.pay_method,
        **{f"bibi.pay_methods.{number}": code for number, code in bibi.pay_methods.items()},
    }
    if unknown := [f"{key} {code}" for key, code in configured.items() if code not in known]:
        yield wrong(area, f"pay methods the account does not have: {listed(unknown)}", _has(known))
    else:
        yield ok(area, "the account has every pay method of the settings")
    unfit = Counter(
        "no payment type" if order.payment_type is None else f"payment type {order.payment_type}"
        for order in orders
        if not order.archived and pay_method(order, bibi.pay_method, bibi.pay_methods) is None
    )
    if unfit:
        told = [f"{kind} ({count(number, 'order')})" for kind, number in unfit.most_common()]
        remedy = f"if they are to be shipped, say in bibi.pay_methods what the warehouse is told; {_has(known)}"
        yield hint(area, f"not paid, and rejected unless that changes: {listed(told)}", remedy)


def check_product_status(workspace: Workspace) -> Iterator[Finding]:
    """Whether the account has the status that products are created with."""
    if not workspace.settings.products.enabled:
        return
    status, known = workspace.settings.products.status, product_statuses(workspace.bibi)
    if status in known:
        yield ok("products", f"are created with the status {status}, which the account has")
    else:
        yield wrong("products", f"the account does not have the status products.status {status}", _has(known))


def _has(known: Mapping[str, str]) -> str:
    return "it has " + listed([code if code == name else f"{code} {name}" for code, name in known.items()], _SHOWN)
