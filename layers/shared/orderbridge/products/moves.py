"""Which products were refused, read from how their records were before and after a write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orderbridge.platform.stream import Change
from orderbridge.platform.table import check_release
from orderbridge.products.product_records import PRODUCT, ProductRecord, product_of


@dataclass(frozen=True)
class ProductWasRefused:
    """A product is not sent, for a reason that it did not have before. ``problem``: that reason."""

    record: ProductRecord
    problem: str


def product_moves(change: Change) -> Iterator[ProductWasRefused]:
    """The refusal of a product, if the change is one.

    Raises:
        NewerRelease: only a newer release can read the record.
    """
    if not change.sk.startswith(PRODUCT) or change.after is None:
        return
    check_release(change.after)
    before = product_of(change.before) if change.before is not None else None
    after = product_of(change.after)
    if after.problem is not None and (before is None or before.problem != after.problem):
        yield ProductWasRefused(after, after.problem)
