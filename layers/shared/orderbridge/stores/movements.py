"""What moved of each SKU in the warehouse: the last movements, and those of the last days that matter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orderbridge.domain.movements import Effect, Note
from orderbridge.domain.sku import Sku
from orderbridge.stores.table import Item, Table, merchant_key


@dataclass(frozen=True)
class Moves:
    """One SKU's movements, in order of time.

    Attributes:
        last: the newest, of any kind.
        notable: those of the last days that the merchant should hear of.
    """

    sku: str
    last: tuple[Note, ...] = ()
    notable: tuple[Note, ...] = ()


class MovementRecords:
    """One merchant's movements, by SKU without regard to case. SKUs with notable ones stand on a shelf."""

    def __init__(self, table: Table, merchant: str) -> None:
        self._table = table
        self._pk = merchant_key(merchant)
        self._shelf = f"{merchant}#moves"

    def get_many(self, skus: Iterable[str]) -> dict[Sku, Moves]:
        """The records there are, by folded SKU."""
        items = self._table.get_many((self._pk, _sort_key(sku)) for sku in skus)
        return {Sku(moves.sku): moves for moves in map(_from_item, items)}

    def all(self) -> list[Moves]:
        return [_from_item(item) for item in self._table.query(self._pk, "MOVES#")]

    def notable_since(self, since: datetime) -> list[Moves]:
        """Those with a notable movement at that time or later."""
        found = self._table.query_shelf(self._shelf, since=since.isoformat())
        return list(self.get_many(item["sku"] for item in found).values())

    def save(self, moves: Moves) -> None:
        """Write a SKU's record. Jobs of one merchant do not overlap, so it needs no condition."""
        values: dict[str, Any] = {
            ":sku": moves.sku,
            ":last": [_to_item(note) for note in moves.last],
            ":notable": [_to_item(note) for note in moves.notable],
        }
        names = {"#last": "last"}
        if moves.notable:
            values |= {":shelf": self._shelf, ":shelved_at": moves.notable[-1].at.isoformat()}
            expression = "SET sku = :sku, #last = :last, notable = :notable, shelf = :shelf, shelved_at = :shelved_at"
        else:
            expression = "SET sku = :sku, #last = :last, notable = :notable REMOVE shelf, shelved_at"
        self._table.update(self._pk, _sort_key(moves.sku), expression, values, names=names)


def _sort_key(sku: str) -> str:
    return f"MOVES#{Sku(sku).key}"


def _to_item(note: Note) -> Item:
    item: Item = {"at": note.at.isoformat(), "quantity": note.quantity, "text": note.text}
    return item | ({"effect": note.effect.value} if note.effect else {})


def _from_item(item: Item) -> Moves:
    return Moves(item["sku"], _notes(item.get("last", [])), _notes(item.get("notable", [])))


def _notes(items: Iterable[Item]) -> tuple[Note, ...]:
    return tuple(
        Note(
            datetime.fromisoformat(item["at"]),
            item["quantity"],
            item["text"],
            Effect(item["effect"]) if "effect" in item else None,
        )
        for item in items
    )
