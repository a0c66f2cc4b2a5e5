"""`orderbridge rules try`: what a merchant's rules change, seen at the orders of the last days."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import times
from cli.commands import MerchantOption, command, group
from cli.failures import BadInput
from cli.tool import Tool

if TYPE_CHECKING:
    from orderbridge.desk.try_rules import Difference, Trial
    from orderbridge.merchants.rules import Rule

app = group("A merchant's rules: what they would change.")


@command(app, "try")
def try_rules(
    tool: Tool,
    days: Annotated[int, typer.Option("--days", min=1, max=90, help="The orders of so many days.")] = 14,
    file: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="JSON with a list of rules, in place of those that are set."),
    ] = None,
    merchant: MerchantOption = None,
) -> None:
    """What rules change for the orders of the last days. Nothing is written.

    Without --rules, the rules that are set are compared with none at all; with it, the file's with those that are set.
    Costs a call to Billbee for each 250 orders, and one for each bundle.
    """
    from orderbridge.desk.try_rules import try_rules as compare

    name = tool.merchant(merchant)
    now = tool.clock.now()
    since = now - timedelta(days=days)
    given = _read(tool, name, file) if file is not None else None
    tool.out.progress(f"reading the orders of {days} days from Billbee for {name} …")
    with tool.working(name) as workspace:
        present = workspace.settings.rules
        if given is None and not present:
            raise BadInput(f"{name} has no rules", "say --rules FILE to try some")
        before, after = ((), present) if given is None else (present, given)
        trial = compare(workspace, before, after, since=since)
        bundles = len(workspace.bundles)
    compared = "no rules → the rules that are set" if given is None else f"the rules that are set → {file}"

    def render() -> None:
        _render(tool, trial, f"{name} since {times.local(since)}: {compared}", bundles)

    answer = {
        "merchant": name,
        "since": since,
        "orders": trial.read,
        "not_sent_either_way": trial.not_sent,
        "unread": trial.unread,
        "billbee_list_calls": trial.calls,
        "bundles_asked_for": bundles,
        "applied": dict(trial.applied),
        "different": [_as_dict(one) for one in trial.differences],
    }
    tool.out.show(answer, render)


def _read(tool: Tool, merchant: str, file: Path) -> tuple[Rule, ...]:
    """The rules of a file: a list, or an object with the key ``rules``, such as a merchant's settings."""
    from orderbridge.merchants.settings import parse_settings
    from orderbridge.platform.errors import SettingsError

    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise BadInput(f"{file}: not JSON in UTF-8") from None
    rules = raw.get("rules") if isinstance(raw, dict) else raw
    if rules is None:
        raise BadInput(f"{file}: has no rules", 'a list, or an object with the key "rules"')
    settings = json.loads(tool.settings_texts[merchant]) | {"rules": rules}
    try:
        return parse_settings(merchant, json.dumps(settings)).rules
    except SettingsError as error:
        raise BadInput(f"{file}: {error.key}: {error.reason}") from None


def _render(tool: Tool, trial: Trial, title: str, bundles: int) -> None:
    out = tool.out
    out.line(title, style="bold")
    if trial.differences:
        rows = [(str(one.billbee_id), one.shop_number or "–", _rule(one), _in_words(one)) for one in trial.differences]
        out.table(("order", "shop's number", "rule", "what would differ"), rows, numbers=frozenset({0}))
    else:
        out.line("no order would be treated differently", indent=2)
    out.line()
    for rule, many in trial.applied.items():
        out.line(f"{rule}: applies to {_orders(many)}", indent=2)
    same = trial.read - trial.not_sent - len(trial.differences)
    told = f"{_orders(trial.read)} looked at: {len(trial.differences)} differ, {same} do not"
    other = f", {trial.not_sent} cannot be sent as they are, whatever the rules" if trial.not_sent else ""
    out.line(f"{told}{other}.")
    if trial.unread:
        out.line(f"The time was over: {_orders(trial.unread)} of Billbee's list were not read. Say fewer --days.")
    asked = f", and asked for the contents of {_many(bundles, 'bundle')}" if bundles else ""
    out.line(f"That read {_many(trial.calls, 'page')} of Billbee's orders{asked}.", style="dim")


def _orders(count: int) -> str:
    return _many(count, "order")


def _many(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def _rule(one: Difference) -> str:
    """The rule that applies, and the one that did before."""
    before, after = one.fields.get("rule", (None, None))
    return f"{before or 'none'} → {after or 'none'}" if "rule" in one.fields else "the same"


def _in_words(one: Difference) -> str:
    return "; ".join(_change(name, was, now) for name, (was, now) in one.fields.items() if name != "rule")


def _change(name: str, was: Any, now: Any) -> str:
    """One field of an order.

    >>> _change("ship_method", "24", "84"), _change("hold", False, True), _change("reject", "", "No batteries.")
    ('ship method 24 → 84', 'on hold', 'rejected: No batteries.')
    >>> _change("offer_code", "", "HEAVY"), _change("comment", "Two people lift it.", "")
    ('offer code: HEAVY', 'no comment')
    """
    match name:
        case "hold":
            return "on hold" if now else "not on hold"
        case "rush":
            return "rush" if now else "not rush"
        case "reject":
            return f"rejected: {now}" if now else "not rejected"
        case "ship_method":
            return f"ship method {was} → {now}"
        case _:
            return f"{name.replace('_', ' ')}: {now}" if now else f"no {name.replace('_', ' ')}"


def _as_dict(one: Difference) -> dict[str, Any]:
    changes = {name: {"before": was, "after": now} for name, (was, now) in one.fields.items()}
    return {"billbee_id": one.billbee_id, "shop_number": one.shop_number or None, "changes": changes}
