"""Runs of a scene with something going wrong, and what is left of it in the end.

The cases come from a recorded run: whatever call it makes is struck, at its first, a middle and its last time.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from orderbridge.products.kit_records import KitRecords
from orderbridge.returns.make_labels import ask_for_label
from orderbridge.stock.movement_records import MovementRecords
from orderbridge.tracking.cost_records import CostRecords
from testkit.clock import NOON
from testkit.environment import LABELS_URL
from testkit.mishaps import Act, Mishap, Step
from testkit.vendors import TOKEN_MISHAPS, VENDOR_MISHAPS, InProcess, wrong_type, wrong_types
from testkit.watched import mishaps_of
from testkit.world import RECEIVED, REJECTED, World, world
from tests.effort import THOROUGH, share
from tests.faults.scenes import SCENES, Scene

UNREADABLE, CHANGE_REFUSED = "OB-119", "order_change_refused_by_bibi"
NO_LABEL, LABEL_REFUSED = ("[OB-702]", "[OB-703]"), "return_label_refused_by_bibi"
VENDORS = ("billbee", "bibi", "abillify")
ORDER_LIST = "billbee GET /orders"
READ_FOR_ALL_IT_HOLDS = ("import", "lost ledger", "changes")
"""Scenes in which each field of the list of orders is spoilt, and not only what is around them."""
NO_DECISION = ("HEALTH", "USAGE", "SLOTS")
"""Kinds of records that nothing hangs on; every scene writes them, one scene spoils them."""
NEW_HERE = {
    "labels": re.compile(r"returnLabel|listShipments|/message|s3 |ORDER$|COST|shelves_v2$"),
    "kits": re.compile(r"upsertBOMs|upsertProducts|GET /products$|KIT|PRODUCT$"),
}
"""Scenes of which only these steps are struck where time is short: the others are, in other scenes."""
End = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """A scene without any mishap: the steps of its act, and its end."""

    steps: tuple[Step, ...]
    end: End


@dataclass(frozen=True)
class Case:
    """One run: what goes wrong, on the nth step of a name."""

    scene: str
    what: str
    name: str | None
    nth: int
    strike: Callable[[World, Act], Any]

    def __str__(self) -> str:
        return f"{self.what} at {self.name or 'step'} no. {self.nth}"


@cache
def recording(scene: str) -> Recording:
    with world(empty=True) as here:
        steps, end = play(here, SCENES[scene], None)
    return Recording(steps, end)


def run(case: Case) -> dict[str, Any]:
    """What ends differently when a case comes up."""
    expected = recording(case.scene).end
    with world(empty=True) as here:
        mishap = Mishap(case.what, case.name, case.nth, lambda act: case.strike(here, act))
        _, end = play(here, SCENES[case.scene], mishap)
        assert mishap.struck, f"{case} has not come up"
        if differing := differences(end, expected):
            correct_orders(here)
            renew_labels(here)
            go_on(here, SCENES[case.scene], 0, 31)  # some things are given up twice before they are taken up again
            differing = differences(end_of(here), expected)
    return differing


def correct_orders(here: World) -> None:
    """An order that could not be read is rejected with OB-119 (R2), and stays so until the merchant removes the tag; a
    change of one is refused for the same reason (R11), until it is asked for again. He does both here, and clears away
    the message.
    """
    for number, wire in here.shop.orders.items():
        if any(UNREADABLE in text for text in here.told(number)):
            answer = next((tag for tag in (REJECTED, CHANGE_REFUSED) if tag in wire["Tags"]), None)
            assert answer is not None, f"order {number} was called unreadable, and not refused"
            wire["Comments"] = [one for one in wire["Comments"] if UNREADABLE not in one["Text"]]
            here.shop.remove_tag(number, answer)
            if answer == CHANGE_REFUSED:
                here.shop.remove_tag(number, RECEIVED)


def renew_labels(here: World) -> None:
    """If it is not known whether a label was made, or there is none to print, an operator asks again (R24). The label
    that was lost and the message are cleared away.
    """
    for number, wire in here.shop.orders.items():
        if not any(one["Text"].endswith(NO_LABEL) for one in wire["Comments"]):
            continue
        wire["Comments"] = [one for one in wire["Comments"] if not one["Text"].endswith(NO_LABEL)]
        here.shop.remove_tag(number, LABEL_REFUSED)
        record = here.ledger.get("acme", number)
        assert record is not None
        lost = here.warehouse.labels.count(str(number))
        assert lost <= 1, f"{lost} labels were made for order {number}, and nobody had asked for more than one"
        here.warehouse.labels = [one for one in here.warehouse.labels if one != str(number)]
        again = record.label is not None
        ask_for_label(here.ledger, record, here.function("operator").sender("PUSH_ORDERS_QUEUE_URL"), "x", again=again)


def play(here: World, scene: Scene, mishap: Mishap | None) -> tuple[tuple[Step, ...], End]:
    """A scene, and the better part of an hour of the schedules: what was given up is taken up again."""
    scene.prepare(here)
    here.cold_start()
    here.watch.mishap, here.watch.recording = mishap, True
    scene.act(here)
    here.watch.recording = False
    go_on(here, scene, 0, 31)
    return tuple(here.watch.steps), end_of(here)


def go_on(here: World, scene: Scene, *minutes: int) -> None:
    """The schedules, after so many minutes each time."""
    for some in minutes:
        here.wait(minutes=some)
        here.cycle()
        for job in scene.jobs:
            here.run(job)


def end_of(here: World) -> End:
    """Where everything stands: in Billbee, at the warehouse, in the ledger; and what was left lying about."""
    return {
        "orders": {number: _order(here, number) for number in sorted({*here.shop.orders, *_in_ledger(here)})},
        "booked twice": [order.number for order in here.warehouse.duplicates],
        "stock": {one["SKU"]: one["StockCurrent"] for one in here.shop.products.values()},
        "figures": {one.sku: (one.sent, one.unknown, one.due, one.billbee_stock) for one in here.stock_records().all()},
        "catalogue": {
            sku: (one["short_description"], one.get("upc_code")) for sku, one in here.warehouse.products.items()
        },
        "products": {one.product_id: (one.sku, one.ean, one.problem) for one in here.product_records()},
        "invoices": {number: bool(one["cancellationdate"]) for number, one in here.books.orders.items()},
        "cancelled there": here.books.cancellations,
        "boms": here.warehouse.boms,
        "kits": {one.sku: dict(one.contents) for one in KitRecords(here.table, "acme").at_warehouse().values()},
        "moves": {
            one.sku: [(note.at, note.quantity, note.text, note.effect) for note in (*one.last, *one.notable)]
            for one in MovementRecords(here.table, "acme").all()
        },
        "labels": sorted(here.warehouse.labels),
        "costs": CostRecords(here.table, "acme", here.clock).of_month(f"{NOON:%Y-%m}"),
        "notices": {one.tracking_number: (one.status, one.announced, one.received) for one in here.notices().all()},
        "announced": {
            number: (one.status, {sku: line["quantity"] for sku, line in one.lines.items()})
            for number, one in here.warehouse.notices.items()
        },
        "results": {
            key.rpartition("/")[2]: _told(json.loads(file.body))
            for key, file in here.s3.files.items()
            if key.startswith("inbound/") and key.endswith((".result.json", ".received.json"))
        },
        "messages": here.queues.waiting(),
    }


def _told(result: dict[str, Any]) -> Any:
    """What a file was answered, or what of a notice arrived."""
    if "outcome" not in result:
        return result.get("text", result)
    return result["outcome"], [one["text"] for one in result["problems"]]


def _in_ledger(here: World) -> list[int]:
    return [record.billbee_id for record in here.ledger.orders("acme")]


def _order(here: World, number: int) -> End:
    end: End = {}
    record = here.ledger.get("acme", number)
    if record is not None:
        end["ledger"] = {
            "status": record.status.value,
            "reason": record.reason,
            "held": record.held,
            # Which content was compared last only saves a comparison, and is another one after a wrong answer. What
            # the comparison found must be the same.
            "told": sorted(re.sub(r"^content .*", "content", key) for key in record.told - {"retried"}),
            "difference": record.difference and record.difference.fields,
            "parcels": sorted(record.parcels),
            "pieces": record.pieces,
        }
        end["unsaid"] = sorted(record.unsaid)
        end["label"] = record.label is not None and record.label.stored
        end["parcels' costs"] = {number: (cost.cost, cost.link) for number, cost in record.costs.items()}
        booked = here.warehouse.orders.get(record.number.text)
        if booked is not None:
            end["booked"] = booked.submissions
            end["parts"] = [
                (part.status, [(line.item_no, line.quantity) for line in part.lines], sorted(part.parcels))
                for part in booked.parts
            ]
    if number in here.shop.orders:
        wire = here.wire(number)
        end["state"], end["tags"] = wire["State"], sorted(wire["Tags"])
        end["told"] = sorted(re.sub(rf"{LABELS_URL}/\S+", "a link", text) for text in here.told(number))
        end["shipments"] = sorted(
            (
                (one["ShippingId"], one["ShipmentType"], one["ShippingCarrier"], one["ShippingProviderId"] or 0)
                for one in wire["ShippingIds"]
            ),
            key=repr,  # a number may be missing
        )
    return end


def differences(end: End, undisturbed: End) -> dict[str, Any]:
    """What ended differently: `{"orders.1.tags": (found, undisturbed)}`."""
    return dict(_differences(end, undisturbed, ""))


def _differences(found: Any, expected: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in sorted({*found, *expected}, key=str):
            yield from _differences(found.get(key), expected.get(key), f"{path}.{key}" if path else str(key))
    elif found != expected:
        yield path, (found, expected)


# The cases


def vendor_cases(scene: str, what: str) -> list[Case]:
    """One mishap, on every vendor's call of a scene; where time is short, on every other, by turns."""
    mishaps = {**VENDOR_MISHAPS, **TOKEN_MISHAPS}
    only = ("bibi",) if what in TOKEN_MISHAPS else VENDORS
    found = [(name, nth) for name, nth in places(scene) if name.partition(" ")[0] in only]
    return [
        Case(scene, what, name, nth, partial(_at_vendor, mishaps[what]))
        for name, nth in share(found, 2, first=list(mishaps).index(what))
    ]


def wrong_type_cases(scene: str) -> list[Case]:
    """Each field of each vendor's answers once with another type, by turns at the first, a middle and the last one."""
    found = []
    steps = [step for step in recording(scene).steps if step.place in VENDORS and _is_struck(scene, step.name)]
    for name in dict.fromkeys(step.name for step in steps):
        answers = [step.answer for step in steps if step.name == name]
        seen: set[str] = set()
        for turn, nth in enumerate(_first_middle_last(len(answers))):
            fields = list(wrong_types(answers[nth - 1]))
            if name == ORDER_LIST and scene not in READ_FOR_ALL_IT_HOLDS:
                fields = [(path, value) for path, value in fields if not path.startswith("Data.0.")]
            for place, (path, value) in enumerate(fields):
                due = path not in seen if turn else place % 3 == 0 or len(answers) == 1
                if due:
                    seen.add(path)
                    what = f"wrong type of {path or 'all'} ({type(value).__name__})"
                    found.append(Case(scene, what, name, nth, partial(_at_vendor, wrong_type(path, value))))
    return share(found, 5)


def aws_cases(scene: str) -> list[Case]:
    """What may go wrong with every AWS call of a scene: all of it, or every other mishap where time is short."""
    kinds = {step.name: step.kind for step in recording(scene).steps}
    found = []
    for turn, (name, nth) in enumerate(places(scene)):
        kind_of_record = name.rsplit(maxsplit=1)[-1].partition("#")[0]
        if name.partition(" ")[0] in VENDORS or (kind_of_record in NO_DECISION and scene != "import"):
            continue
        found += [
            Case(scene, what, name, nth, partial(_at_aws, strike))
            for what, strike in share(list(mishaps_of(name, kinds[name]).items()), 2, first=turn)
        ]
        if name == "dynamodb put_item ORDER":
            found.append(Case(scene, "changed by another worker", name, nth, _changed_by_another))
    return found


def crash_cases(scene: str, *, after: bool) -> list[Case]:
    """A worker killed right before, or right after, every step that shows outside."""
    cases = [
        Case(scene, f"killed {'after' if after else 'before'} {step.name}", None, nth, partial(_killed, after))
        for nth, step in enumerate(recording(scene).steps, start=1)
        if step.kind != "read" and _is_struck(scene, step.name)
    ]
    return share(cases, 3, first=int(after))


def places(scene: str) -> list[tuple[str, int]]:
    """The first, a middle and the last step of each name; one of the three by turns where time is short."""
    counts = Counter(step.name for step in recording(scene).steps if _is_struck(scene, step.name))
    found = []
    for turn, (name, count) in enumerate(counts.items()):
        numbers = _first_middle_last(count)
        found += [(name, nth) for nth in (numbers if THOROUGH else [numbers[turn % len(numbers)]])]
    return found


def _is_struck(scene: str, step: str) -> bool:
    return THOROUGH or scene not in NEW_HERE or NEW_HERE[scene].search(step) is not None


def _first_middle_last(count: int) -> list[int]:
    return sorted({1, (count + 1) // 2, count})


def _at_vendor(strike: Callable[[InProcess, Act], Any], here: World, act: Act) -> Any:
    vendor = here.watch.steps[-1].place
    return strike(here.wires[vendor], act)


def _at_aws(strike: Callable[[Act], Any], here: World, act: Act) -> Any:
    return strike(act)


def _changed_by_another(here: World, act: Act) -> Any:
    """The condition is lost: another worker has written the order's record since it was read."""
    item = here.watch.request["Item"]
    there = here.dynamodb.tables["ledger-1"].get((item["pk"]["S"], item["sk"]["S"]))
    if there is None:
        act()  # the other one has opened it in the same way
    else:
        newer = there | {"version": {"N": str(int(there["version"]["N"]) + 1)}}
        here.dynamodb.tables["ledger-1"][item["pk"]["S"], item["sk"]["S"]] = newer
    return act()


def _killed(after: bool, here: World, act: Act) -> Any:
    return here.watch.kill(act, after=after)
