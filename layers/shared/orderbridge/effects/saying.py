"""The interface of a kind of effects: how it is looked up and said, and its results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from orderbridge.ledger.record import RecordChanges
from orderbridge.platform.errors import RetryableError, UpstreamError

if TYPE_CHECKING:
    from datetime import datetime

    from orderbridge.ledger.effects import Effect, EffectKind
    from orderbridge.ledger.ledger import Ledger
    from orderbridge.ledger.lifecycle import Status
    from orderbridge.ledger.order import Order
    from orderbridge.ledger.record import LedgerOrder
    from orderbridge.merchants.activity import Activity
    from orderbridge.platform.errors import NotFound, Refused


class NotBegun(RetryableError):
    """Data that an effect needs could not be read, so its call was not begun."""

    never_landed = True

    def __init__(self, error: UpstreamError) -> None:
        retry_after = error.retry_after if isinstance(error, RetryableError) else None
        super().__init__(error.operation, error.detail, status=error.status, retry_after=retry_after)


class OrderSource(Protocol):
    """Reads an order from its shop."""

    def order(self, order_id: int, /) -> Order:
        """Raises NotFound if it is gone."""


@dataclass(frozen=True)
class About:
    """The order of an effect: its present record, and the order in the shop if it was read."""

    record: LedgerOrder
    read: Order | None = None

    def order(self, hub: OrderSource) -> Order:
        """The order as it is in the shop. Raises NotFound."""
        return self.read if self.read is not None else self.read_again(hub)

    def read_again(self, hub: OrderSource) -> Order:
        return hub.order(self.record.billbee_id)


@dataclass(frozen=True)
class Outcome:
    """The result of an effect that was said or refused.

    Attributes:
        why, call: for the timeline; without ``why`` there is no entry.
        to: the status that the order goes to.
        changes: other changes of the record.
        activity: counted once this is written.
        then: the effects that follow; the effect itself, if it must be said again.
        after: called once this is written.
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
        repeatable: it may be said twice, so it is neither intended nor looked up.
    """

    repeatable: bool

    def look(self, about: About, effect: Effect) -> Outcome | None:
        """The result of an earlier attempt; None if it has not landed."""

    def say(self, about: About, effect: Effect) -> Outcome:
        """Say it. At most one of its calls is not repeatable, and that is the first that changes something."""

    def refused(self, about: About, effect: Effect, error: NotFound | Refused) -> Outcome:
        """The result if the vendor refuses it."""
