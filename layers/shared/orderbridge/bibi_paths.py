"""The paths that BiBi's documents leave out, or show in part: assumed here, and nowhere else.

The documents describe advance shipping notices, bills of materials, shipments and inventory transactions with their
fields, but without the address of the call. The assumed ones follow the style of those that are documented
(``submitOrder``, ``listReturns``, ``inventory/transactionTypes``). Where one is wrong, the merchant's setting
``bibi.paths`` corrects it, ``{"shipments": "getShipments"}``, and no code has to change; ``merchants check`` asks those
that only read, and says which answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

DOCUMENTED: Final = frozenset({"return_label", "transaction_types", "ship_methods", "pay_methods", "product_statuses"})
"""Of the paths below, those that stand in BiBi's documents."""

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
"""Paths below the base URL, by the names that ``bibi.paths`` knows. A number or SKU follows after a slash where the
documents say that it stands in the URL.
"""

_PATH: Final = re.compile(r"/?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*", re.ASCII)
_LONGEST: Final = 100


def checked_paths(given: Mapping[str, str]) -> dict[str, str]:
    """What stands in ``bibi.paths``, without leading slashes.

    Raises:
        ValueError: for a name that there is not, with the nearest one, and for what is no path below the base URL.
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
        suffix: an order number or SKU that follows in the URL; empty where none does.

    >>> path_of("return_label", {}, "47/11")
    '/returnLabel/47%2F11'
    """
    path = "/" + given.get(name, PATHS[name])
    return f"{path}/{quote(suffix, safe='')}" if suffix else path
