"""What the functions run in: their variables, queues and clients, as the template gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from orderbridge.bootstrap import Deployment
from orderbridge.platform.clock import Deadline
from testkit.aws import MemorySQS
from testkit.clock import ManualClock
from testkit.vendors import InProcess

LABELS_URL = "https://doorbell.example/labels"
DIGESTS = "arn:aws:sns:eu-central-1:123456789012:digests"
TROUBLES = "arn:aws:sns:eu-central-1:123456789012:troubles"
EVENT_BUS = "orders-and-more"
TABLE = "ledger-1"
STAGE = "test"

FUNCTIONS: Final[Mapping[str, str]] = {
    "poll": "poll_orders",
    "push": "push_orders",
    "pull": "pull_tracking",
    "stock": "sync_stock",
    "chores": "run_chores",
    "announce": "announce_inbound",
}
"""The function that reads each queue."""
JOBS: Final[Mapping[str, str]] = {
    "poll": "poll-orders",
    "pull": "pull-tracking",
    "stock": "sync-stock",
    "returns": "pull-returns",
    "movements": "pull-movements",
    "products": "sync-products",
    "billing": "check-billing",
    "inbound": "follow-inbound",
    "digest": "send-digest",
}
"""What `schedule` and `ask` call the jobs."""


def queue_of(job: str) -> str:
    """The queue of one of `JOBS`."""
    return job if job in FUNCTIONS else "chores"


INVOCATION: Final = 120.0
VISIBILITY: Final = 180.0
POLL_DELAY: Final = 3.0
"""Seconds that a message for `poll_orders` waits in its queue."""
MAX_RECEIVES: Final = 20


class Surroundings(Protocol):
    """What functions need of their world."""

    clock: ManualClock
    dynamodb: Any
    ssm: Any
    queues: Any
    s3: Any
    wires: dict[str, InProcess]
    seconds_left: Callable[[], float] | None

    @property
    def sns(self) -> Any: ...
    @property
    def events(self) -> Any: ...
    @property
    def event_bus(self) -> str:
        """The name of the bus; empty without one."""


class _ToldDeadline(Deadline):
    """The invocation's, unless a test says how much is left."""

    def __init__(self, here: Surroundings) -> None:
        super().__init__(here.clock)
        self._here = here

    def left(self) -> float:
        return super().left() if self._here.seconds_left is None else self._here.seconds_left()


class Function(Deployment):
    """One function's environment: as deployed, but for the clock, the clients and how requests travel."""

    def __init__(self, here: Surroundings, queue: str) -> None:
        self._here = here
        clients = {"dynamodb": here.dynamodb, "ssm": here.ssm, "sqs": here.queues, "s3": here.s3, "sns": here.sns}
        clients["events"] = here.events
        variables = {
            "TABLE_NAME": TABLE,
            "STAGE": STAGE,
            "QUEUE_URL": queue,
            "DEAD_LETTER_QUEUE_URL": f"{queue}-dead",
            "DOCUMENTS_BUCKET": "documents",
            "LABELS_URL": LABELS_URL,
            "DIGESTS_TOPIC_ARN": DIGESTS,
            "TROUBLES_TOPIC_ARN": TROUBLES,
            "EVENT_BUS": here.event_bus,
            "POWERTOOLS_SERVICE_NAME": FUNCTIONS.get(queue, "push_orders"),
        }
        variables |= {f"{function.upper()}_QUEUE_URL": name for name, function in FUNCTIONS.items()}
        variables |= {f"{function.upper()}_DEAD_LETTERS_URL": f"{name}-dead" for name, function in FUNCTIONS.items()}
        variables["CHORES_QUEUE_URL"] = "chores"
        variables |= {f"{name.upper()}_BASE_URL": wire.url for name, wire in here.wires.items()}
        super().__init__(
            variables,
            clock=here.clock,
            client=clients.__getitem__,
            session=lambda vendor: here.wires[vendor].session(),
        )
        self.deadline = _ToldDeadline(here)


def queues(clock: ManualClock) -> MemorySQS:
    """The queues of all functions, by short names. Only that of S3's notifications is not FIFO."""
    made = MemorySQS(clock)
    for name in FUNCTIONS:
        fifo, dead = name != "announce", f"{name}-dead"
        made.add(dead, fifo=fifo, visibility=VISIBILITY)
        made.add(
            name,
            fifo=fifo,
            visibility=VISIBILITY,
            delay=POLL_DELAY if name == "poll" else 0.0,
            batch=10 if name == "push" else 1,
            dead_letters=dead,
            max_receives=MAX_RECEIVES,
        )
    return made
