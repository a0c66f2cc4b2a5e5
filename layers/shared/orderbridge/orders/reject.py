"""Reject an order that has to be fixed before it can be sent, and say why in the shop (R2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orderbridge.effects.executor import say
from orderbridge.ledger.effects import Effect, message
from orderbridge.ledger.lifecycle import Status
from orderbridge.ledger.told import REJECTED, RETRIED
from orderbridge.merchants.activity import Activity
from orderbridge.orders.problems import not_sent

if TYPE_CHECKING:
    from orderbridge.ledger.problem import Problem
    from orderbridge.orders.batch import Item
    from orderbridge.orders.ports import Workspace


def reject(workspace: Workspace, item: Item, problems: Sequence[Problem]) -> None:
    """Reject an order. In mode `test` the shop is told nothing (R22).

    Raises:
        UpstreamError: it is rejected, and the shop must still be told.
        LedgerConflict: another worker has changed the order.
    """
    reason = in_words(workspace, problems)
    item.record = say(
        workspace,
        item.record,
        *(() if item.record.rehearsal else rejection(workspace, reason)),
        to=Status.REJECTED,
        why=reason,
        call="push orders",
        activity=Activity.REJECTED,
        reason=reason,
        told=item.record.told - {REJECTED, RETRIED},
    )


def rejection(workspace: Workspace, reason: str) -> tuple[Effect, ...]:
    """What the shop is told of a rejected order."""
    tag = workspace.tags.rejected
    return message(REJECTED, f"{reason} {not_sent(tag).say(workspace.settings.language)}", tag)


def in_words(workspace: Workspace, problems: Sequence[Problem]) -> str:
    return " ".join(problem.say(workspace.settings.language) for problem in problems)
