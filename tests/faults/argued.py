"""Cases that may end differently from an undisturbed run, each with its reason. All others may not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.faults.matrix import Case


@dataclass(frozen=True)
class Argued:
    """What may differ, as patterns of the whole case and of the whole difference."""

    case: str
    differing: str
    found: str
    because: str

    def covers(self, case: Case, path: str, found: Any) -> bool:
        texts = ((self.case, f"{case.scene}: {case}"), (self.differing, path), (self.found, repr(found)))
        return all(re.fullmatch(pattern, text, re.DOTALL) for pattern, text in texts)


ARGUED = (
    Argued(
        r"changes: killed (before|after) .*",
        r"orders\.4\.(told|ledger\.(told|pieces\.\S+))",
        r".*An earlier attempt got no answer.*|.*'change_refused'.*|None",
        "A change is intended in the ledger before its call. If the worker dies in between, nobody can say whether the"
        " warehouse has the changed order; where it declines the next attempt, the merchant is told just that, and the"
        " pieces count as unknown (docs/design/orders.md, Following the merchant).",
    ),
    Argued(
        r".*: wrong type of .*tracking_numbers(\.0)? \(str\) at bibi POST /orderStatus .*",
        r"orders\.[13]\.(shipments|ledger\.parcels)",
        r".*'text'.*",
        "A tracking number as plain text is one of the shapes that are read, since the warehouse's documentation shows"
        " only one example: `text` is then a number like any other.",
    ),
    Argued(
        r".*: wrong type of .*tracking_numbers(\.0(\.\w+(\.cost)?)?)? \(\w+\) at bibi POST /orderStatus .*",
        r"costs|orders\.\d\.parcels' costs\.\w+",
        r"\[(MonthlyCost.*)?\]|None",
        "What a parcel costs is read with its number, when it is posted. A cost that cannot be read then holds nothing"
        " up (R27): the order is shipped without it.",
    ),
    Argued(
        r".*: (429 with a long hint|wrong type of all \(dict\)) at billbee GET /(shipment|enums)/shipping\w+ .*",
        r"orders\.\d\.shipments",
        r"\[(\('\w+', 0, \d+, \d+\)(, )?)+\]",
        "No parcel waits for Billbee's lists of carriers and providers (R15): it is posted with its number, and without"
        " what the list would have told. The list is asked for again after 15 minutes.",
    ),
    Argued(
        r"changes: JSON cut off at bibi POST /updateOrder/\{number\} .*",
        r"orders\.4\.told",
        r".*came too late or cannot be made.* / BAD REQUEST \[OB-401\].*",
        "Where a refusal cannot be read, the merchant is told its HTTP reason instead of the warehouse's own words. The"
        " message that the change came too late is the same.",
    ),
    Argued(
        r"lost ledger: wrong type of Data\.0\.ShippingIds(\.0(\.\w+)?)? \(\w+\) at billbee GET /orders .*",
        r"costs|orders\.3\.parcels' costs\.1Z3",
        r"\[MonthlyCost.*parcels=1, .*\]|\(Decimal\('3\.74'\), ''\)",
        "An order whose parcels in Billbee cannot be read is taken over without them. The tracking then reads its"
        " parcel and what it cost; undisturbed, a parcel that Billbee has already is not looked at again.",
    ),
    Argued(
        r".*: wrong type of all \(dict\) at billbee GET /enums/shippingcarriers .*",
        r"orders\.\d\.shipments",
        r"\[(\('\w+', 0, 0, 0\)(, )?)+\]",
        "A map of names and numbers is one of the two shapes that this undocumented answer may have. It names no"
        " carrier we know, so the parcels are posted without one.",
    ),
    Argued(
        r"labels: wrong type of result\.\d\.tracking_url \(\w+\) at bibi GET /listShipments/.*",
        r"orders\.\d\.parcels' costs\.\w+",
        r"\(Decimal\('[0-9.]+'\), ''\)",
        "A link that is no text is left out: what the parcel cost is worth more than its link, and is read once.",
    ),
    Argued(
        r"stock: wrong type of ErrorMessage \(dict\) at billbee (POST|PUT) /orders/\{id\}/(shipment|orderstate) .*",
        r"figures\.MUG-01",
        r"\(7, False, True, 7\)",
        "A message without a code is a refusal (R14): the parcel, or the state, is tried again after an hour. What left"
        " then gets its figure with the next run of the stock.",
    ),
    Argued(
        r"kits: wrong type of message \(str\) at bibi POST /upsertProducts .*",
        r"(boms|kits)\.BOX-2|products\.50004|orders\.2\..*",
        r"None|.*OB-305.*|\['bibi', 'order_rejected_by_bibi'\]|'rejected'|\['rejected'\]",
        "A message that says neither inserted nor updated is a refusal of that product (R19). A kit that was refused is"
        " not at the warehouse, and its order is rejected with these words (R26).",
    ),
    Argued(
        r"lost ledger: wrong type of Data\.0\.State \(str\) at billbee GET /orders .*",
        r"figures\..*",
        r"\(None, False, True, None\)",
        "An order without a readable state is taken over as acknowledged instead of shipped, and gets there by the"
        " tracking. Its stock is then looked at once more; no parcel is posted again.",
    ),
)


def unexplained(case: Case, differing: dict[str, Any]) -> dict[str, Any]:
    """The differences that no argument covers."""
    return {
        path: both for path, both in differing.items() if not any(one.covers(case, path, both[0]) for one in ARGUED)
    }
