"""The demo's delivery: a file announces goods, the warehouse receives them one piece short and closes the notice."""

import json
from datetime import timedelta
from typing import Any, Protocol

from local.clock import ScaledClock
from local.simulators.bibi import Account as Warehouse
from local.simulators.bibi.asn import receive

NUMBER = "BOL-2001"
ANNOUNCED = {"NOTEBOOK": 60, "POSTER-A2": 20}
RECEIVED = {"NOTEBOOK": 59, "POSTER-A2": 20}
_FILE = "inbound/acme/Lieferung März.csv"


class Bucket(Protocol):
    """The stack's documents."""

    def put(self, key: str, body: bytes, content_type: str = ...) -> str: ...

    def get(self, key: str) -> bytes | None: ...


class Delivery:
    """One shipment of acme to its warehouse; what it needs is the bucket, once there is one."""

    def __init__(self, clock: ScaledClock) -> None:
        self._clock = clock
        self.bucket: Bucket | None = None

    def announce(self) -> str:
        """Drop a file as a German spreadsheet writes it; gives what there is to say."""
        assert self.bucket is not None
        today = self._clock.now().date()
        fields = {
            "Sendungsnummer": NUMBER,
            "Versanddatum": f"{today:%d.%m.%Y}",
            "Liefertermin": f"{today + timedelta(days=7):%d.%m.%Y}",
            "Land": "CN",
            "Lager": "Wisconsin",
        }
        lines = [f"{name};{value}" for name, value in fields.items()]
        lines += ["", "Artikelnummer;Menge;Stück je Innenkarton"]
        lines += [f"{sku};{quantity};" for sku, quantity in ANNOUNCED.items()]
        self.bucket.put(_FILE, "\r\n".join(lines).encode("cp1252"), "text/csv")
        return f"acme drops a file that announces {len(ANNOUNCED)} products to the warehouse as {NUMBER}"

    def arrive(self, warehouse: Warehouse) -> None:
        """The warehouse books the goods in; `check` reports goods that were never announced."""
        if NUMBER in warehouse.notices:
            receive(warehouse, NUMBER, RECEIVED)

    def told(self) -> list[str]:
        """What the result files say, the one beside the file and the list of what arrived."""
        answers = [self._json(f"{_FILE}.result.json"), self._json(f"inbound/acme/{NUMBER}.received.json")]
        return [f"acme: {text}" for answer in answers for text in answer.get("text", [])]

    def differences(self) -> list[str]:
        """The unexpected results."""
        expected = [
            f"acme: {NUMBER}: announced to the warehouse",
            "acme: 2 products, 80 pieces",
            f"acme: {NUMBER}: 79 of 80 pieces received; NOTEBOOK: 1 missing",
        ]
        return [] if self.told() == expected else [f"acme: the delivery was answered with {self.told()}"]

    def _json(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.bucket.get(key) if self.bucket else None) or b"{}")
        return found
