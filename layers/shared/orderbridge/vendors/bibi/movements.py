"""BiBi's inventory transactions: what moved, and what its codes mean.

The call is documented without its path (``bibi_paths.py``) and without paging; ``offset`` is sent as listReturns takes
it. Who did it (``user_name``) is never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from orderbridge.platform.errors import MalformedAnswer, Refused
from orderbridge.stock.movements import Codes, Movement, MovementsPage
from orderbridge.vendors.bibi.mapping import WAREHOUSE_ZONE, from_warehouse_text, warehouse_text
from orderbridge.vendors.bibi.models import rows, text_or_empty
from orderbridge.vendors.http import whole

if TYPE_CHECKING:
    from orderbridge.vendors.bibi.api import BibiApi

_HOUR: Final = timedelta(hours=1)
_SECOND: Final = timedelta(seconds=1)
_NONE_FOUND: Final = re.compile(r"\bno\b.*\b(transaction|result|record|data|movement)", re.IGNORECASE)
"""A refusal that means that nothing moved. The wording is not documented."""
_LONGEST: Final = 40
"""Characters of a place, lot or number that are kept."""


class BibiMovements:
    """Reads inventory transactions for a merchant. Every method raises the errors of
    ``orderbridge.platform.errors``.
    """

    def __init__(self, api: BibiApi) -> None:
        self._api = api

    def page(self, since: datetime, until: datetime, page: int = 1, *, products: Sequence[str] = ()) -> MovementsPage:
        """A page of the movements from ``since`` on and before ``until``, in the warehouse's order, from page 1.

        Asks for a second more at both ends, because the documents do not say whether they are included, and for an hour
        more around a change of clocks, when local times are ambiguous. Movements outside the period are left out.

        Args:
            products: SKUs; none for all.
        """
        form = asked_for(since, until, products) | ({"offset": str(page)} if page > 1 else {})
        try:
            answer = self._api.call("inventory_transactions", form)
        except Refused as error:
            if error.status == 200 and _NONE_FOUND.search(error.detail):
                return MovementsPage((), more=False)
            raise
        data = answer.data if isinstance(answer.data, dict) else {}
        shown = data.get("result")
        if not isinstance(shown, list | dict) and shown not in (None, ""):
            detail = "the answer has no list of transactions"
            raise MalformedAnswer("bibi inventory_transactions", detail, status=answer.status)
        read = [to_movement(row) for row in rows(shown)]
        found = [one for one in read if one is not None]
        more = self._api.follow.go_on("bibi inventory_transactions", page, data, asked=form["json"])
        within = tuple(one for one in found if since <= one.at < until)
        return MovementsPage(within, more, unreadable=len(shown or ()) - len(found))

    def codes(self) -> Codes:
        """What the codes of types and reasons mean, in the warehouse's words. Raises MalformedAnswer."""
        types = {
            _short(row.get("transaction_type")): _short(row.get("description"))
            for row in self._rows("transaction_types")
        }
        reasons = {
            (_short(row.get("transaction_type_class")), _short(row.get("reason_code"))): _short(row.get("description"))
            for row in self._rows("reason_codes")
        }
        return Codes(
            {code: words for code, words in types.items() if words},
            {code: words for code, words in reasons.items() if words},
        )

    def _rows(self, path_name: str) -> Iterator[dict[str, Any]]:
        for answer in self._api.pages(path_name):
            shown = answer.data.get("result") if isinstance(answer.data, dict) else None
            if not isinstance(shown, list | dict) and shown not in (None, ""):
                raise MalformedAnswer(f"bibi {path_name}", "the answer has no list of codes", status=answer.status)
            yield from rows(shown)


def to_movement(raw: dict[str, Any]) -> Movement | None:
    """A transaction; None if its SKU, time, quantity or type cannot be read. Quantities come as text with a sign."""
    sku, at, quantity = _short(raw.get("product_number")), raw.get("transaction_date"), whole(raw.get("quantity"))
    kind = raw.get("transaction_type", "")
    if not sku or not isinstance(at, str) or quantity is None or not isinstance(kind, str | int | None):
        return None
    try:
        moment = from_warehouse_text(at)
    except (ValueError, OverflowError):
        return None
    return Movement(
        at=moment,
        sku=sku,
        quantity=quantity,
        kind=_short(kind),
        reason=_short(raw.get("reason_code")),
        source=_short(raw.get("from_reference")),
        target=_short(raw.get("to_reference")),
        lot=_short(raw.get("lot_number")),
        number=_short(raw.get("transaction_number")),
    )


def asked_for(since: datetime, until: datetime, products: Sequence[str] = ()) -> dict[str, str]:
    """The form that asks for the movements of a period: see `BibiMovements.page`."""
    margin = _SECOND if _offset(since - _HOUR) == _offset(until + _HOUR) else _HOUR
    asked: dict[str, Any] = {"date_start": warehouse_text(since - margin), "date_end": warehouse_text(until + margin)}
    if products:
        asked["product_number"] = products[0] if len(products) == 1 else list(products)
    return {"json": json.dumps(asked, ensure_ascii=False)}


def _offset(moment: datetime) -> timedelta | None:
    return moment.astimezone(WAREHOUSE_ZONE).utcoffset()


def _short(value: object) -> str:
    """A text on one line, shortened; empty for anything else, because only SKU, time and quantity are required."""
    return " ".join(text_or_empty(value).split())[:_LONGEST]
