"""What a person may do from a page: links that look like buttons, each to a page that asks for confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from orderbridge.desk.board.markup import Markup, el

if TYPE_CHECKING:
    from orderbridge.desk.board.order_board import Board
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


def order_actions(order: LedgerOrder) -> list[Action]:
    """What may be done with an order."""
    if order.rehearsal:
        return []
    about: dict[str, str | int] = {"merchant": order.merchant, "order": order.billbee_id}
    again = "Release from quarantine" if order.is_quarantined else "Process again"
    drops = [
        Action(f"Give up {effect.key}", action_url("drop", **about, effect=effect.key), is_final=True)
        for effect in order.effects
    ]
    return [Action(again, action_url("retry", **about)), *drops]


def letter_actions(letter: DeadLetter) -> list[Action]:
    """What may be done with a failed message."""
    return [
        Action("Send again", action_url("redrive", message=letter.message_id)),
        Action("Delete", action_url("discard", message=letter.message_id), is_final=True),
    ]


def board_actions(board: Board) -> list[Action]:
    """What may be done for the merchant that is shown, or for all if all are."""
    if board.chosen is None:
        switch = ("Resume all merchants", "resume-all") if board.pause else ("Pause all merchants", "pause-all")
        return [Action(switch[0], action_url(switch[1]))]
    shop = next(one for one in board.shops if one.name == board.chosen)
    if shop.mode == "paused":
        return [Action(f"Resume {shop.name}", action_url("resume", merchant=shop.name))]
    wanted = [line.job.job for line in board.jobs if shop.settings and shop.settings.wants(line.job.job)]
    starts = [Action(f"Start {job}", action_url("start", merchant=shop.name, job=job)) for job in wanted]
    return [Action(f"Pause {shop.name}", action_url("pause", merchant=shop.name)), *starts]
