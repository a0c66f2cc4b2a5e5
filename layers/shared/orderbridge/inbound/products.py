"""Finds the products of a file, by the records of what the warehouse was told, or by asking the warehouse."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from orderbridge.inbound.notice import NoticeLine, RowProblem, resolve
from orderbridge.ledger.ean import bare_ean
from orderbridge.ledger.sku import Sku
from orderbridge.platform.clock import STEP
from orderbridge.stock.sync_stock import was_all_read

if TYPE_CHECKING:
    from orderbridge.inbound.ports import Workspace

ASKED_ONE_BY_ONE: Final = 20
"""How many SKUs without a record the warehouse is asked for, so that a file of wrong SKUs does not use up the calls of
orders.
"""


def known_products(
    workspace: Workspace, lines: Sequence[NoticeLine]
) -> tuple[tuple[NoticeLine, ...], list[RowProblem]]:
    """The lines with the warehouse's SKUs, or what is wrong with them.

    A product is known if it was sent to the warehouse, if its stock was read there, or if the warehouse says so now.
    """
    eans = _skus_by_ean(workspace, {line.ean for line in lines if line.ean})
    skus = {Sku(sku): sku for sku in eans.values()}
    wanted = {Sku(line.sku): line.sku for line in lines if line.sku}
    skus |= {
        Sku(folded): record.sku
        for folded, record in workspace.products.by("SKU", wanted.values()).items()
        if record.sku
    }
    skus |= {folded: record.sku for folded, record in workspace.stock.get_many(wanted.values()).items()}
    left = [sku for folded, sku in wanted.items() if folded not in skus]
    skus |= {Sku(sku): sku for sku in _at_the_warehouse(workspace, left)}
    return resolve(lines, skus, eans)


def _skus_by_ean(workspace: Workspace, eans: Collection[str]) -> dict[str, str]:
    """By bare EAN. The records have the shop's spelling, with or without leading zeros."""
    written = {form: ean for ean in eans for form in {ean, *(ean.rjust(length, "0") for length in (12, 13, 14))}}
    found = workspace.products.by("EAN", written)
    return {bare_ean(written[form]): record.sku for form, record in found.items() if record.sku}


def _at_the_warehouse(workspace: Workspace, skus: Sequence[str]) -> Iterable[str]:
    """Those of the SKUs that the warehouse has, as it writes them. Many SKUs are looked up in its list, unless all of
    it was read for the stock: then a SKU without a record is not there.
    """
    if len(skus) <= ASKED_ONE_BY_ONE:
        for sku in skus:
            workspace.deadline.require(STEP)
            if (found := workspace.warehouse.product(sku)) is not None:
                yield found.sku
        return
    if was_all_read(workspace.settings, workspace.cursors):
        return
    missing, page, more = {Sku(sku) for sku in skus}, 1, True
    while missing and more:
        workspace.deadline.require(STEP)
        answer = workspace.warehouse.products(page)
        for stock in answer.stocks:
            if Sku(stock.sku) in missing:
                missing.remove(Sku(stock.sku))
                yield stock.sku
        page, more = page + 1, answer.more
