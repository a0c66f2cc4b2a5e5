"""BiBi's advance shipping notices, and what the warehouse does when the goods arrive.

The portal shows fields and answers without the paths. Where it is silent, this is strict: unknown fields, missing ones
and products that are not in the system are refused; a closed notice takes no more products.
"""

import re
from datetime import date
from typing import Any

from local.simulators.bibi.account import Account
from local.simulators.bibi.records import SHOWN_LINE, Asn
from local.simulators.bibi.service import Service
from local.simulators.server import Answer

REQUIRED = (
    "asn_bol_track_number",
    "date_shipped",
    "expected_delivery_date",
    "shipment_origination_country",
    "destination_warehouse",
)
OPTIONAL = (
    "carrier_name",
    "carrier_phone",
    "shipment_origination_city",
    "shipment_origination_state",
    "po_number",
)
NOT_ADDED = "ASN Product could not be added"
HEADER_NOT_ADDED = "ASN header information could not be added."


def receive(account: Account, tracking_number: str, quantities: dict[str, int], *, close: bool = True) -> None:
    """The warehouse books the goods of a notice in, and closes it."""
    for number, quantity in quantities.items():
        account.receive(number, quantity)
    if close:
        account.notices[tracking_number].status = "Closed"


class AsnRoutes:
    """The routes, on a service."""

    def __init__(self, bibi: Service) -> None:
        self._bibi = bibi
        routes = {
            "asn_create": self._create,
            "asn_add_product": self._add_product,
            "asn_delete_product": self._delete_product,
            "asn_update_status": self._update_status,
            "asn_get": self._get,
            "asn_get_product": self._get_product,
            "asn_delete": self._delete,
        }
        for name, handler in routes.items():
            bibi.route(f"POST /{bibi.paths[name]}", handler)
        for method in ("GET", "POST"):
            bibi.route(f"{method} /{bibi.paths['asn_list']}", self._list)

    def _create(self) -> Answer:
        asked = self._asked("Header", "Products")
        header, products = asked.get("Header"), asked.get("Products")
        if not isinstance(header, dict) or not isinstance(products, list):
            raise self._bibi.refuse("Header and Products are required.")
        self._check_header(header)
        notices = self._bibi.account().notices
        number = header["asn_bol_track_number"]
        if number in notices:
            raise self._bibi.refuse(HEADER_NOT_ADDED)
        made = Asn(len(notices) + 42, {name: str(header.get(name, "")) for name in (*REQUIRED, *OPTIONAL)})
        for product in products:
            self._put_line(made, product, more=("upc_code", "lot_number"))
        notices[number] = made
        return self._bibi.success(str(made.id), "ASN has been created.")

    def _check_header(self, header: dict[str, Any]) -> None:
        if unknown := header.keys() - {*REQUIRED, *OPTIONAL}:
            raise self._bibi.refuse(f"Unknown header field {min(unknown)}.")
        if not all(isinstance(value, str) for value in header.values()):
            raise self._bibi.refuse(HEADER_NOT_ADDED)
        if absent := [name for name in REQUIRED if not header.get(name)]:
            raise self._bibi.refuse(f"{absent[0]} is required.")
        for name in ("date_shipped", "expected_delivery_date"):
            try:
                date.fromisoformat(header[name])
            except ValueError:
                raise self._bibi.refuse(f"{name} must be YYYY-MM-DD.") from None
        if not re.fullmatch("[A-Z]{2}", header["shipment_origination_country"]):
            raise self._bibi.refuse("shipment_origination_country must be two letters.")

    def _put_line(self, notice: Asn, product: Any, *, more: tuple[str, ...] = ()) -> str:
        if not isinstance(product, dict) or product.keys() - {"product_number", "quantity", *SHOWN_LINE, *more}:
            raise self._bibi.refuse(NOT_ADDED)
        if not all(isinstance(value, str) for value in product.values()):
            raise self._bibi.refuse(NOT_ADDED)
        number = product.get("product_number") or self._by_upc(product.get("upc_code", ""))
        quantity = product.get("quantity", "")
        upc = product.get("upc_code", "")
        known = number in self._bibi.account().products
        whole = quantity.isdigit() and int(quantity) > 0
        if not known or not whole or number in notice.lines or (upc and not re.fullmatch("[0-9]{12}", upc)):
            raise self._bibi.refuse(NOT_ADDED)
        notice.lines[number] = product
        return number

    def _by_upc(self, upc: str) -> str:
        products = self._bibi.account().products
        return next((number for number, one in products.items() if upc and str(one.get("upc_code", "")) == upc), "")

    def _add_product(self) -> Answer:
        asked = self._asked("asn_bol_track_number", "product_number", "quantity", *SHOWN_LINE)
        notice = self._notice(asked)
        if notice.status == "Closed":
            raise self._bibi.refuse(NOT_ADDED)
        line = {name: value for name, value in asked.items() if name != "asn_bol_track_number"}
        self._put_line(notice, line)
        return self._bibi.success(str(len(notice.lines) + 63), "ASN product added.")

    def _delete_product(self) -> Answer:
        asked = self._asked("asn_bol_track_number", "product_number")
        notice = self._notice(asked)
        if notice.status == "Closed" or asked.get("product_number") not in notice.lines:
            raise self._bibi.refuse("ASN product could not be deleted.")
        del notice.lines[asked["product_number"]]
        return self._bibi.success(message="ASN product deleted.")

    def _update_status(self) -> Answer:
        asked = self._asked("asn_bol_track_number", "status")
        if asked.get("status") not in ("Open", "Closed"):
            raise self._bibi.refuse("status must be Open or Closed.")
        self._notice(asked).status = asked["status"]
        return self._bibi.success()

    def _get(self) -> Answer:
        notice = self._notice(self._asked("asn_bol_track_number"))
        lines = [notice.shown_line(number, self._description(number)) for number in notice.lines]
        return self._bibi.success({"header": notice.shown_header(), "products": lines}, "ASN fetched")

    def _get_product(self) -> Answer:
        asked = self._asked("asn_bol_track_number", "product_number")
        notice, number = self._notice(asked), asked.get("product_number")
        if number not in notice.lines:
            raise self._bibi.refuse("ASN product was not found.", 404)
        ids = {"id": "55", "asn_header_id": str(notice.id), "asn_bol_track_number": asked["asn_bol_track_number"]}
        return self._bibi.success([ids | notice.shown_line(number, self._description(number))])

    def _list(self) -> Answer:
        fields = self._bibi.form("offset")
        return self._bibi.listed([one.shown_header() for one in self._bibi.account().notices.values()], fields)

    def _delete(self) -> Answer:
        asked = self._asked("asn_bol_track_number")
        self._notice(asked)
        del self._bibi.account().notices[asked["asn_bol_track_number"]]
        return self._bibi.success(message="ASN deleted.")

    def _asked(self, *known: str) -> dict[str, Any]:
        asked = self._bibi.json_field(self._bibi.form("json"), "json")
        if not isinstance(asked, dict) or asked.keys() - set(known):
            raise self._bibi.refuse(f"json takes {', '.join(known)}.")
        return asked

    def _notice(self, asked: dict[str, Any]) -> Asn:
        found = self._bibi.account().notices.get(str(asked.get("asn_bol_track_number")))
        if found is None:
            raise self._bibi.refuse("ASN was not found.", 404)
        return found

    def _description(self, number: str) -> str:
        return str(self._bibi.account().products[number]["short_description"])
