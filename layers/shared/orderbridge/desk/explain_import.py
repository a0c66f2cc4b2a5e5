"""Why an order is not imported: checks the rules one by one against the present order (R1-R6, R38, R40)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import HAS_REACHED_WAREHOUSE, Status
from orderbridge.orders.credit_notes import whole_credits
from orderbridge.orders.deciding_rule import has_unknown_weight
from orderbridge.orders.import_rules import is_credit_note
from orderbridge.orders.preparation import prepare
from orderbridge.orders.problems import credited_before
from orderbridge.orders.shipping_order import ShippingOrder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.problem import Problem
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.merchants.rules import Rule

_POLLED_WITHIN: Final = timedelta(minutes=15)
_SKUS_ASKED: Final = 10
"""How many SKUs are looked up at the warehouse, one call each."""


@dataclass(frozen=True)
class Check:
    """One rule, and whether the order passes it.

    Attributes:
        rule: e.g. ``"R1 order tag"``.
        text: what was found.
        remedy: what to do about it; empty if it passed or nothing can be done.
    """

    rule: str
    passed: bool
    text: str
    remedy: str = ""


def explain_import(workspace: Workspace, order: Order) -> list[Check]:
    """Check an order against every rule of the import, in the sequence in which they apply.

    Raises:
        UpstreamError: a look-up failed.
    """
    record = workspace.ledger.get(workspace.merchant, order.id)
    if record is not None and record.status in HAS_REACHED_WAREHOUSE:
        return [_ledger(record)]  # the other rules' advice would do harm now
    if record is None and (moment := workspace.ledger.forgotten_at(workspace.merchant, order.id)) is not None:
        return [_forgotten(moment)]
    checks = [*_merchant(workspace), *_marks(workspace, order, record), _ledger(record)]
    if is_credit_note(order):
        return [*checks, Check("R38 credit note", False, "it is a credit note: nothing is sent for it")]
    if record is not None and (notes := whole_credits(workspace, record, order)):
        checks.append(_problem(credited_before(notes)))
    prepared = prepare(workspace, order)
    if isinstance(prepared, ShippingOrder):
        checks.append(Check("R2 address", True, f"complete, to {prepared.ship_to.country}"))
        checks += _goods(workspace, prepared)
        checks += [Check("R26 kits", True, _contents(kit, prepared)) for kit in prepared.kits]
        rules = workspace.settings.rules
        rule = next((one for one in rules if one.name == prepared.rule), None)
        how = _named(order) if rule is None or rule.then.ship_method is None else f", by the rule {rule.name!r}"
        checks.append(Check("R4 ship method", True, f"{prepared.ship_method}{how}"))
        if rules:
            checks.append(Check("R40 rules", True, _applied(rules, rule, order)))
    else:
        checks += [_problem(problem) for problem in prepared]
    return checks


def _merchant(workspace: Workspace) -> list[Check]:
    mode = workspace.settings.mode
    remedy = {"paused": f"orderbridge merchants resume {workspace.merchant}", "test": "set the mode to live"}
    checks = [Check("R22 mode", mode == "live", f"the merchant's mode is {mode}", remedy.get(mode, ""))]
    cursor = workspace.cursors.orders()
    read_until, attended_at = cursor.read_until, cursor.attended_at
    if read_until is None or attended_at is None:
        late, text = True, "no poll was ever completed"
    else:
        late = workspace.now() - attended_at > _POLLED_WITHIN
        text = f"Billbee was last read at {read_until:%Y-%m-%d %H:%M} UTC"
    remedy_late = f"orderbridge jobs --merchant {workspace.merchant} says what keeps it" if late else ""
    if mode == "live":
        checks.append(Check("R1 poll", not late, text, remedy_late))
    return checks


def _marks(workspace: Workspace, order: Order, record: LedgerOrder | None) -> list[Check]:
    tags, states = workspace.tags, workspace.settings.billbee.import_states
    state = " or ".join(map(str, states))
    tagged, received, rejected = map(order.has_tag, (tags.order_tag, tags.received, tags.rejected))
    return [
        Check(
            "R1 order tag",
            tagged,
            f"it {'has' if tagged else 'does not have'} the tag {tags.order_tag}",
            "" if tagged else f"add the tag {tags.order_tag} in Billbee",
        ),
        Check(
            "R1 state",
            order.state in states,
            f"its state is {order.state}, imported is {state}",
            "" if order.state in states else f"set it to state {state} in Billbee (3 is paid)",
        ),
        Check(
            "R1 received tag",
            not received,
            _received(tags.received, record) if received else f"it does not have {tags.received}",
            _after_received(tags.received, order, record) if received else "",
        ),
        Check(
            "R1 rejected tag",
            not rejected,
            f"it has the tag {tags.rejected}" if rejected else f"it does not have {tags.rejected}",
            f"fix what the message on the order says, then remove the tag (or: orderbridge order retry {order.id})"
            if rejected
            else "",
        ),
        Check(
            "R1 archive",
            not order.archived,
            "it is archived: nothing about it can be changed any more" if order.archived else "it is not archived",
        ),
    ]


def _received(tag: str, record: LedgerOrder | None) -> str:
    if record is not None:
        return f"it has the tag {tag}: it was imported"
    return f"it has the tag {tag}, and the ledger does not have it: a copied order keeps its tags"


def _after_received(tag: str, order: Order, record: LedgerOrder | None) -> str:
    if record is not None:
        return f"orderbridge order show {order.id} says what became of it"
    return f"if the warehouse does not have it, remove the tag {tag} in Billbee"


def _ledger(record: LedgerOrder | None) -> Check:
    if record is None or record.rehearsal:
        return Check("R7 ledger", True, "the ledger does not have it yet")
    if record.defect is not None and record.is_quarantined:
        remedy = f"once the defect is fixed: orderbridge order retry {record.billbee_id}"
        return Check("R31 quarantine", False, f"it is quarantined: {record.defect.what}", remedy)
    since = f"{record.status} since {record.moved_at:%Y-%m-%d %H:%M} UTC"
    if record.status in HAS_REACHED_WAREHOUSE:
        return Check("R7 ledger", True, f"it was imported: {since}", f"orderbridge order show {record.billbee_id}")
    if record.status is Status.CANCELLED and record.submitted_at is not None:
        remedy = "a cancelled order is not sent again: create a new order in Billbee"
        return Check("R7 ledger", False, f"the warehouse had it, and it was cancelled: {since}", remedy)
    return Check("R7 ledger", True, f"the ledger has it as {since}{': ' + record.reason if record.reason else ''}")


def _forgotten(moment: datetime) -> Check:
    text = f"the warehouse had it, and its record was removed at {moment:%Y-%m-%d %H:%M} UTC"
    return Check("R7 ledger", False, text, "it is not sent again: to ship it, create a new order in Billbee")


def _goods(workspace: Workspace, prepared: ShippingOrder) -> list[Check]:
    skus = list(dict.fromkeys(line.sku for line in prepared.lines))
    unknown = [sku for sku in skus[:_SKUS_ASKED] if workspace.warehouse.product(sku) is None]
    checks = [Check("R2 lines", True, f"{len(prepared.lines)} to ship: {', '.join(skus)}")]
    if unknown:
        remedy = f"orderbridge jobs start sync-products --merchant {workspace.merchant}, or add them at the warehouse"
        checks.append(Check("R19 products", False, f"the warehouse does not know {', '.join(unknown)}", remedy))
    else:
        checks.append(Check("R19 products", True, "the warehouse knows every SKU"))
    return checks


def _contents(kit: str, prepared: ShippingOrder) -> str:
    pieces = ", ".join(f"{count} × {sku}" for sku, count in prepared.kits[kit].items())
    return f"{kit} goes as a kit, in all {pieces}"


def _named(order: Order) -> str:
    names = [name for name in (order.shipping_product, order.shipping_profile) if name]
    return f", for {names[0]}" if names else ", by default"


def _applied(rules: Sequence[Rule], rule: Rule | None, order: Order) -> str:
    if rule is not None:
        return f"the rule {rule.name!r} applies: {rule.then.in_words()}"
    weighed = any(one.when.weight_grams is not None for one in rules)
    unknown = has_unknown_weight(order)
    why = "; its weight is not known, because a product has none in Billbee" if weighed and unknown else ""
    return f"the order meets none of the {len(rules)}{why}"


def _problem(problem: Problem) -> Check:
    what, _, remedy = problem.text.rstrip(".").rpartition(": ")
    return Check(f"R2 {problem.code}", False, what or problem.text, remedy if what else "")
