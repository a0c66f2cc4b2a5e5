"""Every open reading by itself: each scene must end as it does under the readings that are assumed.

A scene is a short journey of `tests.faults.scenes` or of `tests.readings.scenes`. What is sent twice is booked twice
here, so that it shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from local.simulators.readings import READINGS, of_vendor
from testkit.world import World, world
from tests.faults.matrix import differences, end_of, go_on, play
from tests.faults.scenes import SCENES
from tests.readings.scenes import HAND_MADE, MORE_SCENES

ALL_SCENES = {**SCENES, **MORE_SCENES}
SHOWS_DOUBLES = {"duplicate": "booked"}
NOT_IN_SCENES = {"webhook-signature", "webhook-filters"}
"""Readings of webhooks, which the scenes do without: `tests/e2e/test_serve.py` plays them."""

ARGUED = {
    ("error-message=without-code", "hold"): (
        "orders.2.",
        "The shop no longer has the order, which Billbee says by a documented code. Without a code nobody can tell, so"
        " the order is not cancelled at the warehouse.",
    )
}
"""What may end differently, by case and scene: the beginning of its path, and the reason."""

End = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Readings in force, and what the merchant's settings say about them.

    Attributes:
        shown: what may look different in the end, though nothing is: applied to both ends before they are compared.
    """

    readings: tuple[tuple[str, str], ...]
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    shown: Callable[[End], End] = field(default=lambda end: end, compare=False)

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.readings)


def _without_carriers(end: End) -> End:
    """Where Billbee's list of carriers cannot be had, a parcel goes out without a carrier."""
    orders = {
        number: {**one, "shipments": [(parcel, kind) for parcel, kind, _, _ in one.get("shipments", ())]}
        for number, one in end["orders"].items()
    }
    return {**end, "orders": orders}


def _without_prefix(end: End) -> End:
    """The warehouse's list of labels has the numbers as it was asked for them."""
    return {**end, "labels": [re.sub("^SA-?", "", number) for number in end["labels"]]}


def _costs_in_sum(end: End) -> End:
    """Numbers that share a field share its cost: which of them has what is not said, and the sum is the same."""
    orders = {
        number: {**one, "parcels' costs": sum(cost for cost, _ in one.get("parcels' costs", {}).values())}
        for number, one in end["orders"].items()
    }
    costs = [(one.ship_method, one.returned, one.cost) for one in end["costs"]]
    return {**end, "orders": orders, "costs": costs}


def _prefixes() -> list[Case]:
    """Glued and set off, in each way that calls may take the number. The merchant has set the prefix."""
    return [
        Case(
            (("prefix", "SA"), ("prefix-style", style), ("prefix-calls", calls)),
            {"bibi": {"order_prefix": "SA" if style == "glued" else "SA-"}},
            _without_prefix,
        )
        for style in ("glued", "separated")
        for calls in ("with", "without", "either")
    ]


def _cases() -> list[Case]:
    cases = _prefixes()
    for reading in READINGS:
        if reading.name in NOT_IN_SCENES or reading.name.startswith("prefix"):
            continue
        for value in reading.values:
            if value != {reading.name: reading.default, **SHOWS_DOUBLES}[reading.name]:
                lost = reading.name == "carriers" and value in ("failing", "empty")
                chosen = ((reading.name, value),)
                if lost:
                    cases.append(Case(chosen, shown=_without_carriers))
                elif value == "joined":
                    cases.append(Case(chosen, shown=_costs_in_sum))
                else:
                    cases.append(Case(chosen))
    return cases


CASES = _cases()


@cache
def assumed(scene: str) -> End:
    """How a scene ends under the assumed readings."""
    with world(empty=True) as here:
        _choose(here, {})
        _, end = play(here, ALL_SCENES[scene], None)
    return _comparable(end)


def run(case: Case, scene: str) -> dict[str, Any]:
    """What of a scene ends differently under a reading, and what was sent twice."""
    with world(empty=True) as here:
        here.configure(**case.settings)
        _choose(here, dict(case.readings))
        _, end = play(here, ALL_SCENES[scene], None)
        differing = _differing(case, scene, end)
        if differing:
            go_on(here, ALL_SCENES[scene], 0, 31)  # what is given up twice is taken up again later
            differing = _differing(case, scene, end_of(here))
        doubles = [order.number for order in here.warehouse.duplicates]
        doubles += [number for number, order in here.warehouse.orders.items() if order.submissions != 1]
    return {**differing, "sent twice": doubles} if doubles else differing


def _differing(case: Case, scene: str, end: End) -> dict[str, Any]:
    found = differences(case.shown(_comparable(end)), case.shown(assumed(scene)))
    argued, _reason = ARGUED.get((str(case), scene), (None, ""))
    return {path: what for path, what in found.items() if argued is None or not path.startswith(argued)}


def _choose(here: World, chosen: Mapping[str, str]) -> None:
    here.billbee.readings.choose(of_vendor("billbee", chosen))
    here.bibi.readings.choose({**SHOWS_DOUBLES, **of_vendor("bibi", chosen)})


def _comparable(end: End) -> End:
    """Shipments made by hand count as one, whether their number is shown or not. Messages are compared by their code:
    some quote the warehouse, which complains about one field or about another.
    """
    # The hour at which a movement was read is left out.
    end["moves"] = {sku: [what for _, *what in moves] for sku, moves in end["moves"].items()}
    for one in end["orders"].values():
        if "told" in one:
            one["told"] = sorted(code for text in one["told"] for code in re.findall(r"OB-\d+", text) or [text])
        if "ledger" in one:
            posted = one["ledger"]["parcels"]
            one["ledger"]["parcels"] = [parcel for parcel in posted if parcel != HAND_MADE]
        if "shipments" in one:
            one["shipments"] = [
                (HAND_MADE, *rest) if parcel in (None, HAND_MADE) else (parcel, *rest)
                for parcel, *rest in one["shipments"]
            ]
            one["shipments"].sort()
    return end
