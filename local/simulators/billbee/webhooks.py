"""Billbee's webhook registrations: create, read, change, delete. Deliveries are not made."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from local.simulators.billbee import checks, enums
from local.simulators.billbee.checks import invalid
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

    def account(self) -> "Account":
        raise NotImplementedError

    def json_body(self) -> Any:
        raise NotImplementedError

    def add_webhook_routes(self) -> None:
        self.route("GET /webhooks", lambda: Answer(body=list(self.account().webhooks.values())))
        self.route("POST /webhooks", self._register)
        self.route("DELETE /webhooks", self._forget_all)
        self.route("GET /webhooks/filters", self._filters)
        self.route("GET /webhooks/{id}", lambda id: Answer(body=self._registered(id)))
        self.route("PUT /webhooks/{id}", self._change)
        self.route("DELETE /webhooks/{id}", self._forget)

    def _filters(self) -> Answer:
        return Answer(body=[{"Name": name, "Description": told} for name, told in enums.WEBHOOK_FILTERS.items()])

    def _register(self) -> Answer:
        hook = self._read()
        hook["Id"] = hook.get("Id") or uuid4().hex
        self.account().webhooks[hook["Id"]] = hook
        return Answer(body=hook)

    def _change(self, id: str) -> Answer:
        self._registered(id)
        hook = self._read()
        if hook.get("Id") not in (None, id):
            raise invalid("The id of a webhook cannot be changed.")
        self.account().webhooks[id] = hook | {"Id": id}
        return Answer(body=self.account().webhooks[id])

    def _forget(self, id: str) -> Answer:
        self._registered(id)
        del self.account().webhooks[id]
        return Answer(body={})

    def _forget_all(self) -> Answer:
        self.account().webhooks.clear()
        return Answer(body={})

    def _registered(self, id: str) -> dict[str, Any]:
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
        unknown = [name for name in hook.get("Filters", []) if name not in {"*", *enums.WEBHOOK_FILTERS}]
        if unknown:
            raise invalid(f"Unknown filter '{unknown[0]}'.")
        return {
            "Filters": ["*"],
            "Headers": {},
            "Properties": {},
            "Description": None,
            "IsPaused": False,
        } | hook
