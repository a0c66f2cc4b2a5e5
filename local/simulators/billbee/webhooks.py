"""Billbee's webhooks: registrations to create, read, change and delete, and what rings them."""

import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from local.simulators.billbee import checks, enums
from local.simulators.billbee.checks import invalid
from local.simulators.billbee.deliveries import Deliveries, Delivery, echoes
from local.simulators.readings import Readings
from local.simulators.server import Answer, Refused, Simulator

if TYPE_CHECKING:
    from local.simulators.billbee.account import Account

FIELDS: dict[str, checks.Check] = {
    "Secret": checks.text,
    "Filters": checks.texts,
    "Headers": checks.mapping,
    "Properties": checks.mapping,
    "Id": checks.text,
    "WebHookUri": checks.text,
    "Description": checks.text,
    "IsPaused": checks.flag,
}


class WebhookRoutes(Simulator):
    """Mixed into the service; a registration belongs to the account that made it."""

    _sender: Deliveries
    readings: Readings

    def account(self) -> "Account":
        raise NotImplementedError

    def json_body(self) -> Any:
        raise NotImplementedError

    @property
    def deliveries(self) -> list[Delivery]:
        """All attempts to deliver a webhook so far, with their results."""
        return list(self._sender.made)

    @property
    def deliveries_outstanding(self) -> int:
        """How many deliveries are neither accepted nor given up yet."""
        return self._sender.outstanding

    def stop(self) -> None:
        self._sender.stop()
        super().stop()

    def notify(self, account: "Account", actions: tuple[str, ...], kind: str, record: dict[str, Any]) -> None:
        """Ring those of the account's webhooks that are registered for one of `actions`."""
        with self.lock:
            hooks = [hook for hook in account.webhooks.values() if not hook["IsPaused"]]
            copied = copy.deepcopy(record) if hooks else {}
        for hook in hooks:
            wanted = hook["Filters"]
            heard = [action for action in actions if "*" in wanted or action in wanted]
            if heard:
                notifications = [{"Action": action, kind: copied} for action in heard]
                self._sender.add(account.username, hook, notifications)

    def add_webhook_routes(self) -> None:
        self.route("GET /webhooks", lambda: Answer(body=list(self.account().webhooks.values())))
        self.route("POST /webhooks", self._register, locked=False)
        self.route("DELETE /webhooks", self._forget_all)
        self.route("GET /webhooks/filters", self._filters)
        self.route("GET /webhooks/{id}", lambda id: Answer(body=self._registered(id)))
        self.route("PUT /webhooks/{id}", self._change, locked=False)
        self.route("DELETE /webhooks/{id}", self._forget)

    def _filters(self) -> Answer:
        return Answer(body=[{"Name": name, "Description": told} for name, told in self._offered().items()])

    def _offered(self) -> dict[str, str]:
        match self.readings["webhook-filters"]:
            case "created":
                return {"order.created": enums.WEBHOOK_FILTERS["order.created"]}
            case "star":
                return {"*": "Fires on every event"}
        return enums.WEBHOOK_FILTERS

    def _takes(self) -> set[str]:
        """`*` is no event of its own: it means all events."""
        offered = self._offered()
        return {*offered, *(["*"] if len(offered) > 1 else [])}

    def _register(self) -> Answer:
        hook = self._read()
        hook["Id"] = hook.get("Id") or uuid4().hex
        self._keep(hook)
        return Answer(body=hook)

    def _change(self, id: str) -> Answer:
        self._registered(id)
        hook = self._read()
        if hook.get("Id") not in (None, id):
            raise invalid("The id of a webhook cannot be changed.")
        hook["Id"] = id
        self._keep(hook)
        return Answer(body=hook)

    def _keep(self, hook: dict[str, Any]) -> None:
        """Register it, if its receiver answers the echo."""
        if not echoes(hook["WebHookUri"]):
            raise invalid("The webhook's URL did not answer the echo. Attach ?noecho to it to prevent the echo test.")
        with self.lock:
            self.account().webhooks[hook["Id"]] = dict(hook)

    def _forget(self, id: str) -> Answer:
        self._registered(id)
        del self.account().webhooks[id]
        return Answer(body={})

    def _forget_all(self) -> Answer:
        self.account().webhooks.clear()
        return Answer(body={})

    def _registered(self, id: str) -> dict[str, Any]:
        with self.lock:
            hook = self.account().webhooks.get(id)
        if hook is None:
            raise Refused(Answer(404, {"Message": "Webhook not found."}))
        return hook

    def _read(self) -> dict[str, Any]:
        hook = checks.read_body(self.json_body(), FIELDS, required=["Secret", "WebHookUri"])
        if not 32 <= len(hook["Secret"]) <= 64:
            raise invalid("Field 'Secret' must have 32 to 64 characters.")
        target = urlsplit(hook["WebHookUri"])
        if target.scheme not in ("http", "https") or not target.netloc:
            raise invalid("Field 'WebHookUri' is not an absolute URL.")
        unknown = [name for name in hook.get("Filters", []) if name not in self._takes()]
        if unknown:
            raise invalid(f"Unknown filter '{unknown[0]}'.")
        return {
            "Filters": ["*"],
            "Headers": {},
            "Properties": {},
            "Description": None,
            "IsPaused": False,
        } | hook
