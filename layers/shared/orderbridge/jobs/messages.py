"""The messages in the queues, between functions that may be of two releases.

Readers ignore fields that they do not know; writers leave out what is at its default. So any release may add a field,
with a default that means what a message without it has always meant. A default never changes. A change that older code
would misunderstand needs a higher `SCHEMA`: older code then hands the message back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from orderbridge.ledger.order import Order
from orderbridge.merchants.settings import MERCHANT_NAME
from orderbridge.platform.errors import MessageError, NewerRelease

M = TypeVar("M", bound="Message")
SCHEMA: Final = 1
"""The newest form of most messages that this release writes and reads. A message without a number has form 1."""
TAKE_UP: Final = 2
"""The form of `TakeUp`, which is in the queue of `PushOrder`: code that knows only form 1 hands it back."""
_LARGEST = 10**18
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class Message(BaseModel):
    """The fields of every message."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    QUEUE: ClassVar[str]
    """The name of its queue."""
    HAS_LANE: ClassVar[bool] = True
    """Whether that queue is FIFO."""

    job: str
    schema_number: Annotated[int, Field(alias="schema", ge=1, le=SCHEMA)] = 1
    merchant: Annotated[str, Field(pattern=MERCHANT_NAME)]
    correlation_id: Annotated[str, Field(max_length=128)]

    @property
    def deduplication_id(self) -> str:
        """Equal for messages that ask for the same thing."""
        raise NotImplementedError

    @property
    def lane(self) -> str:
        """The message group: messages of one lane are delivered one after the other."""
        return self.merchant

    @property
    def own_lane(self) -> str | None:
        """The message group in which it can wait without holding up the merchant's other messages; None if there is
        none.
        """
        return None

    @property
    def health_name(self) -> str:
        """The name under which the job's health is kept."""
        return self.job

    def body(self) -> str:
        """The message as it is sent. An order in it is written in full, because 0.00 and the default 0 have different
        hashes.
        """
        fields = type(self).model_fields.items()
        written = {"job"} if self.schema_number == 1 else {"job", "schema_number"}
        at_default = {name for name, field in fields if name not in written and getattr(self, name) == field.default}
        return self.model_dump_json(by_alias=True, exclude_none=True, exclude=at_default)


class JobMessage(Message):
    """Asks for one run of a job that finds its work by itself.

    Attributes:
        asked_at: the run has to start after this.
    """

    asked_at: Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST)]

    @property
    def deduplication_id(self) -> str:
        return f"{self.merchant}:{self.correlation_id}"


def health_name(job: str, scope: object = None) -> str:
    """The name under which a job's health is kept. A sweep does not call Billbee, so it has one of its own."""
    return "sweep-orders" if (job, scope) == ("poll-orders", "stuck") else job


class PollOrders(JobMessage):
    """Look for orders to import: those with ``changes``, ``all`` of them, or those ``stuck`` in the ledger.

    Attributes:
        burst: for rings, the second from which on they share this message.
        scheduled: a schedule asks, so the poll may be skipped if the doorbell works (R21).
    """

    QUEUE: ClassVar[str] = "poll-orders"

    job: Literal["poll-orders"] = "poll-orders"
    scope: Literal["changes", "all", "stuck"] = "changes"
    burst: Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)] | None = None
    scheduled: bool = False

    @property
    def is_ring(self) -> bool:
        return self.burst is not None

    @property
    def deduplication_id(self) -> str:
        if self.burst is not None:
            return f"{self.merchant}:doorbell:{self.burst}"
        return f"{self.merchant}:{self.scope}:{self.correlation_id}"

    @property
    def health_name(self) -> str:
        return health_name(self.job, self.scope)


class PullTracking(JobMessage):
    """Read the warehouse's reports of the ``open`` orders, or of ``all`` recently changed ones."""

    QUEUE: ClassVar[str] = "pull-tracking"

    job: Literal["pull-tracking"] = "pull-tracking"
    scope: Literal["open", "all"] = "open"

    @property
    def deduplication_id(self) -> str:
        return f"{self.merchant}:{self.scope}:{self.correlation_id}"


class Chore(JobMessage):
    """Asks for a job that runs seldom. These jobs share a queue, and none holds up another."""

    QUEUE: ClassVar[str] = "chores"

    @property
    def lane(self) -> str:
        return f"{self.merchant}#{self.job}"


class PullReturns(Chore):
    """Read what came back to the warehouse."""

    job: Literal["pull-returns"] = "pull-returns"


class SyncStock(JobMessage):
    """Send the warehouse's stock to Billbee."""

    QUEUE: ClassVar[str] = "sync-stock"

    job: Literal["sync-stock"] = "sync-stock"


class SyncProducts(Chore):
    """Send the merchant's products to the warehouse."""

    job: Literal["sync-products"] = "sync-products"


class PullMovements(Chore):
    """Read what moved in the warehouse."""

    job: Literal["pull-movements"] = "pull-movements"


class SendDigest(Chore):
    """Report what happened to yesterday's orders."""

    job: Literal["send-digest"] = "send-digest"


class CheckBilling(Chore):
    """Compare what was shipped with what is billed: the orders that are ``due``, or ``all`` that are not settled
    yet.
    """

    job: Literal["check-billing"] = "check-billing"
    scope: Literal["due", "all"] = "due"

    @property
    def deduplication_id(self) -> str:
        return f"{self.merchant}:{self.scope}:{self.correlation_id}"


class FollowInbound(Chore):
    """Check announced goods, and whether a file was missed."""

    job: Literal["follow-inbound"] = "follow-inbound"


CHORES: Final[tuple[type[Chore], ...]] = (
    PullReturns,
    PullMovements,
    SyncProducts,
    CheckBilling,
    FollowInbound,
    SendDigest,
)
"""The messages of the queue of chores, distinguished by their job."""


class AnnounceInbound(Message):
    """Process a file that was dropped for the warehouse.

    Attributes:
        key: of the file in the bucket.
    """

    QUEUE: ClassVar[str] = "announce-inbound"
    HAS_LANE: ClassVar[bool] = False

    job: Literal["announce-inbound"] = "announce-inbound"
    key: Annotated[str, Field(max_length=1024, pattern="^inbound/[^/]+/.")]

    @property
    def deduplication_id(self) -> str:
        return f"{self.merchant}:{self.key}:{self.correlation_id}"


class PushOrder(Message):
    """Send one order to the warehouse, or apply what the merchant has changed since.

    Attributes:
        version: of the ledger's record at the request; a later request has a later version.
        order: as it was read; None to read it again.
        look: also read the warehouse's report of it, and tell Billbee.
        label: have a return label created, even without its tag.
    """

    QUEUE: ClassVar[str] = "push-orders"

    job: Literal["push-orders"] = "push-orders"
    billbee_id: Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
    version: Annotated[int, Field(ge=0, le=_LARGEST)]
    order: Order | None = None
    look: bool = False
    label: bool = False

    @property
    def deduplication_id(self) -> str:
        kind = "label" if self.label else "look" if self.look else "full" if self.order else "bare"
        return f"{self.merchant}:{self.billbee_id}:{self.version}:{kind}"

    @property
    def own_lane(self) -> str:
        return f"{self.merchant}#{self.billbee_id}"

    LARGEST: ClassVar[int] = 200_000
    """Bytes of JSON. A message with a larger order leaves it out, and it is read again. SQS takes 256 KiB."""

    def fitting(self) -> PushOrder:
        """This message, without the order if it would be too large for the queue."""
        if len(self.body().encode()) <= self.LARGEST:
            return self
        return self.model_copy(update={"order": None})


class TakeUp(Message):
    """Take up the orders that wait in the ledger, a portion at a time; or first probe whether a vendor answers again.

    Attributes:
        chain: one chain of portions runs for a merchant at a time; each portion sends the next one.
        turn: counts the portions.
        until: orders that have been open since then, or longer, are taken up.
        after: those that have waited longer were processed by earlier portions.
        tied: the orders that have waited since exactly then and were processed, by Billbee id.
        rush: whether rush orders and fresh ones go first.
        vendor: the one to probe, in a lane of its own; None to take up orders.
    """

    QUEUE: ClassVar[str] = "push-orders"

    job: Literal["push-orders"] = "push-orders"
    schema_number: Annotated[Literal[2], Field(alias="schema")] = 2
    chain: Annotated[str, Field(max_length=200)]
    turn: Annotated[int, Field(ge=0, le=_LARGEST)] = 0
    until: Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST)]
    after: Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST)] | None = None
    tied: Annotated[tuple[int, ...], Field(max_length=5_000)] = ()
    rush: bool = True
    vendor: Literal["billbee", "bibi"] | None = None

    @property
    def deduplication_id(self) -> str:
        return f"{self.merchant}:{self.vendor or 'take-up'}:{self.chain}:{self.turn}"

    @property
    def lane(self) -> str:
        return self.merchant if self.vendor is None else self.own_lane

    @property
    def own_lane(self) -> str:
        return f"{self.merchant}#{self.vendor or 'take-up'}"


PUSHED: Final = (PushOrder, TakeUp)
"""The messages of the queue push-orders."""


def _job(kind: type[Message]) -> str:
    return str(kind.model_fields["job"].default)


_ALL: Final[tuple[type[Message], ...]] = (PollOrders, PushOrder, PullTracking, SyncStock, AnnounceInbound, *CHORES)
KINDS: Final[Mapping[str, type[Message]]] = {_job(kind): kind for kind in _ALL}
"""The messages that ask for each job."""


def parse_any(kinds: Sequence[type[M]], body: str) -> M:
    """Read a message body of one of several kinds, which differ in their job or their form.

    Raises as `parse`, for the first kind that asks for the job.
    """
    jobs = {_job(kind) for kind in kinds}
    if len(jobs) > 1:
        named = _named_job(body)
        kinds = [kind for kind in kinds if _job(kind) == named]
        if not kinds:
            raise MessageError(f"not a message: job: must be one of {', '.join(sorted(jobs))}")
    errors: list[MessageError | NewerRelease] = []
    for kind in kinds:
        try:
            return parse(kind, body)
        except (MessageError, NewerRelease) as error:
            errors.append(error)
    raise next((error for error in errors if isinstance(error, NewerRelease)), errors[0])


def _named_job(body: str) -> object:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return fields.get("job") if isinstance(fields, dict) else None


def parse(kind: type[M], body: str) -> M:
    """Read a message body.

    Raises:
        NewerRelease: it is a message of this kind, in a form that only a newer release reads.
        MessageError: it is not such a message. Says what is wrong, without repeating the content.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        wrong = {one["loc"]: one["type"] for one in errors}
        if wrong.get(("schema",)) == "less_than_equal" and ("job",) not in wrong:
            raise NewerRelease(f"a {kind.__name__} message of a newer release") from None
        where = ".".join(str(part) for part in errors[0]["loc"]) or "body"
        raise MessageError(f"not a {kind.__name__} message: {where}: {errors[0]['msg']}") from None
