"""The open orders of a merchant, a portion at a time. If there are more, the job's next turn continues behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderbridge.jobs.ports import Workspace
    from orderbridge.ledger.record import OrderSummary

PORTION: Final = 5_000
"""How many orders one turn holds at most: about five megabytes."""


@dataclass(frozen=True)
class Portion:
    """Some of the open orders, the oldest first.

    Attributes:
        is_all: whether these are all open orders of the merchant.
        goes_on_at: where the next turn begins; None for the beginning.
    """

    orders: list[OrderSummary]
    is_all: bool
    goes_on_at: datetime | None = None


def portion_of_open(workspace: Workspace, job: str) -> Portion:
    """The open orders that a turn of a job goes through."""

    def read(since: datetime | None) -> list[OrderSummary]:
        return list(workspace.ledger.open_orders(workspace.merchant, since=since, at_most=PORTION + 1))

    found = read(None)
    if len(found) <= PORTION:
        return Portion(found, is_all=True)
    began_at = workspace.cursors.walk(job)
    if began_at is not None:
        found = read(began_at)
    goes_on_at = found[PORTION].shelved_at if len(found) > PORTION else None
    return Portion(found[:PORTION], is_all=False, goes_on_at=goes_on_at)


def went_through(workspace: Workspace, job: str, portion: Portion) -> None:
    """The job's next turn begins behind the portion."""
    if not portion.is_all:
        workspace.cursors.set_walk(job, portion.goes_on_at)
