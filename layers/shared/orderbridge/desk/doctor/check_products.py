"""Part of `merchants check`: the shop's products and bundles, and how the warehouse finds a product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from orderbridge.desk.doctor.findings import Finding, failure, hint, ok, wrong
from orderbridge.desk.wording import count, listed
from orderbridge.ledger.sku import SKU_LIMIT, Sku
from orderbridge.platform.errors import UpstreamError
from orderbridge.products.products import Product, find_product_problems, is_money_only

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace

PRODUCT_PAGES: Final = 4
"""Pages of products that are read, 250 each."""


def check_single_product(workspace: Workspace, sku: str) -> Finding:
    """Whether the warehouse finds a product by its number, or requires its own id."""
    try:
        one = workspace.warehouse.product(sku)
    except UpstreamError as error:
        return failure("warehouse", error)
    if one is not None:
        return ok("warehouse", "a single product is found by its product number")
    what = f"it does not find the product {sku} of its list by its number: listProduct may want third_party_id_no"
    remedy = "nothing to set: where an order has left, the stock of its products follows with the next run, not at once"
    return hint("warehouse", what, remedy)


def check_products(workspace: Workspace) -> Iterator[Finding]:
    products: list[Product] = []
    bundles: list[Product] = []
    for number in range(1, PRODUCT_PAGES + 1):
        page = workspace.hub.products(number)
        shipped = [one for one in page.products if not is_money_only(one, workspace.settings.money_only)]
        products += [one for one in shipped if one.is_sent and not one.is_deactivated]
        bundles += [one for one in shipped if one.is_kit and not one.is_deactivated]
        if number >= page.total_pages:
            break
    else:
        said = f"only the first {PRODUCT_PAGES} of {page.total_pages} pages were looked at"
        yield hint("products", said, "the log of run_chores names every product that it cannot send")
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
            remedy = "correct them in Billbee; until then the warehouse is not told about them"
            yield hint("products", f"{len(names)} {told}: {listed(names)}", remedy)
    several = [one.sku or f"product {one.id}" for one in products if one.pieces_per_sale != 1]
    if several and not workspace.settings.products.enabled:
        what = f"{len(several)} take several pieces for each one sold, and one is sent: {listed(several)}"
        yield wrong("products", what, "set products.enabled to true: then it is known how many to send (R41)")
    if workspace.rules.bundles_are_kits:
        yield from _kits(workspace, bundles)
    if not flawed:
        yield ok("products", f"{count(len(products), 'product')} looked at: each has its own SKU and EAN")


def _kits(workspace: Workspace, bundles: list[Product]) -> Iterator[Finding]:
    """Which bundles cannot be kits, or are not kits yet."""
    known = workspace.kits.get_many(one.sku for one in bundles if one.sku)
    refused = [one.sku or f"product {one.id}" for one in bundles if find_product_problems(one)]
    refused += [kit.sku for kit in known.values() if kit.problem and kit.sku not in refused]
    missing = [one.sku for one in bundles if one.sku and Sku(one.sku) not in known and one.sku not in refused]
    remedy = f"orderbridge jobs start sync-products --merchant {workspace.merchant}"
    if refused:
        what = f"{len(refused)} of {count(len(bundles), 'bundle')} cannot be kits: {listed(refused)}"
        yield hint("kits", what, "correct their bills of material: orderbridge sku show SKU says what is wrong")
    if missing:
        yield hint("kits", f"{len(missing)} are not at the warehouse yet: {listed(missing)}", remedy)
    if not refused and not missing:
        yield ok("kits", f"{count(len(bundles), 'bundle')} at the warehouse as kits")


def _repeated(values: Iterable[str]) -> list[str]:
    counts = Counter(value.casefold() for value in values if value)
    return sorted(value for value, count in counts.items() if count > 1)
