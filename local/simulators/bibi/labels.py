"""BiBi's return labels: each call makes one, from an order's number or from an address.

The documents show the shape of the answer and leave open what a label looks like; here it is a small PNG.
"""

import base64
import struct
import zlib
from typing import Any

from local.simulators.bibi import lists
from local.simulators.bibi.account import Account
from local.simulators.bibi.service import Service
from local.simulators.server import Answer

_ADDRESS = frozenset(
    lists.words("firstname lastname company street ref1 ref2 city state zip country_code"),
)
_REQUIRED = ("street", "city", "zip", "country_code")


class LabelRoutes:
    """The routes, on a service."""

    def __init__(self, bibi: Service) -> None:
        self._bibi = bibi
        bibi.route(f"POST /{bibi.paths['return_label']}", self._from_fields)
        bibi.route(f"POST /{bibi.paths['return_label']}/{{number}}", self._of_order)

    def _of_order(self, number: str) -> Answer:
        fields = self._bibi.form("json")
        if "json" in fields:
            self._check_parcel(self._object(fields))
        return self._made(number)

    def _from_fields(self) -> Answer:
        asked = self._object(self._bibi.form("json"))
        self._check_parcel(asked)
        match asked:
            case {"customer_order_number": str(number)} if number:
                return self._made(number)
            case {"address": dict(address)}:
                self._check_address(address)
                return self._made("")
        raise self._bibi.refuse("customer_order_number or address is required.")

    def _object(self, fields: dict[str, str]) -> dict[str, Any]:
        asked = self._bibi.json_field(fields, "json")
        if not isinstance(asked, dict):
            raise self._bibi.refuse("json must be an object.")
        if unknown := asked.keys() - {"customer_order_number", "address", "weight", "ship_method"}:
            raise self._bibi.refuse(f"Unknown field {min(unknown)}.")
        return asked

    def _check_parcel(self, asked: dict[str, Any]) -> None:
        weight = asked.get("weight", 1)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 150:
            raise self._bibi.refuse("weight must be pounds.")
        if asked.get("ship_method", "24") not in self._bibi.account().ship_methods:
            raise self._bibi.refuse("ship_method is not known.")

    def _check_address(self, address: dict[str, Any]) -> None:
        if unknown := address.keys() - _ADDRESS:
            raise self._bibi.refuse(f"Unknown field {min(unknown)}.")
        for name in _REQUIRED:
            if not isinstance(address.get(name), str) or not address[name]:
                raise self._bibi.refuse(f"{name} is required.")
        if address["country_code"] not in lists.COUNTRY_CODES:
            raise self._bibi.refuse("country_code is not known.")

    def _made(self, number: str) -> Answer:
        account = self._bibi.account()
        if number and not self._bibi.order(number).tracking:
            raise self._bibi.refuse(f"Order {number} has not shipped.")
        if account.label_refusal:
            raise self._bibi.refuse(account.label_refusal)
        return self._bibi.success([{"label": make(account, number)}])


def make(account: Account, number: str) -> str:
    """A new label in base64: what a test sets, or a picture with its number in it."""
    account.labels.append(number)
    if account.label_text is not None:
        return account.label_text
    return base64.b64encode(picture(f"return {number} {len(account.labels)}")).decode()


def picture(text: str) -> bytes:
    """A PNG of one white dot, with a text that no viewer shows."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        (b"tEXt", b"Comment\0" + text.encode("latin-1", "replace")),
        (b"IDAT", zlib.compress(b"\0\xff")),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
