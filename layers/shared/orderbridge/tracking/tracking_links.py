"""Where a parcel can be followed, for carriers whose public address is well known."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_PAGES: Final = {
    "ups": "https://www.ups.com/track?tracknum={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
}
_FORMS: Final = {
    # Patterns of the numbers, for ship methods that name no carrier.
    "ups": re.compile(r"1Z[0-9A-Z]{16}", re.IGNORECASE),
    "usps": re.compile(r"9[2-5]\d{18,20}"),
}


def carrier(ship_method: str, number: str) -> str | None:
    """The carrier whose name is part of the ship method, otherwise the one whose numbers look like this.

    >>> carrier("FedEx Smart Post < 1 Lbs", "61299998877")
    'fedex'
    """
    words = set(re.findall(r"[a-z]+", ship_method.casefold()))
    named = next((name for name in _PAGES if name in words), None)
    return named or next((name for name, form in _FORMS.items() if form.fullmatch(number)), None)


def link(ship_method: str, number: str) -> str | None:
    """The address at which the carrier shows the parcel, or None if not known."""
    name = carrier(ship_method, number)
    return _PAGES[name].format(quote(number, safe="")) if name else None
