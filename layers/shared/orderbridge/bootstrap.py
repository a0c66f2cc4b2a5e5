"""Puts the parts together: from environment variables to a merchant's workspace. The only module of the layer that
reads the environment.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.platform.clock import SYSTEM_CLOCK, Clock, Deadline
from orderbridge.platform.errors import OrderbridgeError, SettingsError
from orderbridge.platform.observability import logger, meter

# A cold start imports what it uses: each part is imported when it is made.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    import requests
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from pydantic import SecretStr

    from orderbridge.billing.ports import Billing
    from orderbridge.desk.board.board_secrets import BoardSecrets
    from orderbridge.effects.saying import Saying
    from orderbridge.jobs.dead_letters import DeadLetters
    from orderbridge.jobs.deliveries import Deliveries
    from orderbridge.jobs.messages import Message
    from orderbridge.ledger.effects import EffectKind
    from orderbridge.merchants.account_numbers import AccountNumbers
    from orderbridge.merchants.breaker import Breaker
    from orderbridge.merchants.registry import Registry
    from orderbridge.merchants.secrets import Secrets
    from orderbridge.merchants.settings import BibiSettings, MerchantSecrets, MerchantSettings
    from orderbridge.orders.webhook import Doorbell
    from orderbridge.platform.documents import Documents
    from orderbridge.platform.event_bus import EventBus
    from orderbridge.platform.table import Table
    from orderbridge.platform.topics import Topic
    from orderbridge.returns.label_store import ReturnLabels
    from orderbridge.vendors.bibi.budgets import CallBudgets
    from orderbridge.vendors.bibi.warehouse import BibiWarehouse
    from orderbridge.vendors.billbee.client import BillbeeClient
    from orderbridge.vendors.drift import Shape
    from orderbridge.vendors.http import HttpClient
    from orderbridge.vendors.openid.client import OpenIdProvider
    from orderbridge.workspace import Workspace

# Short time-outs: a call to AWS that hangs must not use up the invocation.
_AWS: Final = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})

_DRIFT_SECONDS: Final = 3600.0
"""How often drift that is known is counted in the table."""
_IN_NO_HURRY: Final = frozenset({"sync_stock", "run_chores", "announce_inbound"})


class MissingVariable(OrderbridgeError):
    """An environment variable that the template has to set is missing: a defect of the deployment."""


@dataclass(frozen=True)
class _Known:
    """A workspace and what it was made from. If that changes, a new workspace is made."""

    settings: MerchantSettings
    credentials: _Credentials
    workspace: Workspace

    def is_made_from(self, settings: MerchantSettings) -> bool:
        return self.settings == settings and not self.credentials.have_changed()


class _Credentials:
    """A merchant's secrets and the application's key. They are read when the first client is made, because each read is
    a request to SSM and many jobs call no vendor.

    Args:
        are_tried: they are not stored, so no token of the stored ones may be used with them.
    """

    def __init__(self, read: Callable[[], tuple[MerchantSecrets, SecretStr]], *, are_tried: bool = False) -> None:
        self._read = read
        self.are_tried = are_tried
        self._used: tuple[MerchantSecrets, SecretStr] | None = None

    def __call__(self) -> tuple[MerchantSecrets, SecretStr]:
        """Returns both, even if one is enough, so a job fails before its first call. Raises SettingsError."""
        if self._used is None:
            self._used = self._read()
        return self._used

    def have_changed(self) -> bool:
        """Whether they differ from those a client was made with. Raises SettingsError."""
        return self._used is not None and self._used != self._read()


class _NoTokens:
    """Keeps no token."""

    def load(self) -> str | None:
        return None

    def save(self, text: str) -> None:
        pass


class _MadeWhenCalled:
    """Creates the client of an AWS service on first use, because creating one is slow and this function rarely needs
    it.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._make(), operation)


class Deployment:
    """The deployed parts that a function or the operator's tool uses. Each is made when it is first asked for, and
    kept between invocations.

    Args:
        variables: what the template gives a function as its environment.
        clock: tells the time and waits, for all parts.
        client: makes the client of an AWS service, e.g. of ``"dynamodb"``.
        session: makes the session that sends the requests to a vendor: ``"billbee"``, ``"bibi"`` or ``"abillify"``.
    """

    def __init__(
        self,
        variables: Mapping[str, str] = os.environ,
        *,
        clock: Clock = SYSTEM_CLOCK,
        client: Callable[[str], Any] | None = None,
        session: Callable[[str], requests.Session] | None = None,
    ) -> None:
        self.clock = clock
        self._variables = variables
        self._client = client or partial(boto3.client, config=_AWS)
        self._session = session
        self._workspaces: dict[str, _Known] = {}
        self._calls: dict[str, Counter[str]] = {}
        self._drifts: dict[str, Counter[str]] = {}
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._providers: dict[tuple[str, str], OpenIdProvider] = {}
        self._drift_told: dict[str, tuple[float, frozenset[str]]] = {}
        self.deadline = Deadline(clock)

    @cached_property
    def table(self) -> Table:
        from orderbridge.platform.table import Table

        return Table(self._client("dynamodb"), self._variable("TABLE_NAME"))

    @cached_property
    def registry(self) -> Registry:
        """The registry of merchants and their settings."""
        from orderbridge.merchants.registry import Registry

        return Registry(self.table, self.clock)

    @cached_property
    def secrets(self) -> Secrets:
        from orderbridge.merchants.secrets import Secrets

        return Secrets(self._client("ssm"), self._variable("STAGE"), self.clock)

    @cached_property
    def board_secrets(self) -> BoardSecrets:
        """The secrets of the order board."""
        from orderbridge.desk.board.board_secrets import BoardSecrets

        return BoardSecrets(self._client("ssm"), self._variable("STAGE"), self.clock)

    def identity_provider(self, issuer: str, client_id: str) -> OpenIdProvider:
        """Who signs people in to the board."""
        found = self._providers.get((issuer, client_id))
        if found is None:
            from orderbridge.vendors.http import HttpClient
            from orderbridge.vendors.openid.client import OpenIdProvider

            # A person waits, and the function has less than half a minute for both calls.
            session = self._session and self._session("openid")
            http = partial(HttpClient, clock=self.clock, session=session, timeout=(3.0, 8.0))
            found = OpenIdProvider(issuer, client_id, self.board_secrets.client_secret, http, self.clock)
            self._providers[issuer, client_id] = found
        return found

    @cached_property
    def _sqs(self) -> Any:
        return self._client("sqs")

    @cached_property
    def deliveries(self) -> Deliveries:
        """The deliveries of the queue that this function reads."""
        from orderbridge.jobs.deliveries import Deliveries
        from orderbridge.merchants.health import Health

        sqs: Any = _MadeWhenCalled(lambda: self._sqs)  # only messages that must come again need a call to SQS
        health = Health(self.table, self.clock)
        return Deliveries(sqs, self._variable("QUEUE_URL"), self._variable("DEAD_LETTER_QUEUE_URL"), health)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """The dead letters of every queue whose URL is given, by queue, e.g. as ``PUSH_ORDERS_DEAD_LETTERS_URL``.

        Without the queue's own URL, ``PUSH_ORDERS_QUEUE_URL``, they can be read but not sent again.
        """
        from orderbridge.jobs.dead_letters import DeadLetters, QueuePair

        end = "_DEAD_LETTERS_URL"
        names = [name.removesuffix(end) for name in self._variables if name.endswith(end)]
        queues = {
            name.lower().replace("_", "-"): QueuePair(
                self._variables.get(f"{name}_QUEUE_URL", ""), self._variable(f"{name}{end}")
            )
            for name in sorted(names)
        }
        return DeadLetters(self._sqs, queues)

    def sender(self, queue_variable: str) -> Callable[[Sequence[Message]], None]:
        """Sends to the queue whose URL is in an environment variable, e.g. ``PUSH_ORDERS_QUEUE_URL``."""

        def send(messages: Sequence[Message]) -> None:
            from orderbridge.jobs.publisher import Publisher

            Publisher(self._sqs).send(self._variable(queue_variable), messages)

        return send

    @cached_property
    def senders(self) -> Mapping[str, Callable[[Sequence[Message]], None]]:
        """The sender of each queue whose URL is given, by queue, e.g. as ``PUSH_ORDERS_QUEUE_URL``."""
        end = "_QUEUE_URL"
        names = [name.removesuffix(end) for name in self._variables if name.endswith(end)]
        return {name.lower().replace("_", "-"): self.sender(f"{name}{end}") for name in names}

    def starter(self, queue_variable: str) -> Callable[[Sequence[Message]], list[Message]]:
        """Like `sender`, for messages whose order does not matter. Returns those that SQS has not taken."""

        def send(messages: Sequence[Message]) -> list[Message]:
            from orderbridge.jobs.publisher import Publisher

            return Publisher(self._sqs).send_what_goes(self._variable(queue_variable), messages)

        return send

    @cached_property
    def doorbell(self) -> Doorbell:
        """The doorbell of all merchants."""
        from orderbridge.orders.webhook import Doorbell

        return Doorbell(
            lambda kept: self.registry.listing(kept=kept),
            self.secrets.of_webhook,
            self.sender("POLL_ORDERS_QUEUE_URL"),
            self.clock,
        )

    @cached_property
    def digests(self) -> Topic:
        """The topic of the daily digests."""
        from orderbridge.platform.topics import Topic

        return Topic(self._client("sns"), self._variable("DIGESTS_TOPIC_ARN"))

    @cached_property
    def event_bus(self) -> EventBus | None:
        """The bus that hears what happens (R47); None if there is none."""
        from orderbridge.platform.event_bus import EventBus

        name = self._variables.get("EVENT_BUS", "")
        return EventBus(self._client("events"), name) if name else None

    @cached_property
    def troubles(self) -> Topic:
        """The topic of troubles that are new or over."""
        from orderbridge.platform.topics import Topic

        return Topic(self._client("sns"), self._variable("TROUBLES_TOPIC_ARN"))

    @property
    def board_url(self) -> str:
        """Where the order board is; empty if there is none."""
        return self._variables.get("BOARD_URL", "")

    @property
    def stage(self) -> str:
        """The name of this deployment."""
        return self._variable("STAGE")

    @cached_property
    def documents(self) -> Documents:
        """The bucket of files that announce goods, and of return labels."""
        from orderbridge.platform.documents import Documents

        return Documents(self._s3, self._variable("DOCUMENTS_BUCKET"))

    @cached_property
    def labels(self) -> ReturnLabels:
        """The return labels. They work only if the template names the bucket and the address of their links."""
        from orderbridge.returns.label_store import ReturnLabels

        bucket, link = (self._variables.get(name, "") for name in ("DOCUMENTS_BUCKET", "LABELS_URL"))
        return ReturnLabels(lambda: self._s3, bucket, link)

    @cached_property
    def _s3(self) -> Any:
        return self._client("s3")

    def workspace(self, merchant: str) -> Workspace | None:
        """The merchant's workspace, or None if the merchant is paused, or all are (R22).

        Raises:
            SettingsError: the settings are unusable. Unusable secrets raise it when the first client is made.
            NewerRelease: the merchant's entry has a form of a newer release.
        """
        return None if self.registry.is_paused(merchant) else self.any_workspace(merchant)

    def any_workspace(self, merchant: str) -> Workspace:
        """The merchant's workspace, even if the merchant is paused; for reading only. Raises SettingsError."""
        settings = self.registry.settings(merchant)
        known = self._workspaces.get(merchant)
        if known is None or not known.is_made_from(settings):
            credentials = _Credentials(lambda: (self.secrets.of(merchant), self.secrets.billbee_api_key()))
            known = _Known(settings, credentials, self._make(merchant, settings, credentials))
            self._workspaces[merchant] = known
        return known.workspace

    def trial(
        self, merchant: str, settings: MerchantSettings, secrets: MerchantSecrets, api_key: SecretStr
    ) -> Workspace:
        """A workspace with credentials that are not stored; for reading only."""
        return self._make(merchant, settings, _Credentials(lambda: (secrets, api_key), are_tried=True))

    def invocation(self, context: LambdaContext) -> AbstractContextManager[Deployment]:
        """One invocation: has a deadline, and writes down at its end what it counted."""
        return self.working(context.get_remaining_time_in_millis() / 1000)

    @contextmanager
    def working(self, seconds: float) -> Iterator[Deployment]:
        """A piece of work with a deadline; at its end it writes down what it counted."""
        self.deadline.set(seconds)
        try:
            yield self
        finally:
            for breaker in self._breakers.values():
                breaker.forget()
            self._write_down()

    def _write_down(self) -> None:
        """Add what was counted during this invocation to the table."""
        from orderbridge.merchants.usage import Usage

        usage = Usage(self.table, self.clock)
        meter.count("CallsThrottled", sum(calls["throttled"] for calls in self._calls.values()))
        counted = {merchant: known.workspace.counted for merchant, known in self._workspaces.items()}
        for merchant in sorted(self._calls.keys() | counted.keys()):
            counts = self._calls.get(merchant, Counter()) + counted.get(merchant, Counter())
            try:
                usage.add(merchant, counts)
            except (
                BotoCoreError,
                ClientError,
                OrderbridgeError,
            ) as error:  # the work is done, and must not be repeated
                logger.warning("Usage not counted", extra={"merchant": merchant, "error": str(error)})
        self._calls.clear()
        for counts in counted.values():
            counts.clear()
        for merchant in [merchant for merchant, noticed in self._drifts.items() if noticed]:
            self._tell_of_drift(merchant)

    def _tell_of_drift(self, merchant: str) -> None:
        """Write down what was noticed: new names at once, known ones once an hour."""
        noticed, now = self._drifts[merchant], self.clock.monotonic()
        until, told = self._drift_told.get(merchant, (0.0, frozenset[str]()))
        if noticed.keys() <= told and now < until:
            return
        from orderbridge.merchants.drift import Drifts

        try:
            new = Drifts(self.table, self.clock).note(merchant, noticed)
        except (BotoCoreError, ClientError) as error:  # it will be noticed again
            logger.warning("Drift not noted", extra={"merchant": merchant, "error": type(error).__name__})
            return
        for name in new:
            logger.warning("A vendor's answer has something that is not documented", extra={"drift": name})
        self._drift_told[merchant] = (now + _DRIFT_SECONDS, told | noticed.keys())
        noticed.clear()

    def _make(self, merchant: str, settings: MerchantSettings, credentials: _Credentials) -> Workspace:
        from orderbridge.merchants.account_numbers import AccountNumbers
        from orderbridge.workspace import Workspace

        numbers = AccountNumbers(self.table, merchant, self.clock)
        return Workspace(
            merchant=merchant,
            settings=settings,
            table=self.table,
            clock=self.clock,
            account_numbers=numbers,
            make_hub=partial(self._hub, merchant, settings, credentials),
            make_warehouse=partial(self._warehouse, merchant, settings, credentials, numbers),
            make_labels=lambda: self.labels,
            make_billing=partial(self._billing, merchant, settings, credentials),
            push=self.sender("PUSH_ORDERS_QUEUE_URL"),
            breaker=partial(self._breaker, merchant),
            deadline=self.deadline,
            make_saying=_saying,
        )

    def _hub(self, merchant: str, settings: MerchantSettings, credentials: _Credentials) -> BillbeeClient:
        from orderbridge.vendors.billbee.client import BillbeeClient
        from orderbridge.vendors.billbee.slots import PATIENCE, PATIENCE_IN_NO_HURRY, CallSlots

        secrets, api_key = credentials()
        in_no_hurry = self._variable("POWERTOOLS_SERVICE_NAME") in _IN_NO_HURRY
        patience = PATIENCE_IN_NO_HURRY if in_no_hurry else PATIENCE
        return BillbeeClient(
            self._http(merchant, "billbee"),
            api_key=api_key,
            username=settings.billbee.username,
            password=secrets.billbee_password,
            calls_per_second=settings.billbee.requests_per_second,
            clock=self.clock,
            turn=CallSlots(self.table, patience=patience, clock=self.clock).wait_for_turn,
        )

    def _warehouse(
        self, merchant: str, settings: MerchantSettings, credentials: _Credentials, numbers: AccountNumbers
    ) -> BibiWarehouse:
        from orderbridge.ledger.order_number import Numbering
        from orderbridge.vendors.bibi.api import BibiApi
        from orderbridge.vendors.bibi.warehouse import BibiWarehouse

        bibi, (secrets, _) = settings.bibi, credentials()
        api = BibiApi(
            self._http(merchant, "bibi"),
            public_key=secrets.bibi_public_key,
            secret_key=secrets.bibi_secret_key,
            budget=self._budget(merchant, bibi),
            token_cache=_NoTokens() if credentials.are_tried else self.secrets.token_cache(merchant),
            paths=bibi.paths,
            clock=self.clock,
        )
        return BibiWarehouse(
            api,
            source=bibi.source,
            numbering=Numbering(bibi.order_prefix),
            habits=numbers,
            clock=self.clock,
        )

    def _billing(self, merchant: str, settings: MerchantSettings, credentials: _Credentials) -> Billing | None:
        """The parts that compare with Abillify; None if the merchant does not use it, or has no credentials.

        Raises:
            SettingsError: the address of Abillify is not set.
        """
        if not settings.billing.enabled:
            return None
        secrets, _ = credentials()
        username, password = secrets.abillify_username, secrets.abillify_password
        if username is None or password is None:
            return None
        if not self._variables.get("ABILLIFY_BASE_URL"):
            needed = "needs the deployment's parameter AbillifyBaseUrl, which is empty"
            raise SettingsError(merchant, "billing.enabled", needed)
        from orderbridge.billing.billing_records import BillingRecords
        from orderbridge.billing.ports import Billing
        from orderbridge.vendors.abillify.client import AbillifyClient

        http = self._http(merchant, "abillify")
        abillify = AbillifyClient(http, username=username, password=password, clock=self.clock)
        return Billing(abillify, BillingRecords(self.table, merchant, self.clock))

    def _http(self, merchant: str, vendor: str) -> HttpClient:
        from orderbridge.vendors.http import HttpClient

        return HttpClient(
            self._variable(f"{vendor.upper()}_BASE_URL"),
            clock=self.clock,
            gate=self._breaker(merchant, vendor),
            session=self._session and self._session(vendor),
            observe=partial(self._observe, merchant, vendor),
            inspect=partial(self._inspect, merchant, vendor),
        )

    def _breaker(self, merchant: str, vendor: str) -> Breaker:
        found = self._breakers.get((merchant, vendor))
        if found is None:
            from orderbridge.merchants.breaker import Breaker

            found = self._breakers[merchant, vendor] = Breaker(self.table, merchant, vendor, self.clock)
        return found

    def _budget(self, merchant: str, bibi: BibiSettings) -> CallBudgets:
        """The merchant's calls a minute. Jobs that read whole catalogues leave a third of them to others."""
        from orderbridge.vendors.bibi.budgets import CallBudgets

        limit = bibi.requests_per_minute
        reserve = limit // 3 if self._variable("POWERTOOLS_SERVICE_NAME") in _IN_NO_HURRY else 0
        return CallBudgets(self.table, merchant, limit, reserve=reserve, clock=self.clock)

    def _variable(self, name: str) -> str:
        value = self._variables.get(name, "")
        if not value:
            raise MissingVariable(f"the environment variable {name} is not set")
        return value

    def _inspect(self, merchant: str, vendor: str, operation: str, data: Any) -> None:
        """Notice what a vendor sends beyond what it documents."""
        if (documented := _documented(vendor).get(operation)) is not None:
            from orderbridge.vendors.drift import drift

            self._drifts.setdefault(merchant, Counter()).update(
                dict.fromkeys((f"{vendor} {name}" for name in drift(data, documented)), 1)
            )

    def _observe(self, merchant: str, vendor: str, outcome: str, seconds: float) -> None:
        calls = self._calls.setdefault(merchant, Counter())
        calls[vendor] += 1
        if outcome == "throttled":
            calls["throttled"] += 1
        if outcome == "unauthorized":
            self.secrets.forget(merchant)


def _saying(workspace: Workspace, kind: EffectKind) -> Saying:
    from orderbridge.sayings import SAYINGS

    return SAYINGS[kind](workspace)


def import_warehouse_client() -> None:
    """Import the warehouse's client at the start of a function that calls it in nearly every invocation, because Lambda
    gives a start more processor time than an invocation. Others import it when they need it.
    """
    import orderbridge.vendors.bibi.warehouse  # noqa: F401


def _documented(vendor: str) -> Mapping[str, Shape]:
    if vendor == "billbee":
        from orderbridge.vendors.billbee.documented import BY_OPERATION

        return BY_OPERATION
    if vendor == "bibi":
        from orderbridge.vendors.bibi.documented import BY_OPERATION

        return BY_OPERATION
    return {}


_INSTALLED: Final[ContextVar[Deployment]] = ContextVar("deployment")


def deployment() -> Deployment:
    """The deployment that was installed (see `install`), or the one of this function's environment."""
    return _INSTALLED.get(None) or _of_this_environment()


def install(parts: Deployment) -> Token[Deployment]:
    """Make this function use a deployment with another clock or other clients. The token undoes it."""
    return _INSTALLED.set(parts)


def uninstall(token: Token[Deployment]) -> None:
    _INSTALLED.reset(token)


@lru_cache(maxsize=1)
def _of_this_environment() -> Deployment:
    return Deployment()
