"""The movements of each SKU in the warehouse: the last ones, and the notable ones of the last days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orderbridge.ledger.sku import Sku
from orderbridge.platform.codec import from_item, to_item
from orderbridge.platform.table import Item, Table, merchant_key
from orderbridge.stock.movements import Note

_MOVES: Final = "MOVES#"


@dataclass(frozen=True)
class Moves:
    """One SKU's movements, in order of time.

    Attributes:
        last: the newest, of any kind.
        notable: those of the last days that the merchant is told.
    """

    sku: str
    last: tuple[Note, ...] = ()
    notable: tuple[Note, ...] = ()


class MovementRecords:
    """One merchant's movements, by SKU without regard to case. SKUs with notable movements are on a shelf."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._shelf = f"{merchant}#moves"

    def get_many(self, skus: Iterable[str]) -> dict[Sku, Moves]:
        """The records there are, by folded SKU."""
        items = self._table.get_many((self._pk, _sort_key(sku)) for sku in skus)
        return {Sku(moves.sku): moves for moves in (from_item(Moves, item) for item in items)}

    def all(self) -> list[Moves]:
        return [from_item(Moves, item) for item in self._table.query(self._pk, _MOVES)]

    def notable_since(self, since: datetime) -> list[Moves]:
        """The SKUs with a notable movement at that time or later."""
        found = self._table.query_shelf(self._shelf, since=since.isoformat())
        return list(self.get_many(item["sk"].removeprefix(_MOVES) for item in found).values())

    def save(self, moves: Moves) -> None:
        """Writes a SKU's record. Jobs of one merchant do not overlap, so it needs no condition."""
        place: Item = {"shelf": None, "shelved_at": None}
        if moves.notable:
            place = {"shelf": self._shelf, "shelved_at": moves.notable[-1].at.isoformat()}
        self._table.change(self._pk, _sort_key(moves.sku), set=to_item(moves) | place)


def _sort_key(sku: str) -> str:
    return f"{_MOVES}{Sku(sku).key}"
