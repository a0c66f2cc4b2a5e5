"""What happened to an order, read from how its record was before and after a write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from orderbridge.ledger.forgotten import is_forgotten
from orderbridge.ledger.ledger import is_order, is_restored, order_of
from orderbridge.ledger.record import Event, LedgerOrder, Parcel
from orderbridge.platform.stream import Change
from orderbridge.platform.table import check_release


@dataclass(frozen=True)
class OrderMoved:
    """A worker wrote an order's record. Rehearsals do not count, and neither does a restored backup.

    Attributes:
        before: None if the record was opened.
        at: when it was written.
    """

    before: LedgerOrder | None
    after: LedgerOrder
    at: datetime

    @property
    def steps(self) -> tuple[Event, ...]:
        """The changes of the order's status, in sequence. One write may have several; the first of an order begins at
        ``""``.
        """
        return tuple(event for event in self._new_entries() if event.before != event.after)

    def _new_entries(self) -> Sequence[Event]:
        """What the timeline has since now. It is shortened in its middle, so that is searched from its end."""
        entries = self.after.timeline
        if self.before is None:
            return entries
        known = self.before.timeline[-1]
        places = [place for place, entry in enumerate(entries) if entry == known]
        return entries[places[-1] + 1 :] if places else entries

    @property
    def new_parcels(self) -> Mapping[str, Parcel]:
        """The parcels that the shop has since now. An adopted order's were there before."""
        if self.before is None:
            return {}
        return {number: one for number, one in self.after.parcels.items() if number not in self.before.parcels}


def order_moves(change: Change) -> Iterator[OrderMoved]:
    """The move of an order, if the change is one.

    Raises:
        NewerRelease: only a newer release can read the record.
    """
    if not is_order(change.sk) or change.after is None:
        return
    check_release(change.after)
    if is_forgotten(change.after):
        return
    after = order_of(change.after)
    before = order_of(change.before) if change.before is not None else None
    if before is not None and before.rehearsal:
        before = None  # the record replaces it
    if (
        after.rehearsal
        or is_restored(before, after)
        or after.version != (before.version if before is not None else 0) + 1
    ):
        return
    yield OrderMoved(before, after, after.updated_at)
