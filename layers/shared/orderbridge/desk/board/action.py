"""What a person may do from a page: links that look like buttons, each to a page that asks for confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from orderbridge.desk.board.markup import Markup, el

if TYPE_CHECKING:
    from orderbridge.desk.board.reader import Reader
    from orderbridge.desk.board.workbench import Workbench
    from orderbridge.desk.board.worklist import Entry
    from orderbridge.jobs.dead_letters import DeadLetter
    from orderbridge.ledger.record import LedgerOrder


@dataclass(frozen=True)
class Action:
    """One button.

    Attributes:
        label: the words on it, in the reader's language.
        url: the page that says what it would do, and asks for confirmation.
        is_final: it cannot be undone, and looks like that.
    """

    label: str
    url: str
    is_final: bool = False


def action_list(actions: Sequence[Action]) -> Markup | None:
    """The buttons in a row."""
    if not actions:
        return None
    links = (
        el("a", one.label, href=one.url, class_="button final" if one.is_final else "button", rel="nofollow")
        for one in actions
    )
    return el("ul", [el("li", link) for link in links], class_="actions")


def action_url(action: str, **target: str | int) -> str:
    """The page that asks for confirmation of an action."""
    return f"/act/{action}?{urlencode(target)}" if target else f"/act/{action}"


def order_actions(say: Reader, order: LedgerOrder) -> list[Action]:
    """What may be done with an order."""
    if order.rehearsal:
        return []
    about: dict[str, str | int] = {"merchant": order.merchant, "order": order.billbee_id}
    again = say("Release from quarantine") if order.is_quarantined else say("Process again")
    drops = [
        Action(say("Give up {what}", what=effect.key), action_url("drop", **about, effect=effect.key), is_final=True)
        for effect in order.effects
    ]
    return [Action(again, action_url("retry", **about)), *drops]


def letter_actions(say: Reader, letter: DeadLetter) -> list[Action]:
    """What may be done with a failed message."""
    return [
        Action(say("Send again"), action_url("redrive", message=letter.message_id)),
        Action(say("Delete"), action_url("discard", message=letter.message_id), is_final=True),
    ]


def entry_actions(say: Reader, entry: Entry) -> list[Action]:
    """What may be done about an entry of the worklist."""
    url = action_url("acknowledge", merchant=entry.merchant, entry=entry.key)
    return [Action(say("Acknowledge"), url)]


def bench_actions(say: Reader, bench: Workbench) -> list[Action]:
    """What may be done for the merchant that is shown, or for all if all are."""
    if bench.chosen is None:
        if bench.pause:
            return [Action(say("Resume all merchants"), action_url("resume-all"))]
        return [Action(say("Pause all merchants"), action_url("pause-all"))]
    (shop,) = bench.shown
    if shop.mode == "paused":
        return [Action(say("Resume {name}", name=shop.name), action_url("resume", merchant=shop.name))]
    wanted = [line.job.job for line in bench.jobs if shop.settings and shop.settings.wants(line.job.job)]
    starts = [Action(say("Start {name}", name=job), action_url("start", merchant=shop.name, job=job)) for job in wanted]
    return [Action(say("Pause {name}", name=shop.name), action_url("pause", merchant=shop.name)), *starts]
