"""`orderbridge order why`: why an order is not imported, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from cli.commands import MerchantOption, NumberArgument
from cli.failures import FOUND_TROUBLE, NotThere, ToolError
from cli.output import styled
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.desk.explain_import import Check
    from orderbridge.ledger.record import LedgerOrder


def why(tool: Tool, number: NumberArgument, merchant: MerchantOption = None) -> None:
    """Why an order is not imported: reads it in Billbee now and checks the rules one by one.

    Without --merchant, every merchant's Billbee account is asked until one has it.
    """
    from orderbridge.desk.explain_import import explain_import
    from orderbridge.desk.find_orders import find_orders
    from orderbridge.platform.errors import UpstreamError

    names = tool.merchants(merchant)
    if not names:
        raise tool.no_merchants()
    answers: list[tuple[str, int, list[Check]]] = []
    silent: list[str] = []
    known: list[LedgerOrder] = []
    for name in names:
        tool.out.progress(f"asking Billbee for {name} …")
        try:
            with tool.working(name) as workspace:
                for found in find_orders(workspace, number, live=True):
                    if found.order is not None:
                        answers.append((name, found.billbee_id, explain_import(workspace, found.order)))
                    elif found.record is not None:
                        known.append(found.record)
        except UpstreamError as error:
            if merchant is not None or len(names) == 1:
                raise
            silent.append(f"{name}: {error}")
        if answers:
            break
    if not answers:
        raise _nowhere(number, known, silent)

    def render() -> None:
        for name, billbee_id, checks in answers:
            _render_checks(tool, name, billbee_id, checks)

    shown = [_as_dict(*answer) for answer in answers]
    tool.out.show({"orders": shown, "not_asked": silent}, render)
    if not all(check.passed for _, _, checks in answers for check in checks):
        raise typer.Exit(FOUND_TROUBLE)


def _was_imported(checks: Sequence[Check]) -> bool:
    """Whether the warehouse has the order; then the ledger alone is looked at."""
    return all(check.rule == "R7 ledger" and check.passed for check in checks)


def _as_dict(merchant: str, billbee_id: int, checks: Sequence[Check]) -> dict[str, Any]:
    imported = _was_imported(checks)
    return {
        "merchant": merchant,
        "billbee_id": billbee_id,
        "imported": imported,
        "imported_next": not imported and all(check.passed for check in checks),
        "checks": checks,
    }


def _nowhere(number: str, known: Sequence[LedgerOrder], silent: Sequence[str]) -> ToolError:
    if silent:
        hint = "orderbridge merchants check says what is wrong with those that could not be asked"
        return ToolError(f"order {number!r} was not found, and not everybody could be asked: {'; '.join(silent)}", hint)
    if known:
        hint = f"orderbridge order show {known[0].billbee_id} says what was done for it"
        return NotThere(f"Billbee does not have order {number!r} any more", hint)
    return NotThere(f"Billbee has no order {number!r}", "is it the number in Billbee, or the shop's order number?")


def _render_checks(tool: Tool, merchant: str, billbee_id: int, checks: Sequence[Check]) -> None:
    out = tool.out
    out.line(f"{merchant} {billbee_id}", style="bold")
    wide = max(len(check.rule) for check in checks)
    for check in checks:
        mark = styled("ok" if check.passed else "wrong")
        mark.plain = check.text
        out.fields([(f"{'✓' if check.passed else '✗'} {check.rule:<{wide}}", mark)], indent=2)
        if check.remedy:
            out.line(f"→ {check.remedy}", indent=wide + 6)
    out.line()
    failed = [check for check in checks if not check.passed]
    if failed:
        rules = ", ".join(check.rule for check in failed)
        out.line(f"Not imported because of {rules}.", style="red")
    elif _was_imported(checks):
        out.line("It was imported; no rule keeps it out.", style="green")
    else:
        out.line("Nothing speaks against it: the next poll, within 5 minutes, imports it.", style="green")
