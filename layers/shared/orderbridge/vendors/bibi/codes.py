"""The lists of codes that each account at the warehouse has of its own: ship methods, pay methods, product statuses."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orderbridge.orders.terms import MOST_CODE_PAGES
from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused
from orderbridge.vendors.bibi.models import NOTHING, Unreadable

if TYPE_CHECKING:
    from orderbridge.vendors.bibi.api import BibiApi

_CODES: Final = ("code", "product_status", "status")
_NAMES: Final = ("short", "name", "description")


def read_codes(api: BibiApi, name: str) -> list[tuple[str, str]]:
    """All pages of a list: codes with their names. Both may occur more than once.

    Raises:
        MalformedAnswer: the list is empty, refused, or has an entry that cannot be read. Each account has entries in
            each list, and a missing entry would count as one that the account does not have.
    """
    operation, found = f"bibi {name}", list[tuple[str, str]]()
    try:
        for answer in api.pages(name, at_most=MOST_CODE_PAGES):
            found += to_codes((answer.data or {}).get("result"))
    except Unreadable:
        raise MalformedAnswer(operation, "the list cannot be read") from None
    except (NotFound, Refused) as error:
        raise MalformedAnswer(operation, error.detail, status=error.status) from None
    if not found:
        raise MalformedAnswer(operation, "the list is empty")
    return found


def to_codes(result: object) -> list[tuple[str, str]]:
    """Codes with their names, of a list such as listShipMethods.

    Raises Unreadable for an entry without a code or a name.

    The documents show ``{code, short}`` and ``{code, name}``, and nothing for the statuses of products: a list of texts
    and a map are accepted too.

    >>> to_codes([{"code": "02", "short": "UPS Ground"}]), to_codes({"R1": "Regular"}), to_codes(["R1"])
    ([('02', 'UPS Ground')], [('R1', 'Regular')], [('R1', 'R1')])
    """
    if result in (None, ""):
        return []
    if isinstance(result, list):
        return [_code_and_name(entry, entry) for entry in result]
    if isinstance(result, dict):
        return [_code_and_name(entry, code) for code, entry in result.items()]
    raise Unreadable


def _code_and_name(entry: object, code: object) -> tuple[str, str]:
    if isinstance(entry, dict):
        code = next((entry[field] for field in _CODES if entry.get(field) not in NOTHING), code)
        entry = next((entry[field] for field in _NAMES if entry.get(field) not in NOTHING), str(code))
    if not isinstance(entry, str) or isinstance(code, bool) or not isinstance(code, str | int | Decimal):
        raise Unreadable
    pair = str(code).strip(), entry.strip()
    if not all(pair):
        raise Unreadable
    return pair
