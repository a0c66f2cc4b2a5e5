"""Bring the merchant's products to the warehouse: create, update on change, refuse what would collide (R19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderbridge.clients.bibi.kits import upsert_boms
from orderbridge.domain import problems
from orderbridge.domain.activity import Activity
from orderbridge.domain.products import Product, content_hash, find_product_problems, to_warehouse
from orderbridge.errors import Refused, RetryableError
from orderbridge.observability import logger, meter
from orderbridge.services.kits import Kit, look_into
from orderbridge.services.sync_stock import STOCK_JOB
from orderbridge.stores.cursors import PageCursor
from orderbridge.stores.kits import KitRecord
from orderbridge.stores.products import Kind, ProductRecord

if TYPE_CHECKING:
    from orderbridge.domain.problems import Problem
    from orderbridge.queues.deliveries import Delivery
    from orderbridge.queues.messages import SyncProducts
    from orderbridge.services.workspace import Workspace

BATCH: Final = 20
"""Products in one call to the warehouse. Asking for each of them and sending all fits into a minute's budget."""
_JOB: Final = "sync-products"
_TIME_RESERVE: Final = 35.0


class OutOfTime(RetryableError):
    """The invocation is about to end; the message comes again and the run goes on where it stopped."""

    def __init__(self) -> None:
        super().__init__("sync products", "out of time", retry_after=1.0)


@dataclass(frozen=True)
class _Change:
    """A product to be sent, and what is known about it."""

    product: Product
    content: str
    is_new: bool
    before: ProductRecord | None
    kit: Kit | None = None


def sync_products(workspace: Workspace, delivery: Delivery[SyncProducts]) -> int:
    """Send the warehouse the products that are new or changed; gives their number.

    Billbee cannot be asked for changed products, so all are read, a page at a time, and compared by content. The
    cursor holds the
    page: an interrupted run goes on there, and a page that is worked on twice changes nothing.
    """
    if workspace.rehearsing or not workspace.settings.products.enabled:
        return 0
    cursor = workspace.cursors.pages(_JOB)
    early: list[Product] = []
    page, pages, sent = cursor.next_page, cursor.next_page, 0
    while page <= pages:
        try:
            if workspace.seconds_left() < _TIME_RESERVE:
                raise OutOfTime
            answer = workspace.billbee.products(page)
            sent += _sync_page(workspace, answer.products, early)
        except RetryableError:
            workspace.cursors.set_pages(_JOB, PageCursor(page, cursor.completed_at))
            raise
        page, pages = page + 1, answer.total_pages
        workspace.cursors.set_pages(_JOB, PageCursor(page, cursor.completed_at))
    try:
        sent += _sync(workspace, early)  # by now, each product has had its turn
    except RetryableError:
        workspace.cursors.set_pages(_JOB, PageCursor(1, cursor.completed_at))
        raise
    workspace.cursors.set_pages(_JOB, PageCursor(1, workspace.now()))
    return sent


def _sync_page(workspace: Workspace, products: Sequence[Product], early: list[Product]) -> int:
    """Send what is new or changed on a page; bundles, where they are kits, after the products they consist of."""
    sent = _sync(workspace, [product for product in products if product.is_sent])
    if not workspace.rules.bundles_are_kits:
        return sent
    return sent + _sync(workspace, [product for product in products if product.is_kit], early)


def _sync(workspace: Workspace, products: Sequence[Product], early: list[Product] | None = None) -> int:
    """Send what is new or changed, a batch at a time: what was sent need not be looked at again.

    Args:
        early: takes the bundles of which a product was not seen yet; without it, they are refused.
    """
    language = workspace.settings.products.language
    records = workspace.products.get_many(product.id for product in products)
    contents = {product.id: content_hash(product, language) for product in products}
    changed = [product for product in products if not _is_told(records.get(product.id), contents[product.id])]
    kits = look_into(workspace, [product for product in changed if product.is_bundle])
    stock_was_read = bool(changed) and _stock_was_read(workspace)
    changes: list[_Change] = []
    sent = 0
    for product in changed:
        content, before, kit = contents[product.id], records.get(product.id), kits.get(product.id)
        if found := find_product_problems(product):
            _refuse(workspace, product, content, before, found, look_again=False)
        elif kit is not None and kit.unseen and early is not None:
            early.append(product)
        elif found := _kit_problems(product, kit, before) or _collisions(workspace, product, before):
            _refuse(workspace, product, content, before, found, look_again=True)
        else:
            is_new = (before is None or before.sku != product.sku) and not _is_known(
                workspace, product.sku, stock_was_read=stock_was_read
            )
            changes.append(_Change(product, content, is_new, before, kit))
        if len(changes) == BATCH:
            sent += _send(workspace, changes)
            changes = []
    return sent + _send(workspace, changes)


def _is_told(record: ProductRecord | None, content: str) -> bool:
    return record is not None and record.content_hash == content and not record.look_again


def _kit_problems(product: Product, kit: Kit | None, before: ProductRecord | None) -> list[Problem]:
    """Why a bundle is no kit, or a product is still one at the warehouse."""
    if kit is not None:
        return [*kit.problems, *(problems.component_not_there(product.sku, one) for one in kit.unseen)]
    if before is not None and before.kit and before.sku.casefold() == product.sku.casefold():
        return [problems.no_kit_any_more(product.sku)]
    return []


def _stock_was_read(workspace: Workspace) -> bool:
    """Whether the stock records name all that the warehouse has."""
    return workspace.settings.stock.enabled and workspace.cursors.pages(STOCK_JOB).completed_at is not None


def _collisions(workspace: Workspace, product: Product, before: ProductRecord | None) -> list[Problem]:
    """Claim the SKU and the EAN; a product that would take another's keeps what it has."""
    if other := _claim(workspace, "SKU", product.sku, product.id):
        return [problems.sku_taken(product.sku, other)]
    if product.ean and (other := _claim(workspace, "EAN", product.ean, product.id)):
        _release_unused(workspace, product, before)
        return [problems.ean_taken(product.ean, other)]
    return []


def _claim(workspace: Workspace, kind: Kind, value: str, product_id: int) -> int | None:
    """Claim a SKU or EAN; gives the product that has it, or None. Who has it may have changed or be gone by now."""
    other = workspace.products.claim(kind, value, product_id)
    if other is None:
        return None
    holder = workspace.billbee.product(other)
    if holder is not None and (holder.sku if kind == "SKU" else holder.ean).casefold() == value.casefold():
        return other
    workspace.products.release(kind, value, other)
    return workspace.products.claim(kind, value, product_id)


def _release_unused(workspace: Workspace, product: Product, before: ProductRecord | None) -> None:
    """Give up what was claimed for a change that is refused; what the product had before it keeps."""
    if before is None or before.sku.casefold() != product.sku.casefold():
        workspace.products.release("SKU", product.sku, product.id)
    if product.ean and (before is None or before.ean.casefold() != product.ean.casefold()):
        workspace.products.release("EAN", product.ean, product.id)


def _is_known(workspace: Workspace, sku: str, *, stock_was_read: bool) -> bool:
    """Whether the warehouse has the SKU already, from before the ledger knew of it.

    Once all of the warehouse's list has been read for its stock, what has no record there is not there: asking for
    each of many new products would use up the calls of hours.
    """
    if workspace.stock.get_many([sku]).get(sku.casefold()) is not None:
        return True
    return not stock_was_read and workspace.bibi.product(sku) is not None


def _send(workspace: Workspace, changes: Sequence[_Change]) -> int:
    """Send products in one call; where that is refused, one by one, so that only the bad one stays behind. Gives how
    many the warehouse has taken.
    """
    if not changes:
        return 0
    language = workspace.settings.products.language
    try:
        workspace.bibi.upsert_products(
            [to_warehouse(change.product, language, with_dimensions=change.is_new) for change in changes]
        )
        kits = {change.product.sku: change.kit.contents for change in changes if change.kit is not None}
        if kits:
            upsert_boms(workspace.bibi, kits)
    except Refused as refusal:
        if len(changes) > 1:
            return sum(_send(workspace, [change]) for change in changes)
        only = changes[0]
        refused = [problems.product_refused(refusal.detail)]
        _release_unused(workspace, only.product, only.before)
        _refuse(workspace, only.product, only.content, only.before, refused, look_again=False)
        return 0
    for change in changes:
        _remember(workspace, change)
    workspace.count(Activity.PRODUCTS, len(changes))
    return len(changes)


def _remember(workspace: Workspace, change: _Change) -> None:
    product, before = change.product, change.before
    if before is not None and before.sku.casefold() not in ("", product.sku.casefold()):
        workspace.products.release("SKU", before.sku, product.id)
    if before is not None and before.ean.casefold() not in ("", product.ean.casefold()):
        workspace.products.release("EAN", before.ean, product.id)
    if change.kit is not None:
        workspace.kits.save(KitRecord(product.sku, product.id, change.kit.contents))
    record = ProductRecord(
        product.id, change.content, product.sku, product.ean, created=change.is_new, kit=product.is_bundle
    )
    workspace.products.save(record)
    # Billbee may not have known the SKU when its stock was last sent.
    if change.kit is None and (before is None or before.sku.casefold() != product.sku.casefold()):
        workspace.stock.mark_due([product.sku])


def _refuse(
    workspace: Workspace,
    product: Product,
    content: str,
    before: ProductRecord | None,
    found: Sequence[Problem],
    *,
    look_again: bool,
) -> None:
    """Note why a product is not sent, and report it, once for the same reason."""
    reason = " ".join(str(problem) for problem in found)
    if before is None or before.problem != reason:
        logger.error("Product not sent", extra={"product_id": product.id, "sku": product.sku, "reason": reason})
        meter.count("ProductsRefused")
    elif (before.content_hash, before.look_again) == (content, look_again):
        return
    if product.is_bundle and product.sku:
        german = " ".join(problem.say("de") for problem in found)
        known = workspace.kits.get_many([product.sku]).get(product.sku.casefold())
        workspace.kits.save(KitRecord(product.sku, product.id, known.contents if known else {}, reason, german))
    sku, ean, was_kit = (before.sku, before.ean, before.kit) if before else ("", "", False)
    is_kit = product.is_bundle or was_kit  # what the warehouse has as a kit stays one
    workspace.products.save(ProductRecord(product.id, content, sku, ean, reason, look_again, kit=is_kit))
