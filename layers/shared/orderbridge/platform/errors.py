"""Every error orderbridge raises on purpose.

    OrderbridgeError
    ├── SettingsError              a merchant's settings or secrets are unusable; names merchant, key and reason
    ├── MessageError               a queue message is not ours; goes to the dead letters with the reason
    ├── NewerRelease               a message or item in a form of a newer release: wait until its code is there
    ├── LedgerConflict             another worker moved this order first; read it again
    ├── Later                      it is too early: an order waits after an unexpected error, a poll for its turn
    ├── NotDue                     a job has nothing to do now: the message is done, neither a success nor a failure
    ├── NotSent                    SQS or SNS did not take a message; sending it again is harmless
    └── UpstreamError              an answer, or the lack of one, from Billbee, the warehouse or Abillify
        ├── RetryableError         nothing was changed, or changing it twice is harmless: try again later
        │   ├── Unreachable        no connection: the request was never sent
        │   │   └── VendorDown     not even tried: the vendor has not answered for a while
        │   ├── TimedOut           no answer in time to a call that may be repeated
        │   ├── ServerError        5xx, or the vendor's own "internal error"
        │   ├── MalformedAnswer    HTML, broken JSON or an unexpected shape, whatever the status said
        │   │   └── UnreadableItem one item of an answer cannot be read; others may be
        │   ├── OutOfTime          the invocation is about to end: the message comes again and the work continues
        │   └── Throttled          429, or our own budget is used up; knows how long to wait
        ├── PermanentError         trying again does not help: a person has to act
        │   ├── AuthenticationError  wrong or missing credentials, API not activated
        │   ├── NotFound           the order or product is not there (any more)
        │   └── Refused            understood and declined; the vendor's message says why
        └── UnknownOutcome         a call that must not be repeated may or may not have taken effect: ask first

HTTP answers are classified in one place, ``orderbridge.vendors.http``; codes inside an answer in each vendor's client.
No error carries a secret or an address: messages name the operation, the status and what the vendor said about it.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

from orderbridge.platform.texts import masked

VENDORS: Final = {"billbee": "Billbee", "bibi": "The warehouse", "abillify": "Abillify"}
"""The names that people see, by vendor."""


class OrderbridgeError(Exception):
    """Base of all errors raised on purpose."""


class SettingsError(OrderbridgeError):
    """Nothing can be done for a merchant until its settings or secrets are corrected. Retrying does not help."""

    def __init__(self, merchant: str, key: str, reason: str) -> None:
        super().__init__(f"merchant {merchant!r}: {key}: {reason}")
        self.merchant = merchant
        self.key = key
        self.reason = reason


class MessageError(OrderbridgeError):
    """A message that orderbridge did not write or cannot read. Retrying does not help."""


class NewerRelease(OrderbridgeError):
    """A message or an item has a form of a newer release. Acting on it could be wrong, so it is handed back until the
    newer code is there.
    """


class ConditionFailed(Exception):
    """A conditional write found another state; nothing was written. Stores translate it."""


class LedgerConflict(OrderbridgeError):
    """The ledger's record changed since it was read. Read it again; nothing was written."""


class NotSent(OrderbridgeError):
    """SQS or SNS did not take some of the messages. Sending all of them again is harmless."""


class Later(OrderbridgeError):
    """It is too early. The message comes again at the right time, and no worker waits for that.

    An order waits after an unexpected error; its message gets a lane of its own, so that the merchant's other orders do
    not wait for it. A poll waits until its burst of rings is over, or until the merchant's rings may lead to another
    poll (R21).
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"tried again in {seconds:.0f} seconds")
        self.seconds = seconds


class NotDue(OrderbridgeError):
    """A job has nothing to do, because it was done a short time ago. This is neither a success nor a failure."""


class UpstreamError(OrderbridgeError):
    """Something went wrong between us and a vendor.

    Attributes:
        operation: the call, e.g. ``"bibi submitOrder"``.
        status: the HTTP status, or None where no answer came.
        detail: the vendor's words or ours, for people to read. A vendor's words may repeat what it was sent, so the
            error's own text, which is logged, has only the words that cannot be personal data.
        never_landed: whether the vendor certainly did nothing, so that any call may be repeated.
    """

    never_landed: ClassVar[bool] = False

    def __init__(self, operation: str, detail: str, *, status: int | None = None) -> None:
        self.operation = operation
        self.status = status
        self.detail = detail
        answered = f" (HTTP {status})" if status is not None else ""
        super().__init__(f"{operation}{answered}: {masked(detail)}")


class RetryableError(UpstreamError):
    """May be tried again, after ``retry_after`` seconds if the vendor named a time."""

    def __init__(
        self, operation: str, detail: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(operation, detail, status=status)
        self.retry_after = retry_after


class Unreachable(RetryableError):
    """No connection could be made, so the request was never sent."""

    never_landed = True


class VendorDown(Unreachable):
    """The vendor has not answered several calls, so this one was not sent (R32). Recoverable by waiting.

    Attributes:
        since: since when it has not answered.
        next_try_at: when the next try is.
    """

    retry_after: float

    def __init__(
        self, operation: str, vendor: str, since: datetime, next_try_at: datetime, *, retry_after: float
    ) -> None:
        detail = f"no answer since {since:%Y-%m-%d %H:%M} UTC, next try at {next_try_at:%H:%M} UTC"
        super().__init__(operation, detail, retry_after=retry_after)
        self.args = (f"{operation}: {VENDORS[vendor]}: {detail}",)  # it has no words of the vendor
        self.vendor = vendor
        self.since = since
        self.next_try_at = next_try_at


class TimedOut(RetryableError):
    """No answer in time to a call that is safe to repeat."""


class ServerError(RetryableError):
    """The vendor's server failed while answering a call that is safe to repeat."""


class MalformedAnswer(RetryableError):
    """The answer was not what the documentation promises: HTML, broken JSON, a field of the wrong type."""


class UnreadableItem(MalformedAnswer):
    """The answer is as documented, but one item in it is not. Other items may be read."""


class OutOfTime(RetryableError):
    """The invocation is about to end. The message comes again at once, and the run continues where it stopped."""

    def __init__(self) -> None:
        super().__init__("invocation", "out of time", retry_after=1.0)


class Throttled(RetryableError):
    """Too many calls. ``retry_after`` is always set, in seconds."""

    never_landed = True
    retry_after: float

    def __init__(self, operation: str, detail: str, *, retry_after: float, status: int | None = None) -> None:
        super().__init__(operation, detail, status=status, retry_after=retry_after)


class PermanentError(UpstreamError):
    """Trying again does not help.

    Attributes:
        code: the vendor's own error code, where its answer names one.
        fields: the names of the fields that are wrong according to the vendor.
        hints: the vendor's advice, in its words, like ``detail``.
        own: whether the vendor itself says so, in its documented shape, and not a gateway in front of it.
    """

    def __init__(
        self,
        operation: str,
        detail: str,
        *,
        status: int | None = None,
        code: int | None = None,
        fields: tuple[str, ...] = (),
        hints: tuple[str, ...] = (),
        own: bool = True,
    ) -> None:
        super().__init__(operation, detail, status=status)
        self.code = code
        self.fields = fields
        self.hints = hints
        self.own = own


class AuthenticationError(PermanentError):
    """The credentials are wrong, missing or not allowed to do this."""

    never_landed = True


class NotFound(PermanentError):
    """The order or product does not exist at the vendor (any more)."""


class Refused(PermanentError):
    """The vendor understood the request and declined it."""


class UnknownOutcome(UpstreamError):
    """The call may have taken effect and must not be repeated without asking.

    Attributes:
        may_still_land: True after a time-out: the vendor may process the request after we have asked about it.
    """

    def __init__(self, operation: str, detail: str, *, status: int | None = None, may_still_land: bool = False) -> None:
        super().__init__(operation, detail, status=status)
        self.may_still_land = may_still_land
