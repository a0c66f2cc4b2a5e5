"""BiBi's reference lists. Ship methods, pay methods and statuses are the documents' own.

The documents show excerpts of states and countries; here they are complete, in the documented shape.
"""

import json
from pathlib import Path
from typing import Any


def words(text: str) -> list[str]:
    """Field names, written as one text to stay readable."""
    return text.split()


_HERE = Path(__file__).parent

SHIP_METHODS: list[dict[str, str]] = json.loads((_HERE / "ship_methods.json").read_text("utf-8"))
COUNTRIES: list[dict[str, str]] = json.loads((_HERE / "countries.json").read_text("utf-8"))
COUNTRY_CODES = frozenset(country["iso"] for country in COUNTRIES)

PAY_METHODS: list[dict[str, str]] = [
    {"code": "PP", "name": "Pre-Paid"},
    {"code": "VI", "name": "Visa"},
    {"code": "MC", "name": "MasterCard"},
    {"code": "AX", "name": "American Express"},
    {"code": "DI", "name": "Discover"},
]
UNLISTED_PAY_METHODS = frozenset({"CP", "PY", "EC"})
"""Named by the description of PayMethod, but not by the list."""

_BOTH = ["detail", "header"]
ORDER_STATUSES: dict[str, list[str]] = {
    "Backordered": _BOTH,
    "Backordered - HTC": ["detail"],
    "Cancelled": _BOTH,
    "Collate Printed": _BOTH,
    "Decline": _BOTH,
    "Draft": _BOTH,
    "Mixed": ["header"],
    "New": _BOTH,
    "Pack Checked": _BOTH,
    "Pending": _BOTH,
    "Processed": _BOTH,
    "Returned": _BOTH,
    "Shipped": _BOTH,
    "ShippedExternal": _BOTH,
}
# The text on orderStatus names two more spellings than listOrderStatuses.
STATUS_FILTERS = frozenset(ORDER_STATUSES) | {"Hold", "Declined"}
DETAIL_STATUSES = frozenset(name for name, levels in ORDER_STATUSES.items() if "detail" in levels) | {
    "Hold",
    "Declined",
}

# The documents use R1 in every sample and show no list.
PRODUCT_STATUSES: list[dict[str, str]] = [
    {"code": "R1", "description": "Regular"},
    {"code": "D1", "description": "Discontinued"},
]

_STATES = """
AL ALABAMA|AK ALASKA|AZ ARIZONA|AR ARKANSAS|CA CALIFORNIA|CO COLORADO|CT CONNECTICUT|DE DELAWARE
DC DISTRICT OF COLUMBIA|FL FLORIDA|GA GEORGIA|HI HAWAII|ID IDAHO|IL ILLINOIS|IN INDIANA|IA IOWA|KS KANSAS
KY KENTUCKY|LA LOUISIANA|ME MAINE|MD MARYLAND|MA MASSACHUSETTS|MI MICHIGAN|MN MINNESOTA|MS MISSISSIPPI
MO MISSOURI|MT MONTANA|NE NEBRASKA|NV NEVADA|NH NEW HAMPSHIRE|NJ NEW JERSEY|NM NEW MEXICO|NY NEW YORK
NC NORTH CAROLINA|ND NORTH DAKOTA|OH OHIO|OK OKLAHOMA|OR OREGON|PA PENNSYLVANIA|RI RHODE ISLAND
SC SOUTH CAROLINA|SD SOUTH DAKOTA|TN TENNESSEE|TX TEXAS|UT UTAH|VT VERMONT|VA VIRGINIA|WA WASHINGTON
WV WEST VIRGINIA|WI WISCONSIN|WY WYOMING|AS AMERICAN SAMOA|GU GUAM|MP NORTHERN MARIANA ISLANDS|PR PUERTO RICO
VI VIRGIN ISLANDS|AA ARMED FORCES AMERICAS|AE ARMED FORCES EUROPE|AP ARMED FORCES PACIFIC
"""
STATES: list[dict[str, str]] = [
    {"name": entry[3:], "abbrev": entry[:2]} for line in _STATES.split("\n") for entry in line.split("|") if entry
]
STATE_CODES = frozenset(state["abbrev"] for state in STATES)

LISTS: dict[str, Any] = {
    "listShipMethods": SHIP_METHODS,
    "listPayMethods": PAY_METHODS,
    "listCountries": COUNTRIES,
    "listStates": STATES,
    "listOrderStatuses": ORDER_STATUSES,
    "listProductStatusCodes": PRODUCT_STATUSES,
}
