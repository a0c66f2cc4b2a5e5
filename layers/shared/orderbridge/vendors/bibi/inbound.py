"""BiBi's advance shipping notices (ASN): what is announced to the warehouse, and the warehouse's answers.

The calls are documented without their paths (``bibi_paths.py``). All post one field, ``json``;
numbers come back as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from orderbridge.inbound.notice import CLOSED, Header, Notice, NoticeLine, WarehouseNotice
from orderbridge.ledger.ean import upc
from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused
from orderbridge.vendors.bibi.models import rows, whole_number
from orderbridge.vendors.bibi.refusals import raise_unless_none

if TYPE_CHECKING:
    from orderbridge.vendors.bibi.api import BibiApi

_MOST_PAGES: Final = 200

_NO_SUCH_NOTICE: Final = re.compile(
    r"\bnot\s+(be\s+)?fetched\b|\bno\s+(such\s+|matching\s+)?(asns?|notices?)\b"
    r"|\b(unknown|invalid)\s+(asn|asn_bol_track_number)\b",
    re.IGNORECASE,
)
"""A refusal that means "no such notice". The wording is not documented."""


class BibiInbound:
    """Announces goods for a merchant. Every method raises the errors of ``orderbridge.platform.errors``."""

    def __init__(self, api: BibiApi) -> None:
        self._api = api

    def create(self, notice: Notice) -> str:
        """Announce goods. Returns the warehouse's number of the notice.

        Raises:
            Refused: also if the tracking number exists already; ask for it.
            UnknownOutcome: ask before it is sent again.
        """
        answer = self._api.call("asn_create", _form(sent_notice(notice)), repeatable=False)
        result = (answer.data or {}).get("result")
        return str(result)[:40] if isinstance(result, str | int) and not isinstance(result, bool) else ""

    def get(self, tracking_number: str) -> WarehouseNotice | None:
        """A notice with its products, or None if the warehouse has no notice of that number."""
        try:
            answer = self._api.call("asn_get", _form(_by_number(tracking_number)))
        except (NotFound, Refused) as error:
            raise_unless_none(error, _NO_SUCH_NOTICE)
            return None
        result: object = (answer.data or {}).get("result")
        if isinstance(result, list) and len(result) == 1:  # not excluded by the documents
            result = result[0]
        if not result:
            return None
        header = result.get("header") if isinstance(result, dict) else None
        if not isinstance(result, dict) or not isinstance(header, dict):
            raise MalformedAnswer("bibi asn_get", "the answer has no header", status=answer.status)
        found = _notice(header, list(rows(result.get("products"))))
        if found is None or found.tracking_number.casefold() != tracking_number.casefold():
            raise MalformedAnswer("bibi asn_get", "the answer shows another notice", status=answer.status)
        return found

    def list(self) -> dict[str, WarehouseNotice]:
        """The notices that the list shows, by folded tracking number, without their products."""
        found: list[WarehouseNotice | None] = []
        for answer in self._api.pages("asn_list", at_most=_MOST_PAGES):
            shown = (answer.data or {}).get("result")
            if not isinstance(shown, list | dict) and shown not in (None, ""):
                raise MalformedAnswer("bibi asn_list", "the answer has no list of notices", status=answer.status)
            found += [_notice(row, []) for row in rows(shown)]
        return {one.tracking_number.casefold(): one for one in found if one is not None}

    def add_product(self, tracking_number: str, line: NoticeLine) -> None:
        """Add a product to a notice. May be repeated: the warehouse takes each product once and then refuses."""
        self._api.call("asn_add_product", _form(_by_number(tracking_number) | _sent_line(line, with_upc=False)))

    def delete_product(self, tracking_number: str, sku: str) -> None:
        """Remove a product from a notice. May be repeated."""
        self._api.call("asn_delete_product", _form(_by_number(tracking_number) | {"product_number": sku}))

    def close(self, tracking_number: str) -> None:
        """Close a notice: nothing more will arrive. May be repeated."""
        self._api.call("asn_update_status", _form(_by_number(tracking_number) | {"status": CLOSED}))

    def delete(self, tracking_number: str) -> None:
        """Withdraw a notice. May be repeated."""
        self._api.call("asn_delete", _form(_by_number(tracking_number)))


def sent_notice(notice: Notice) -> dict[str, Any]:
    """The documented shape; what is not known is empty text, as in the sample."""
    return {"Header": _sent_header(notice.header), "Products": [_sent_line(line) for line in notice.lines]}


def _sent_header(header: Header) -> dict[str, str]:
    return {
        "asn_bol_track_number": header.tracking_number,
        "date_shipped": header.date_shipped.isoformat(),
        "expected_delivery_date": header.expected_delivery_date.isoformat(),
        "carrier_name": header.carrier,
        "carrier_phone": header.carrier_phone,
        "shipment_origination_city": header.city,
        "shipment_origination_state": header.state,
        "shipment_origination_country": header.country,
        "destination_warehouse": header.destination,
        "po_number": header.po_number,
    }


def _sent_line(line: NoticeLine, *, with_upc: bool = True) -> dict[str, str]:
    """``upc_code`` and ``lot_number`` are in the sample of a whole notice only, and are left out if empty."""
    numbers = {
        "product_number": line.sku,
        "quantity": line.quantity,
        "box_number": line.box_number,
        "number_of_boxes": line.boxes,
        "pallet_number": line.pallet_number,
        "number_of_pallets": line.pallets,
        "number_of_inner_packs": line.inner_packs,
        "number_of_units_inner_pack": line.units_per_inner_pack,
        "weight_of_box": line.box_pounds,
    }
    sent = {name: "" if value is None else str(value) for name, value in numbers.items()}
    if with_upc:
        also = {"upc_code": upc(line.ean), "lot_number": line.lot_number}
        sent |= {name: value for name, value in also.items() if value}
    return sent


def _by_number(tracking_number: str) -> dict[str, str]:
    return {"asn_bol_track_number": tracking_number}


def _form(asked: Mapping[str, Any]) -> dict[str, str]:
    return {"json": json.dumps(asked, ensure_ascii=False)}


def _notice(header: Mapping[str, Any], products: list[dict[str, Any]]) -> WarehouseNotice | None:
    number, status = header.get("asn_bol_track_number"), header.get("status")
    if not isinstance(number, str) or not number or not isinstance(status, str):
        return None
    quantities: dict[str, int] = {}
    for row in products:
        sku = row.get("product_number")
        if isinstance(sku, str) and sku:
            quantities[sku] = quantities.get(sku, 0) + whole_number(row.get("quantity"))
    return WarehouseNotice(number, status, quantities)
