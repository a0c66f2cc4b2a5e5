"""The tiny warehouse's advance shipping notices and movements, the way to it, and its pages."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal, TypeVar

from orderbridge.inbound.notice import CLOSED, Notice, NoticeLine, WarehouseNotice
from orderbridge.ledger.sku import Sku
from orderbridge.platform.errors import NotFound, Refused, TimedOut, UnknownOutcome
from orderbridge.stock.movements import Codes, Movement, MovementsPage

PAGE: Final = 3
T = TypeVar("T")


class Line:
    """The way to the warehouse. ``cut`` says what of the next call gets lost."""

    cut: Literal["", "request", "answer"] = ""

    @contextmanager
    def call(self, what: str, *, repeatable: bool = True) -> Iterator[None]:
        cut, self.cut = self.cut, ""
        error = (TimedOut if repeatable else UnknownOutcome)(f"tiny {what}", "no answer in time")
        if cut == "request":
            raise error
        yield
        if cut == "answer":
            raise error


def page_of(rows: Sequence[T], page: int) -> tuple[tuple[T, ...], bool]:
    return tuple(rows[(page - 1) * PAGE : page * PAGE]), len(rows) > page * PAGE


class TinyMovements:
    def __init__(self, line: Line) -> None:
        self._line = line
        self.made: list[Movement] = []

    def page(self, since: datetime, until: datetime, page: int = 1, *, products: Sequence[str] = ()) -> MovementsPage:
        with self._line.call("movements"):
            asked = set(map(Sku, products))
            found = [one for one in self.made if since <= one.at < until and (not asked or Sku(one.sku) in asked)]
            return MovementsPage(*page_of(found, page))

    def codes(self) -> Codes:
        return Codes({"IN": "Receipt"}, {})


class TinyNotices:
    def __init__(self, line: Line, known: Container[Sku]) -> None:
        self._line, self._known = line, known
        self._open: dict[str, WarehouseNotice] = {}

    def create(self, notice: Notice) -> str:
        with self._line.call("create notice", repeatable=False):
            number = notice.header.tracking_number
            if number.casefold() in self._open:
                raise Refused("tiny create notice", f"there is a notice {number}")
            made = WarehouseNotice(number, "Open", {})
            for line in notice.lines:
                made = self._with(made, line)
            self._keep(made)
            return f"N{len(self._open)}"

    def get(self, tracking_number: str) -> WarehouseNotice | None:
        with self._line.call("get notice"):
            return self._open.get(tracking_number.casefold())

    def list(self) -> dict[str, WarehouseNotice]:
        with self._line.call("list notices"):
            return dict(self._open)

    def add_product(self, tracking_number: str, line: NoticeLine) -> None:
        with self._line.call("add to notice"):
            self._keep(self._with(self._found(tracking_number), line))

    def delete_product(self, tracking_number: str, sku: str) -> None:
        with self._line.call("delete from notice"):
            found = self._found(tracking_number)
            if sku not in found.quantities:
                raise Refused("tiny delete from notice", f"it does not have {sku}")
            self._keep(replace(found, quantities={one: n for one, n in found.quantities.items() if one != sku}))

    def close(self, tracking_number: str) -> None:
        with self._line.call("close notice"):
            self._keep(replace(self._found(tracking_number), status=CLOSED))

    def delete(self, tracking_number: str) -> None:
        with self._line.call("delete notice"):
            del self._open[self._found(tracking_number).tracking_number.casefold()]

    def _with(self, found: WarehouseNotice, line: NoticeLine) -> WarehouseNotice:
        if found.is_closed or line.sku in found.quantities or Sku(line.sku) not in self._known:
            raise Refused("tiny add to notice", f"it takes no {line.sku}")
        return replace(found, quantities={**found.quantities, line.sku: line.quantity})

    def _found(self, tracking_number: str) -> WarehouseNotice:
        if (found := self._open.get(tracking_number.casefold())) is None:
            raise NotFound("tiny notice", f"there is no notice {tracking_number}", status=404)
        return found

    def _keep(self, notice: WarehouseNotice) -> None:
        self._open[notice.tracking_number.casefold()] = notice
