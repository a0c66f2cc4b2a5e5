"""Send the merchant's products to the warehouse: create, update on change, refuse those that would collide (R19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.sku import Sku
from orderbridge.merchants.activity import Activity
from orderbridge.merchants.cursors import PageCursor
from orderbridge.platform.clock import STEP
from orderbridge.platform.errors import Refused, RetryableError
from orderbridge.platform.observability import logger
from orderbridge.products import problems as product_problems
from orderbridge.products.kit_records import KitRecord
from orderbridge.products.known_kits import Kit, check_kits
from orderbridge.products.product_records import Identifier, ProductRecord
from orderbridge.products.products import Product, content_hash, find_product_problems, is_money_only, to_warehouse
from orderbridge.stock.low_stock import Sales, pieces_sold
from orderbridge.stock.sync_stock import was_all_read

if TYPE_CHECKING:
    from orderbridge.jobs.deliveries import Delivery
    from orderbridge.jobs.messages import SyncProducts
    from orderbridge.ledger.problem import Problem
    from orderbridge.products.ports import Workspace

BATCH: Final = 20
"""How many products one call to the warehouse has, unless the merchant has fewer calls a minute (see `_together`)."""
_JOB: Final = "sync-products"


@dataclass(frozen=True)
class _Change:
    """A product to be sent, and what is known about it. ``status`` is the one to be set at the warehouse."""

    product: Product
    content: str
    is_new: bool
    status: str
    before: ProductRecord | None
    kit: Kit | None = None


def sync_products(workspace: Workspace, delivery: Delivery[SyncProducts]) -> int:
    """Send the warehouse the new and changed products. Returns their number.

    Billbee cannot be asked for changed products, so all are read, a page at a time, and compared by content. The cursor
    holds the page: an interrupted run continues there, and processing a page twice has no effect.
    """
    if workspace.rehearsing or not workspace.settings.products.enabled:
        return 0
    run = _Pass(workspace)
    run.read_pages()
    run.come_back()
    return run.sent


class _Pass:
    """A pass over all of Billbee's products, from where an interrupted one stopped."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self.sent = 0
        cursor = workspace.cursors.pages(_JOB)
        self._page, self._completed_at = cursor.next_page, cursor.completed_at
        # Bundles that wait for a later page. Those of an earlier invocation are read again.
        self._early: dict[int, Product | None] = dict.fromkeys(cursor.put_off)

    def read_pages(self) -> None:
        """Send new and changed products, page by page."""
        pages = self._page
        while self._page <= pages:
            try:
                self._ws.deadline.require(STEP)
                answer = self._ws.hub.products(self._page)
                early: list[Product] = []
                self.sent += _sync_page(self._ws, answer.products, early)
                self._note_sales(answer.products)
            except RetryableError:
                self._remember()
                raise
            self._early |= {bundle.id: bundle for bundle in early}
            pages = answer.total_pages
            self._page += 1
            self._remember()
        if self._ws.settings.stock.tell_low:
            self._ws.sales.end_after(pages)

    def come_back(self) -> None:
        """Send the bundles that waited, because all products have been processed by now."""
        while self._early:
            some = dict(list(self._early.items())[:BATCH])
            try:
                self._ws.deadline.require(STEP)
                bundles = [bundle or self._ws.hub.product(number) for number, bundle in some.items()]
                self.sent += _sync(self._ws, [one for one in bundles if one is not None and one.is_kit])
            except RetryableError:
                self._remember()
                raise
            self._early = {number: bundle for number, bundle in self._early.items() if number not in some}
            self._remember()
        self._ws.cursors.set_pages(_JOB, PageCursor(1, self._ws.now()))

    def _note_sales(self, products: Sequence[Product]) -> None:
        """Note what was sold of a page's products, for the job that reads the warehouse's stock (R45)."""
        if not self._ws.settings.stock.tell_low:
            return
        stock_id = self._ws.settings.billbee.stock_id
        self._ws.sales.set_page(
            self._page, {product.sku: _sales(product, stock_id) for product in products if product.is_sent}
        )

    def _remember(self) -> None:
        self._ws.cursors.set_pages(_JOB, PageCursor(self._page, self._completed_at, tuple(self._early)))


def _sales(product: Product, stock_id: int) -> Sales:
    warning = product.warning_by_stock.get(stock_id, product.warning)
    return Sales(pieces_sold(product.sold, product.pieces_per_sale), None if warning is None else int(warning))


def _sync_page(workspace: Workspace, products: Sequence[Product], early: list[Product]) -> int:
    """Send the new and changed products of a page; if bundles are kits, they follow their components."""
    products = [one for one in products if not is_money_only(one, workspace.settings.money_only)]
    sent = _sync(workspace, [product for product in products if product.is_sent])
    if not workspace.settings.bundles_are_kits:
        return sent
    return sent + _sync(workspace, [product for product in products if product.is_kit], early)


def _sync(workspace: Workspace, products: Sequence[Product], early: list[Product] | None = None) -> int:
    """Send new and changed products, a batch at a time, so that sent ones are not processed again.

    Args:
        early: collects the bundles with a component that was not seen yet; without it, they are refused.
    """
    language = workspace.settings.products.language
    records = workspace.products.get_many(product.id for product in products)
    records |= _with_new_pieces(workspace, products, records)
    contents = {product.id: content_hash(product, language) for product in products}
    changed = [product for product in products if not _is_told(records.get(product.id), contents[product.id])]
    kits = check_kits(workspace, [product for product in changed if product.is_bundle])
    stock_was_read = bool(changed) and was_all_read(workspace.settings, workspace.cursors)
    changes: list[_Change] = []
    sent, together = 0, _together(workspace)
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
            status = _status(workspace, product, before, is_new=is_new)
            changes.append(_Change(product, content, is_new, status, before, kit))
        if len(changes) == together:
            sent += _send(workspace, changes)
            changes = []
    return sent + _send(workspace, changes)


def _with_new_pieces(
    workspace: Workspace, products: Sequence[Product], records: Mapping[int, ProductRecord]
) -> dict[int, ProductRecord]:
    """The records of products that now take another number of pieces for each sale. The warehouse is not told that."""
    changed = {
        product.id: replace(record, pieces_per_sale=product.pieces_per_sale)
        for product in products
        if (record := records.get(product.id)) is not None and record.pieces_per_sale != product.pieces_per_sale
    }
    for record in changed.values():
        workspace.products.save(record)
    return changed


def _status(workspace: Workspace, product: Product, before: ProductRecord | None, *, is_new: bool) -> str:
    """The status of the settings for a new product. An update must name a status too, and keeps the present one, which
    may have been changed at the warehouse. If the warehouse does not show it, the one that was last sent is used.
    """
    if not is_new:
        known = workspace.warehouse.product(product.sku)
        if known is not None and known.status:
            return known.status
        if before is not None and before.status and before.sku.casefold() == product.sku.casefold():
            return before.status
    return workspace.settings.products.status


def _is_told(record: ProductRecord | None, content: str) -> bool:
    return record is not None and record.content_hash == content and not record.look_again


def _kit_problems(product: Product, kit: Kit | None, before: ProductRecord | None) -> list[Problem]:
    """Why a bundle is no kit, or a product is still one at the warehouse."""
    if kit is not None:
        return [*kit.problems, *(product_problems.component_not_there(product.sku, one) for one in kit.unseen)]
    if before is not None and before.kit and Sku(before.sku) == Sku(product.sku):
        return [product_problems.no_kit_any_more(product.sku)]
    return []


def _collisions(workspace: Workspace, product: Product, before: ProductRecord | None) -> list[Problem]:
    """Claim the SKU and the EAN. If another product has one of them, the product keeps its present ones."""
    if other := _claim(workspace, "SKU", product.sku, product.id):
        return [product_problems.sku_taken(product.sku, other)]
    if product.ean and (other := _claim(workspace, "EAN", product.ean, product.id)):
        _release_unused(workspace, product, before)
        return [product_problems.ean_taken(product.ean, other)]
    return []


def _claim(workspace: Workspace, kind: Identifier, value: str, product_id: int) -> int | None:
    """Claim a SKU or EAN. Returns the product that has it, or None. A product that has changed or is gone loses it."""
    other = workspace.products.claim(kind, value, product_id)
    if other is None:
        return None
    holder = workspace.hub.product(other)
    if holder is not None and (holder.sku if kind == "SKU" else holder.ean).casefold() == value.casefold():
        return other
    workspace.products.release(kind, value, other)
    return workspace.products.claim(kind, value, product_id)


def _release_unused(workspace: Workspace, product: Product, before: ProductRecord | None) -> None:
    """Release what was claimed for a refused change. The product keeps what it had before."""
    if before is None or Sku(before.sku) != Sku(product.sku):
        workspace.products.release("SKU", product.sku, product.id)
    if product.ean and (before is None or before.ean.casefold() != product.ean.casefold()):
        workspace.products.release("EAN", product.ean, product.id)


def _together(workspace: Workspace) -> int:
    """How many products are sent in one call. Asking for each of them and sending all has to fit into one minute's
    calls, of which a third is kept for orders. Otherwise they would be asked for again each minute and never be sent.
    """
    a_minute = workspace.settings.bibi.requests_per_minute
    with_token_and_sending = 2
    return max(1, min(BATCH, a_minute - a_minute // 3 - with_token_and_sending))


def _is_known(workspace: Workspace, sku: str, *, stock_was_read: bool) -> bool:
    """Whether the warehouse has the SKU already, from before the ledger knew of it.

    Once the warehouse's whole list has been read for its stock, a SKU without a record is not there. Asking for each of
    many new products would use up the calls of hours.
    """
    if workspace.stock.get_many([sku]).get(Sku(sku)) is not None:
        return True
    return not stock_was_read and workspace.warehouse.product(sku) is not None


def _send(workspace: Workspace, changes: Sequence[_Change]) -> int:
    """Send products in one call; if that is refused, one by one, so that only the bad one fails. Returns how many the
    warehouse has taken.
    """
    if not changes:
        return 0
    language = workspace.settings.products.language
    try:
        refusals = workspace.warehouse.upsert_products(
            [
                to_warehouse(change.product, language, with_dimensions=change.is_new, status=change.status)
                for change in changes
            ]
        )
        if refusals is None and len(changes) > 1:
            return sum(_send(workspace, [change]) for change in changes)
        taken = _taken(workspace, changes, refusals)
        confirmed = _send_kits(workspace, [change for change in taken if change.kit is not None])
    except Refused as refusal:
        if len(changes) > 1:
            return sum(_send(workspace, [change]) for change in changes)
        _refused(workspace, changes[0], refusal.detail)
        return 0
    sent = [change for change in taken if change.kit is None or change.product.sku in confirmed]
    for change in taken:
        if change in sent:
            _remember(workspace, change)
        else:
            found = [product_problems.kit_not_confirmed(change.product.sku)]
            _refuse(workspace, change.product, change.content, change.before, found, look_again=True, orders_wait=True)
    workspace.count(Activity.PRODUCTS, len(sent))
    return len(sent)


def _taken(workspace: Workspace, changes: Sequence[_Change], refusals: Sequence[str | None] | None) -> list[_Change]:
    """Note what the warehouse took. If it does not say so for a product, the next run sends that again."""
    if refusals is None:
        skus = [change.product.sku for change in changes]
        logger.error("The warehouse does not say whether it took a product", extra={"skus": skus})
        return []
    answered = list(zip(changes, refusals, strict=True))
    for change, refusal in answered:
        if refusal is not None:
            _refused(workspace, change, refusal)
    return [change for change, refusal in answered if refusal is None]


def _refused(workspace: Workspace, change: _Change, detail: str) -> None:
    _release_unused(workspace, change.product, change.before)
    found = [product_problems.product_refused(detail)]
    _refuse(workspace, change.product, change.content, change.before, found, look_again=False)


def _send_kits(workspace: Workspace, changes: Sequence[_Change]) -> frozenset[str]:
    """Send bills of materials. Returns the SKUs of the kits that the warehouse shows as they were sent. From before the
    call until then, no order may carry them (R26).
    """
    kits = {change.product.sku: change.kit.contents for change in changes if change.kit is not None}
    if not kits:
        return frozenset()
    for change in changes:
        workspace.kits.save(KitRecord(change.product.sku, change.product.id, kits[change.product.sku], confirmed=False))
    return workspace.warehouse.upsert_kits(kits)


def _remember(workspace: Workspace, change: _Change) -> None:
    product, before = change.product, change.before
    if before is not None and Sku(before.sku) not in ("", Sku(product.sku)):
        workspace.products.release("SKU", before.sku, product.id)
    if before is not None and before.ean.casefold() not in ("", product.ean.casefold()):
        workspace.products.release("EAN", before.ean, product.id)
    if change.kit is not None:
        workspace.kits.save(KitRecord(product.sku, product.id, change.kit.contents))
    workspace.products.save(
        ProductRecord(
            product.id,
            change.content,
            product.sku,
            product.ean,
            created=change.is_new,
            kit=product.is_bundle,
            status=change.status,
            pieces_per_sale=product.pieces_per_sale,
        )
    )
    # Billbee may not have known the SKU when its stock was last sent.
    if change.kit is None and (before is None or Sku(before.sku) != Sku(product.sku)):
        workspace.stock.mark_due([product.sku])


def _refuse(
    workspace: Workspace,
    product: Product,
    content: str,
    before: ProductRecord | None,
    found: Sequence[Problem],
    *,
    look_again: bool,
    orders_wait: bool = False,
) -> None:
    """Note why a product is not sent, and report it, once for the same reason.

    Args:
        look_again: the reason may end without a change of the product.
        orders_wait: orders of a bundle wait for the end of the reason instead of being rejected.
    """
    reason = " ".join(str(problem) for problem in found)
    if before is None or before.problem != reason:
        logger.error("Product not sent", extra={"product_id": product.id, "sku": product.sku, "reason": reason})
    elif (before.content_hash, before.look_again) == (content, look_again):
        return
    if product.is_bundle and product.sku and not orders_wait:
        german = " ".join(problem.say("de") for problem in found)
        known = workspace.kits.get_many([product.sku]).get(Sku(product.sku))
        contents, confirmed = (known.contents, known.confirmed) if known else ({}, False)
        workspace.kits.save(KitRecord(product.sku, product.id, contents, reason, german, confirmed))
    last = before or ProductRecord(product.id, content, pieces_per_sale=product.pieces_per_sale)
    is_kit = product.is_bundle or last.kit  # a kit of the warehouse stays one
    workspace.products.save(
        replace(last, content_hash=content, problem=reason, look_again=look_again, created=False, kit=is_kit)
    )
