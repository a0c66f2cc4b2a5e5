"""BiBi's inventory transactions, with its types and reason codes. The names of staff that it shows are made up."""

from datetime import datetime
from typing import Any

from local.simulators.bibi.service import Service
from local.simulators.server import Answer

PAGE = 100
TYPES = {
    "S": "Stock Adjust",
    "R": "Returns",
    "M": "Movement",
    "A": "Auto Move",
    "W": "Warehouse Backorder",
    "P": "PO Receipt",
}
_ADJUST = (
    "Missing|Found|Physical Count|Substitute SKU|To/From Repl Parts|Donations|For Company Use|For Personal Use|"
    "Disposal - Client|Disposal - Thill|File Maintenance|Receipts|Return to Vendor|Employee Sale|Damaged Returns|"
    "Cust Serv Samples|Samples|False Inventory|Usable Returns|To TV SKU|From Retail SKU"
)
_MOVEMENT = "Move to Primary|Reslot Inventory|Move to Damaged"
REASONS = [
    {"reason_code": f"{code:02d}", "description": text, "transaction_type_class": kind}
    for kind, texts in (("Adjust", _ADJUST), ("Movement", _MOVEMENT))
    for code, text in enumerate(texts.split("|"), start=1)
]


class MovementRoutes:
    """The routes, on a service; only that of the types is documented."""

    def __init__(self, bibi: Service) -> None:
        self._bibi = bibi
        bibi.route(f"POST /{bibi.paths['inventory_transactions']}", self._transactions)
        types = [{"transaction_type": code, "description": text} for code, text in TYPES.items()]
        for method in ("GET", "POST"):
            bibi.route(f"{method} /{bibi.paths['transaction_types']}", lambda: bibi.listed(types, bibi.form("offset")))
            bibi.route(f"{method} /{bibi.paths['reason_codes']}", lambda: bibi.listed(REASONS, bibi.form("offset")))

    def _transactions(self) -> Answer:
        refuse = self._bibi.refuse
        fields = self._bibi.form("json", "offset")
        query = self._bibi.json_field(fields, "json")
        if not isinstance(query, dict) or query.keys() - {
            "product_number",
            "date_start",
            "date_end",
            "transaction_type",
        }:
            raise refuse("json takes product_number, date_start, date_end and transaction_type.")
        products, types = (_texts(query.get(name)) for name in ("product_number", "transaction_type"))
        if products is None or types is None:
            raise refuse("product_number and transaction_type must be text or an array of texts.")
        if unknown := set(types) - TYPES.keys():
            raise refuse(f"The transaction_type {min(unknown)} is not known.")
        start, end = query.get("date_start", ""), query.get("date_end", "9999-12-31 23:59:59")
        if ("date_start" in query) != ("date_end" in query) or not (_is_time(start or end) and _is_time(end)):
            raise refuse("date_start and date_end must be YYYY-MM-DD HH:MM:SS, and come together.")
        rows = [
            row
            for row in sorted(self._bibi.account().transactions, key=lambda row: str(row["transaction_date"]))
            if start <= row["transaction_date"] <= end
            and (not products or row["product_number"] in products)
            and (not types or row["transaction_type"] in types)
        ]
        return self._bibi.listed(rows, fields, size=PAGE)


def _texts(value: Any) -> list[str] | None:
    found = [] if value is None else value if isinstance(value, list) else [value]
    return found if all(isinstance(one, str) for one in found) else None


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M:%S") == value
    except ValueError:
        return False
