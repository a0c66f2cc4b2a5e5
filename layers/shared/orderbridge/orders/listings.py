"""A long list of the warehouse's orders, as far as a cautious poll has read it (R10).

The warehouse answers 60 calls a minute, 100 orders each: the list of a busy merchant takes longer than one invocation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from orderbridge.ledger.order_number import OrderNumber
from orderbridge.platform.clock import Clock
from orderbridge.platform.table import Table, merchant_key

KEPT_FOR: Final = timedelta(hours=1)
"""After this time a list is read again. Orders that are sent meanwhile are in the ledger."""
_EXPIRES_AFTER: Final = timedelta(days=1)

Entry = tuple[OrderNumber, dict[str, int]]
"""An order's number, and its pieces by SKU."""


@dataclass
class OrderListing:
    """The warehouse's orders since a moment.

    Attributes:
        after: the poll cursor at the beginning of the reading; a restored table has another one.
        complete: whether there is no further page.
        pages: what each page showed, the first one first.
        kept: how many of the pages the table has.
    """

    since: datetime
    began_at: datetime
    after: str = ""
    complete: bool = False
    pages: list[Sequence[Entry]] = field(default_factory=list)
    kept: int = 0


class Listings:
    """One merchant's listing for one job."""

    def __init__(self, table: Table, merchant: str, clock: Clock, job: str = "poll-orders") -> None:
        self._sk = f"LISTING#{job}"
        self._pages = "LISTINGPAGE#" if job == "poll-orders" else f"LISTINGPAGE#{job}#"
        self._table = table
        self._pk = merchant_key(merchant)
        self._now = clock.now

    def load(self, since: datetime, after: str) -> OrderListing | None:
        """The present listing, if it reaches back to ``since``; None if a new one has to begin."""
        item = self._table.get(self._pk, self._sk)
        if item is None or item["poll_cursor"] != after:
            return None
        listing = OrderListing(
            datetime.fromisoformat(item["since"]),
            datetime.fromisoformat(item["began_at"]),
            after,
            item["complete"],
            kept=item["pages"],
        )
        if listing.since > since or self._now() - listing.began_at > KEPT_FOR:
            return None
        keys = [(self._pk, self._page_key(number)) for number in range(1, listing.kept + 1)]
        found = {one["sk"]: one for one in self._table.get_many(keys)}
        pages = [found.get(sk) for _, sk in keys]
        if any(page is None or page["began_at"] != item["began_at"] for page in pages):
            return None
        listing.pages = [[_entry(one) for one in page["orders"]] for page in pages if page is not None]
        return listing

    def save(self, listing: OrderListing) -> None:
        """Keep the pages that the table does not have yet."""
        began_at = listing.began_at.isoformat()
        ends = int((self._now() + _EXPIRES_AFTER).timestamp())
        for number, page in enumerate(listing.pages[listing.kept :], listing.kept + 1):
            orders = [[one.text, one.written, pieces] for one, pieces in page]
            kept = {"began_at": began_at, "orders": orders, "expires_at": ends}
            self._table.change(self._pk, self._page_key(number), set=kept)
        listing.kept = len(listing.pages)
        self._table.change(
            self._pk,
            self._sk,
            set={
                "since": listing.since.isoformat(),
                "began_at": began_at,
                "poll_cursor": listing.after,
                "complete": listing.complete,
                "pages": listing.kept,
                "expires_at": ends,
            },
        )

    def _page_key(self, number: int) -> str:
        return f"{self._pages}{number:06d}"


def _entry(one: Sequence[object]) -> Entry:
    text, written, pieces = one
    assert isinstance(pieces, dict)
    return OrderNumber(str(text), str(written)), {str(sku): int(count) for sku, count in pieces.items()}
