"""Restore a backup into the table while all merchants are paused (R7, R10).

A point-in-time restore creates another table. From there, missing items are put back; items that differ are replaced
only on request. The backup does not show what happened after it was taken, so it must not lead to a second parcel,
message or submission:

- What was said about an order since then is looked up before it is said again, as for an adopted order.
- Orders that the next poll could send again are left out. The poll finds out which of them the warehouse has.
- Items that describe a moment are not put back: cursors, breakers, and the figures that Billbee was sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from orderbridge.ledger.forgotten import is_forgotten
from orderbridge.ledger.ledger import as_item, restored
from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.registry import REGISTRY
from orderbridge.platform.copying import READ_AT_ONCE, Key, key_of
from orderbridge.platform.errors import NewerRelease
from orderbridge.platform.table import is_newer, merchant_key

if TYPE_CHECKING:
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.merchants.registry import Registry
    from orderbridge.platform.copying import WholeTable
    from orderbridge.platform.table import Item

ORDERS: Final = "orders"
OTHER: Final = "other"
_SETTINGS: Final = "settings"

BACK: Final[Mapping[str, tuple[str, ...]]] = {
    ORDERS: ("ORDER#",),
    "numbers": ("NUMBER#", "SHOPNUMBER#", "TRACKING#", "ORDERNUMBERS"),
    "billing": ("BILLING#",),
    "costs": ("COST#", "COSTSDUE#"),
    "products": ("PRODUCT#", "SKU#", "EAN#", "KIT#"),
    "movements": ("MOVES#",),
    "notices": ("NOTICE#",),
    "usage": ("USAGE#",),
    "digests": ("DIGEST#",),
    # With the orders: a move that happens again after a restore is counted again.
    "figures": ("FIGURES#",),
    "returns": ("RETURN#",),
    "worklist": ("ACKNOWLEDGED#", "WORK#"),
    _SETTINGS: ("MERCHANT#", "VERSION#"),
}
"""Kinds of items that are put back, by the beginning of their sort key."""

STAYS: Final[Mapping[str, tuple[str, ...]]] = {
    # An old figure that equals the warehouse's would keep a wrong one in Billbee (R18).
    "stock": ("STOCK#", "STOCKPAGE#", "SALES#", "LOWSTOCK#"),
    "cursors": ("CURSOR#", "LISTING#", "LISTINGPAGE#", "BACKLOG"),
    "health": ("HEALTH", "WATCHED", "DRIFT", "REFUSEDRECORDS", "FINDINGS"),
    "throttles": ("BUDGET#", "BREAKER#", "SLOTS#"),
    "lists": ("LIST#",),
    "switch": ("PAUSE",),
    "forms": ("FORM#",),
}
"""Kinds that are not touched: they describe a moment, and the jobs write them again."""

FORGOTTEN: Final = ("CURSOR#poll-orders", "LISTING#poll-orders", "CURSOR#pull-tracking")
"""Deleted for each merchant: the next poll is cautious (R10), and tracking begins at the oldest open order."""


class NotInTheBackup(Exception):
    """An item to be replaced is not in the backup, or is of a kind that is not touched."""


@dataclass
class Counted:
    """Items of one kind.

    Attributes:
        in_backup: all in the backup, except expired ones.
        missing: how many of these the table lacks.
        different: how many the table has with other content.
        in_table: all in the table before.
        in_both: how many of these the backup has too.
        put_back: how many of the missing are written.
        replaced: how many of the different are written.
        left_to_poll: orders that the next poll takes over instead.
    """

    in_backup: int = 0
    missing: int = 0
    different: int = 0
    in_table: int = 0
    in_both: int = 0
    put_back: int = 0
    replaced: int = 0
    left_to_poll: int = 0

    @property
    def newer(self) -> int:
        """How many only the table has."""
        return self.in_table - self.in_both


@dataclass
class Restored:
    """What was done, or would be done.

    Attributes:
        kinds: those that are put back, and `OTHER`, which this release does not know and does not touch.
        merchants: whose next poll is cautious.
        different_keys: the first items of each kind that differ, as ``pk/sk``.
    """

    kinds: dict[str, Counted] = field(default_factory=dict)
    merchants: set[str] = field(default_factory=set)
    different_keys: list[str] = field(default_factory=list)


SHOWN_KEYS: Final = 20


def kind_of(key: Key) -> str:
    """The kind of an item, of `BACK` or `STAYS`, else `OTHER`."""
    for kind, prefixes in (*BACK.items(), *STAYS.items()):
        if key[1].startswith(prefixes):
            return kind
    return OTHER


def restore_table(
    table: WholeTable,
    backup: WholeTable,
    registry: Registry,
    *,
    taken_at: datetime,
    now: datetime,
    replace: Collection[str] = (),
    dry_run: bool,
) -> Restored:
    """Compare the backup with the table, and write what is missing.

    Nothing else may write meanwhile, so all merchants are paused. May be repeated, also after an interruption.

    Args:
        taken_at: the moment that the backup shows.
        replace: kinds whose differing items are replaced too, or single items as ``pk/sk``.

    Raises:
        NotInTheBackup: one of `replace` was not found; everything else was done.
        NewerRelease: the backup has items that only a newer release can read.
    """
    return _Restoring(table, backup, registry, taken_at, now, frozenset(replace), dry_run).run()


class _Restoring:
    def __init__(
        self,
        table: WholeTable,
        backup: WholeTable,
        registry: Registry,
        taken_at: datetime,
        now: datetime,
        replace: frozenset[str],
        dry_run: bool,
    ) -> None:
        self._table = table
        self._backup = backup
        self._registry = registry
        self._taken_at = taken_at
        self._now = now
        self._replace = replace
        self._dry_run = dry_run
        self._found: set[str] = set()
        self._done = Restored()

    def run(self) -> Restored:
        for key in self._table.all_keys():
            self._of(key).in_table += 1
            self._note_merchant(key)
        if not self._dry_run:  # first, so that an interruption does not leave a cursor that would be trusted
            self._forget_cursors()
        before = set(self._done.merchants)
        for items in _in_parts(self._due()):
            self._bring_back(items)
        if not self._dry_run and self._done.merchants != before:
            self._forget_cursors()
        if missing := {one for one in self._replace if "/" in one} - self._found:
            raise NotInTheBackup(", ".join(sorted(missing)))
        return self._done

    def _due(self) -> Iterator[Item]:
        """The backup's items that may be put back."""
        for item in self._backup.items():
            if is_newer(item):
                raise NewerRelease(f"the item {'/'.join(key_of(item))} has a form of a newer release")
            if item.get("expires_at", self._now.timestamp()) >= self._now.timestamp():
                self._note_merchant(key_of(item))
                yield item

    def _bring_back(self, items: Sequence[Item]) -> None:
        there = self._table.get_many(map(key_of, items))
        written: list[Item] = []
        deleted: list[Key] = []
        for item in items:
            key = key_of(item)
            counted, live = self._of(key), there.get(key)
            counted.in_backup += 1
            counted.in_both += live is not None
            kind = kind_of(key)
            if kind not in BACK:
                continue
            to_write = self._restored_order(item, live) if kind == ORDERS else item
            if live is None:
                counted.missing += 1
                if to_write is None:
                    counted.left_to_poll += 1
                elif not self._was_removed_since(item):
                    counted.put_back += 1
                    written.append(to_write)
                continue
            name = "/".join(key)
            if name in self._replace:
                self._found.add(name)
            if live == item or (to_write is not None and _is_written(live, to_write)):
                continue
            if is_forgotten(live):
                continue  # and it stays so
            counted.different += 1
            if counted.different <= SHOWN_KEYS:
                self._done.different_keys.append(name)
            if not {kind, name} & self._replace:
                continue
            if to_write is None:
                counted.left_to_poll += 1
                deleted.append(key)
            else:
                counted.replaced += 1
                written.append(to_write)
        if not self._dry_run:
            self._table.write(written)
            self._table.delete(deleted)

    def _restored_order(self, item: Item, live: Item | None) -> Item | None:
        """The order as it is written back; None for one that the cautious poll has to take over instead."""
        if is_forgotten(item):
            return item
        version = max(int(item["version"]), _version(live)) + 1
        try:
            record = restored(item, version=version, taken_at=self._taken_at, now=self._now)
        except (KeyError, TypeError, ValueError):  # damaged before the backup was taken
            return None
        return None if _may_be_sent_anew(record) else as_item(record)

    def _was_removed_since(self, item: Item) -> bool:
        """Whether a merchant of the backup was removed after it was taken, and so stays removed."""
        if item["pk"] != REGISTRY:
            return False
        history = self._registry.history(item["sk"].removeprefix("MERCHANT#"))
        return any(entry.version > item["version"] for entry in history)

    def _forget_cursors(self) -> None:
        self._table.delete((merchant_key(one), sk) for one in sorted(self._done.merchants) for sk in FORGOTTEN)

    def _note_merchant(self, key: Key) -> None:
        prefix = merchant_key("")
        if key[0].startswith(prefix):
            self._done.merchants.add(key[0].removeprefix(prefix))

    def _of(self, key: Key) -> Counted:
        return self._done.kinds.setdefault(kind_of(key), Counted())


def _may_be_sent_anew(order: LedgerOrder) -> bool:
    """Whether the next poll could send it without asking the warehouse, which may have it by now: an order that was
    rejected, or cancelled before it was sent. The poll takes it over by its tags instead. A rehearsal's record is
    created again.
    """
    never_sent = order.status is Status.CANCELLED and order.submitted_at is None
    return never_sent or order.status is Status.REJECTED or order.rehearsal


def _is_written(live: Item, to_write: Item) -> bool:
    """Whether an earlier run has written it, so that only the moment of that run differs."""
    return isinstance(live.get("version"), int) and _but_for_the_run(live) == _but_for_the_run(to_write)


def _but_for_the_run(item: Item) -> dict[str, Any]:
    timeline = item.get("timeline")
    if isinstance(timeline, list) and timeline:
        item = item | {"timeline": [*timeline[:-1], timeline[-1][1:]]}
    return {name: value for name, value in item.items() if name != "version"}


def _version(live: Item | None) -> int:
    version = 0 if live is None else live.get("version")
    return version if isinstance(version, int) else 0


def _in_parts(items: Iterable[Item]) -> Iterator[list[Item]]:
    remaining = iter(items)
    while part := list(islice(remaining, READ_AT_ONCE)):
        yield part
