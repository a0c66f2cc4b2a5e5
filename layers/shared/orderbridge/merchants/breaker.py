"""Whether a vendor is down for a merchant (R32); shared by all workers.

    closed ──3 calls in a row fail──▶ open ──a probe, or any other call, is answered──▶ closed
                                       └──a probe fails: the next one comes later

While a breaker is open, nothing is sent but one probe at growing intervals. Only a call that may be repeated can be
one. A breaker never fails a job: if the table does not take an outcome, the next call notices it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.merchants.health import Health
from orderbridge.platform.errors import (
    VENDORS,
    ConditionFailed,
    MalformedAnswer,
    ServerError,
    TimedOut,
    UnknownOutcome,
    Unreachable,
    VendorDown,
)
from orderbridge.platform.observability import logger
from orderbridge.platform.table import Item, Table, merchant_key, merchant_of, read_moment

if TYPE_CHECKING:
    from orderbridge.platform.clock import Clock
    from orderbridge.platform.errors import UpstreamError

OPENS_AFTER: Final = 3
"""How many different calls have to fail in a row. Repetitions of one call count once, and so do calls about one order
in all invocations, because the order may be the reason.
"""
FIRST_INTERVAL: Final = timedelta(seconds=5)
LONGEST_INTERVAL: Final = timedelta(minutes=2)
_GROWS_BY: Final = 3
_IN_A_ROW_FOR: Final = timedelta(minutes=5)
"""Failures further apart are not in a row, because a success is written only if failures are known."""
_TOO_FAR: Final = LONGEST_INTERVAL + timedelta(minutes=1)
"""A probe that is due later than that comes from a wrong clock, and is due now."""
_AGAIN_WITHIN: Final = timedelta(minutes=10)
"""A vendor that is down again so shortly after an answer answers only probes, so the interval continues to grow."""
_PROBE_TAKES: Final = timedelta(seconds=30)
"""How long a probe may take, until another worker may send one."""
_FAILURES: Final = (Unreachable, TimedOut, ServerError, MalformedAnswer, UnknownOutcome)
_SK: Final = "BREAKER#"
_IS_OPEN: Final = Attr("open_since").exists()
_ATTRIBUTES: Final = (
    *("failures", "failing_since", "failed_at", "failed_about", "error_kind"),
    *("open_since", "next_probe_at", "probe_interval", "woken_until"),
)


class Call(Protocol):
    """What a breaker needs to know of a call; equal calls are repetitions of one.

    Attributes:
        operation: for errors and logs.
        repeatable: whether doing it twice is harmless.
        about: the number of the order, if the call is about exactly one.
    """

    @property
    def operation(self) -> str: ...

    @property
    def repeatable(self) -> bool: ...

    @property
    def about(self) -> str: ...


@dataclass(frozen=True)
class Outage:
    """A vendor that is down.

    Attributes:
        since: when the first of the calls failed.
        next_probe_at: nothing is sent before.
        interval: between the last probe and the next.
        error: the class of the last error.
        woken_until: until then, a message in the queue is assumed to make the probes.
    """

    vendor: str
    since: datetime
    next_probe_at: datetime
    interval: timedelta
    error: str
    woken_until: datetime | None = None

    @property
    def name(self) -> str:
        """The vendor's name for people."""
        return VENDORS[self.vendor]

    @property
    def german_name(self) -> str:
        return "Das Lager" if self.vendor == "bibi" else self.name


class Breaker:
    """One merchant's breaker for one vendor, as one environment knows it.

    The table is read once an invocation, and again while the breaker is open and a probe is due.
    """

    def __init__(self, table: Table, merchant: str, vendor: str, clock: Clock) -> None:
        self._table = table
        self._merchant = merchant
        self._sk = f"{_SK}{vendor}"
        self._vendor = vendor
        self._clock = clock
        self._now = clock.now
        self._item: Item | None = None
        self._last_failed: Call | None = None
        self._probing = False

    def forget(self) -> None:
        """End of the invocation: forget what was read, because others may change it."""
        self._item, self._last_failed, self._probing = None, None, False

    def outage(self) -> Outage | None:
        """The outage, or None while the vendor answers, as far as that is known here."""
        if self._item is None:
            self._load()
        found = _outage(self._item or {})
        if found is not None and not self._probing and self._is_due(found):
            self._load()  # another worker may have been quicker
            found = _outage(self._item or {})
        return found

    def enter(self, call: Call) -> None:
        """Called before a call is sent. Raises VendorDown if it must not be sent."""
        found = self.outage()
        if found is None or self._probing:
            return
        if not call.repeatable or not self._is_due(found) or not self._claim(found):
            raise self._down(call.operation, found)

    def left(self, call: Call, error: UpstreamError | None) -> None:
        """Called after a sent call has ended."""
        probing, self._probing = self._probing, False
        try:
            if isinstance(error, _FAILURES):
                self._failed(call, error, probing=probing)
            elif error is None or error.status is not None:
                self._answered()
        except ConditionFailed:
            self._item = None
        except (BotoCoreError, ClientError) as refused:
            self._item = None
            logger.warning("Breaker not written", extra={"vendor": self._vendor, "error": type(refused).__name__})

    def require(self, operation: str) -> None:
        """Raise VendorDown while the vendor is down, before a call is prepared that can be no probe."""
        if (found := self.outage()) is not None:
            raise self._down(operation, found)

    def woken(self, until: datetime) -> None:
        """Note until when a message makes the probes."""
        try:
            self._item = self._change(set={"woken_until": until.isoformat()}, only_if=_IS_OPEN)
        except (BotoCoreError, ClientError, ConditionFailed):  # one message too many, or too few until the next sweep
            self._item = None

    def _load(self) -> None:
        try:
            key = merchant_key(self._merchant), self._sk
            self._item = next(iter(self._table.get_many([key], consistent=False)), {})  # slightly stale is good enough
        except (BotoCoreError, ClientError) as error:
            self._item = {}
            logger.warning("Breaker not read", extra={"vendor": self._vendor, "error": type(error).__name__})

    def _is_due(self, found: Outage) -> bool:
        return not timedelta(0) < found.next_probe_at - self._now() <= _TOO_FAR

    def _claim(self, found: Outage) -> bool:
        """Claim the probe."""
        later = self._now() + max(found.interval, _PROBE_TAKES)
        seen = Attr("next_probe_at").eq(found.next_probe_at.isoformat())
        try:
            self._item = self._change(set={"next_probe_at": later.isoformat()}, only_if=seen)
        except (BotoCoreError, ClientError, ConditionFailed):
            self._load()
            return _outage(self._item or {}) is None
        self._probing = True
        return True

    def _failed(self, call: Call, error: UpstreamError, *, probing: bool) -> None:
        known = self._item or {}
        now, kind = self._now(), type(error).__name__
        if (found := _outage(known)) is not None:
            if probing:
                interval = min(found.interval * _GROWS_BY, LONGEST_INTERVAL)
                self._item = self._change(set=self._next_probe(interval) | {"error_kind": kind}, only_if=_IS_OPEN)
            return
        if call == self._last_failed or (call.about and call.about == known.get("failed_about")):
            return
        self._last_failed = call
        failed_at, moment = read_moment(known.get("failed_at")), now.isoformat()
        seen = {"failed_at": moment, "failed_about": call.about, "error_kind": kind}
        if failed_at is None or now - failed_at > _IN_A_ROW_FOR:
            self._item = self._change(set=seen | {"failures": 1, "failing_since": moment})
        else:
            self._item = self._change(set=seen, default={"failing_since": moment}, add={"failures": 1})
        if self._item["failures"] >= OPENS_AFTER and "open_since" not in self._item:
            self._open(self._item["failing_since"])

    def _open(self, since: str) -> None:
        Health(self._table, self._clock).look_soon(self._merchant)
        new = self._next_probe(self._first_interval()) | {"open_since": since}
        self._item = self._change(set=new, only_if=Attr("open_since").not_exists() & Attr("failures").exists())
        logger.error("A vendor is down", extra={"vendor": self._vendor, "error": self._item["error_kind"]})

    def _first_interval(self) -> timedelta:
        known = self._item or {}
        closed_at = read_moment(known.get("closed_at"))
        if closed_at is None or self._now() - closed_at > _AGAIN_WITHIN:
            return FIRST_INTERVAL
        return min(timedelta(seconds=known["last_interval"]) * _GROWS_BY, LONGEST_INTERVAL)

    def _next_probe(self, interval: timedelta) -> dict[str, Any]:
        moment = self._now() + interval
        return {"next_probe_at": moment.isoformat(), "probe_interval": int(interval.total_seconds())}

    def _answered(self) -> None:
        self._last_failed = None
        if not self._item or self._item.keys().isdisjoint(_ATTRIBUTES):
            return
        closed: dict[str, Any] = {}
        if (found := _outage(self._item)) is not None:
            logger.warning("A vendor answers again", extra={"vendor": self._vendor})
            closed = {"closed_at": self._now().isoformat(), "last_interval": int(found.interval.total_seconds())}
        self._item = self._change(set=closed, remove=_ATTRIBUTES)

    def _change(self, **how: Any) -> Item:
        return self._table.change(merchant_key(self._merchant), self._sk, **how)

    def _down(self, operation: str, found: Outage) -> VendorDown:
        wait = 0.0 if self._is_due(found) else (found.next_probe_at - self._now()).total_seconds()
        return VendorDown(operation, self._vendor, found.since, found.next_probe_at, retry_after=max(1.0, wait))


def outages(table: Table, merchant: str) -> list[Outage]:
    """The vendors that are down for a merchant."""
    return outages_of_many(table, [merchant]).get(merchant, [])


def outages_of_many(table: Table, merchants: Iterable[str]) -> dict[str, list[Outage]]:
    """The vendors that are down, by merchant; it may be slightly stale."""
    keys = ((merchant_key(merchant), f"{_SK}{vendor}") for merchant in merchants for vendor in VENDORS)
    found: dict[str, list[Outage]] = {}
    for item in table.get_many(keys, consistent=False):
        if (outage := _outage(item)) is not None:
            found.setdefault(merchant_of(item), []).append(outage)
    return found


def _outage(item: Item) -> Outage | None:
    """None also for an item that cannot be read: the next call is sent, and its answer clears the item."""
    if "open_since" not in item:
        return None
    try:
        return Outage(
            vendor=str(item["sk"]).removeprefix(_SK),
            since=datetime.fromisoformat(item["open_since"]),
            next_probe_at=datetime.fromisoformat(item["next_probe_at"]),
            interval=timedelta(seconds=item["probe_interval"]),
            error=str(item["error_kind"]),
            woken_until=read_moment(item.get("woken_until")),
        )
    except (KeyError, TypeError, ValueError) as error:
        logger.error("Breaker cannot be read", extra={"error": type(error).__name__})
        return None
