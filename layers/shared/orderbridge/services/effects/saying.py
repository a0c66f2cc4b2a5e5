"""What each kind of effects brings along: how it is looked for and said, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from orderbridge.errors import RetryableError, UpstreamError
from orderbridge.stores.record import RecordChanges

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.domain.activity import Activity
    from orderbridge.domain.effects import Effect, EffectKind
    from orderbridge.domain.lifecycle import Status
    from orderbridge.domain.order import Order
    from orderbridge.errors import NotFound, Refused
    from orderbridge.stores.ledger import Ledger
    from orderbridge.stores.record import LedgerOrder


class NotBegun(RetryableError):
    """What an effect needs could not be read, so that its call was not begun."""

    never_landed = True

    def __init__(self, error: UpstreamError) -> None:
        retry_after = error.retry_after if isinstance(error, RetryableError) else None
        super().__init__(error.operation, error.detail, status=error.status, retry_after=retry_after)


class OrderSource(Protocol):
    """Where an order is read as its shop has it."""

    def order(self, order_id: int, /) -> Order:
        """Raises NotFound if it is gone."""


@dataclass(frozen=True)
class About:
    """The order that an effect is about: its record as it is by now, and the order in the shop where it was read."""

    record: LedgerOrder
    read: Order | None = None

    def order(self, hub: OrderSource) -> Order:
        """The order as it stands in the shop. Raises NotFound."""
        return self.read if self.read is not None else self.read_again(hub)

    def read_again(self, hub: OrderSource) -> Order:
        return hub.order(self.record.billbee_id)


@dataclass(frozen=True)
class Outcome:
    """What is true of an order once an effect was said, or refused.

    Attributes:
        why, call: for the timeline; without ``why`` it says nothing.
        to: the status that the order goes to.
        changes: what changes in the record besides.
        activity: what is counted once that is written.
        then: what has to be said next. The effect itself, if it has to be said again.
        after: what follows once that is written.
    """

    why: str | None = None
    call: str = ""
    to: Status | None = None
    changes: RecordChanges = field(default_factory=RecordChanges)
    activity: Activity | None = None
    then: tuple[Effect, ...] = ()
    after: Callable[[], None] | None = None


class Means(Protocol):
    """What the executor needs of a merchant's workspace."""

    @property
    def ledger(self) -> Ledger: ...

    def now(self) -> datetime: ...

    def count(self, activity: Activity, /) -> None: ...

    def saying(self, kind: EffectKind, /) -> Saying: ...


class Saying(Protocol):
    """How effects of one kind are looked for and said.

    Attributes:
        repeatable: saying it twice does no harm, so it is neither intended nor looked for.
    """

    repeatable: bool

    def look(self, about: About, effect: Effect) -> Outcome | None:
        """What came of an earlier attempt; None if it has not landed."""

    def say(self, about: About, effect: Effect) -> Outcome:
        """Say it. Of the calls that it makes, one at most cannot be repeated, and that is the first to change
        anything.
        """

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        """What is true where the vendor will not have it."""
