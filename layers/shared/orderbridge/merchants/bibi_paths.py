"""The paths that BiBi's documents leave out, or show in part: assumed here, and nowhere else.

The documents describe advance shipping notices, bills of materials, shipments and inventory transactions with their
fields, but without the address of the call. The assumed paths follow the style of the documented ones (``submitOrder``,
``listReturns``, ``inventory/transactionTypes``). If one is wrong, the merchant's setting ``bibi.paths`` corrects it
without a change of code, e.g. ``{"shipments": "getShipments"}``. ``merchants check`` calls those that only read and
says which answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

DOCUMENTED: Final = frozenset({"return_label", "transaction_types", "ship_methods", "pay_methods", "product_statuses"})
"""Those of the paths below that are in BiBi's documents."""

PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asn_create": "createASN",
        "asn_add_product": "addASNProduct",
        "asn_delete_product": "deleteASNProduct",
        "asn_update_status": "updateASNStatus",
        "asn_get": "getASN",
        "asn_get_product": "getASNProduct",
        "asn_list": "listASNs",
        "asn_delete": "deleteASN",
        "bom_upsert": "upsertBOM",
        "bom_upsert_many": "upsertBOMs",
        "bom_get": "listBOM",
        "bom_list": "listBOMs",
        "shipments": "listShipments",
        "inventory_transactions": "inventory/transactions",
        "transaction_types": "inventory/transactionTypes",
        "reason_codes": "inventory/reasonCodes",
        "return_label": "returnLabel",
        "ship_methods": "listShipMethods",
        "pay_methods": "listPayMethods",
        "product_statuses": "listProductStatusCodes",
    }
)
"""Paths below the base URL, by the names that ``bibi.paths`` knows. If the documents say that a number or SKU is part
of the URL, it follows after a slash.
"""

_PATH: Final = re.compile(r"/?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*", re.ASCII)
_LONGEST: Final = 100


def checked_paths(given: Mapping[str, str]) -> dict[str, str]:
    """The value of ``bibi.paths``, without leading slashes.

    Raises:
        ValueError: for an unknown name (the error names the nearest one), and for a text that is no path below the base
            URL.
    """
    for name, path in given.items():
        if name not in PATHS:
            nearest = get_close_matches(name, PATHS, n=1, cutoff=0)
            raise ValueError(f"there is no path {name[:40]!r}: did you mean {nearest[0]!r}?")
        if len(path) > _LONGEST or not _PATH.fullmatch(path):
            raise ValueError(
                f"the path of {name!r} must be words with slashes between them, e.g. {PATHS[name]!r}, without the host"
            )
    return {name: path.lstrip("/") for name, path in given.items()}


def path_of(name: str, given: Mapping[str, str], suffix: str = "") -> str:
    """The path to call, from the base URL on.

    Args:
        name: one of ``PATHS``.
        given: the merchant's corrections, checked.
        suffix: an order number or SKU that follows in the URL; empty for none.

    >>> path_of("return_label", {}, "47/11")
    '/returnLabel/47%2F11'
    """
    path = "/" + given.get(name, PATHS[name])
    return f"{path}/{quote(suffix, safe='')}" if suffix else path
