"""The doorbell of `serve`: the built-in Billbee rings at the address that `serve` listens on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import requests

from cli.merchants_file import Merchant, Merchants
from local.simulators import Billbee
from local.stack import Route

ROUTE = "/webhooks/billbee/{merchant+}"
#: Whatever happens to an order may make it one to import, to change or to cancel.
FILTERS = ("order.created", "order.updated", "order.state.updated", "order.payment.received")
#: The echo has to wait for the function's first start.
TIMEOUT = 60.0


def register(billbee: Billbee, merchants: Merchants, routes: Iterable[Route], url: str) -> Iterator[str]:
    """Register a webhook for each merchant who has a secret for it, as the merchant would. Yields what to tell."""
    if not any(route.method == "POST" and route.path == ROUTE for route in routes):
        return
    for merchant in merchants:
        if "webhook_secret" in merchant.secrets:
            target = url + ROUTE.replace("{merchant+}", merchant.name)
            refused = _refused(billbee, merchant, target)
            yield f"Billbee does not ring for {merchant.name}: {refused}" if refused else f"Billbee rings at {target}"


def _refused(billbee: Billbee, merchant: Merchant, target: str) -> str | None:
    """Register one webhook; gives Billbee's reason if it does not take it."""
    hook = {
        "WebHookUri": target,
        "Secret": merchant.secrets["webhook_secret"],
        "Filters": FILTERS,
        "Description": "orderbridge",
    }
    with requests.Session() as session:
        session.trust_env = False  # no proxies and no .netrc of this machine
        try:
            answer = session.post(
                f"{billbee.url}/webhooks",
                json=hook,
                auth=(merchant.billbee_username or "", merchant.secrets.get("billbee_password", "")),
                headers={"X-Billbee-Api-Key": billbee.api_key},
                timeout=TIMEOUT,
            )
        except requests.RequestException as error:
            return str(error)
        if answer.ok:
            return None
        told = answer.json()
        return str(told.get("ErrorMessage") or told.get("Message"))
