"""The registration of the doorbell with Billbee. Only registrations with the URL of this deployment and merchant are
touched.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from orderbridge.platform.errors import NotFound, OrderbridgeError

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.orders.webhooks import Webhook

EVENTS: Final = frozenset({"order.created", "order.updated"})
"""The required events. Others would only repeat them."""
EVERYTHING: Final = "*"
SECRET_LENGTHS: Final = range(32, 65)
"""The length that Billbee accepts for a webhook's secret."""
DESCRIPTION: Final = "orderbridge"


class CannotRegister(OrderbridgeError):
    """The webhook cannot be registered as required. Nothing was changed."""


def new_secret() -> SecretStr:
    """A secret of a length that Billbee accepts."""
    return SecretStr(secrets.token_hex(24))


def own(webhooks: Iterable[Webhook], url: str) -> list[Webhook]:
    """The registrations for this URL, with any query."""
    return [one for one in webhooks if _bare(one.url) == _bare(url)]


def elsewhere(webhooks: Iterable[Webhook], url: str) -> list[Webhook]:
    """Registrations for the same merchant at another address: another deployment, or an old one."""
    wanted = urlsplit(url).path
    return [one for one in webhooks if urlsplit(one.url).path == wanted and _bare(one.url) != _bare(url)]


def events_to_ask_for(offered: frozenset[str]) -> frozenset[str]:
    """The events to register for, of those that Billbee offers; all required ones if it does not say.

    If not all are offered, the event for everything is used, otherwise the offered ones: the schedules find the rest.

    Raises:
        CannotRegister: none of them is offered.
    """
    if not offered or offered >= EVENTS:
        return EVENTS
    found = frozenset({EVERYTHING}) if EVERYTHING in offered else EVENTS & offered
    if not found:
        raise CannotRegister(
            f"Billbee offers neither {' nor '.join(sorted(EVENTS))} nor everything, only {', '.join(sorted(offered))}: "
            "nothing registered"
        )
    return found


def flaws(webhook: Webhook, secret: SecretStr, wanted: frozenset[str] = EVENTS) -> list[str]:
    """Why a registration of ours does not ring as it should, in plain words; empty if it does.

    Args:
        wanted: as `events_to_ask_for` gives them.
    """
    found = []
    if webhook.is_paused:
        found.append("it is paused")
    if EVERYTHING not in webhook.filters and (missing := wanted - set(webhook.filters)):
        found.append(f"it is not registered for {' and '.join(sorted(missing))}")
    shown = webhook.secret.get_secret_value().strip("*") if webhook.secret is not None else ""
    if shown and shown != secret.get_secret_value():
        found.append("it is signed with another secret")
    return found


def find_flaws(workspace: Workspace, webhook: Webhook, secret: SecretStr) -> list[str]:
    """Like `flaws`, without events that Billbee does not offer. Asks Billbee only if something is wrong."""
    found = flaws(webhook, secret)
    if not found:
        return found
    try:
        return flaws(webhook, secret, events_to_ask_for(workspace.hub.webhook_filters()))
    except CannotRegister as error:
        return [*found, str(error)]


def register(workspace: Workspace, url: str, secret: SecretStr) -> list[str]:
    """Register the URL for the merchant, once. Returns what was done, a line each.

    A wrong registration is replaced; the new one is created before the old one is removed.

    Raises:
        CannotRegister: Billbee does not accept the secret's length, or offers none of the required events.
        UpstreamError: as Billbee's calls do.
    """
    if len(secret.get_secret_value()) not in SECRET_LENGTHS:
        raise CannotRegister("Billbee takes a webhook_secret of 32 to 64 characters: set another one")
    present = own(workspace.hub.webhooks(), url)
    wanted = events_to_ask_for(workspace.hub.webhook_filters())
    good = [one for one in present if not flaws(one, secret, wanted)]
    if good:
        surplus = [one for one in present if one is not good[0]]
        return ["it is registered already", *_remove(workspace, surplus)]
    workspace.hub.add_webhook(url, secret, wanted, DESCRIPTION)
    return [_registered_for(wanted), *_remove(workspace, present)]


def _registered_for(events: frozenset[str]) -> str:
    if EVERYTHING in events:
        return "registered for everything (*): Billbee does not offer order.created and order.updated by themselves"
    missing = EVENTS - events
    rest = f"; Billbee does not offer {min(missing)}, so the schedules find what that would ring for" if missing else ""
    return f"registered for {' and '.join(sorted(events))}{rest}"


def remove(workspace: Workspace, url: str) -> int:
    """Remove our registrations for this URL. Returns how many there were."""
    return len(_remove(workspace, own(workspace.hub.webhooks(), url)))


def _remove(workspace: Workspace, webhooks: Iterable[Webhook]) -> list[str]:
    done = []
    for webhook in webhooks:
        if not webhook.id:
            raise CannotRegister("Billbee shows a registration of ours without an id: remove it in Billbee")
        try:
            workspace.hub.remove_webhook(webhook.id)
        except NotFound:
            continue
        done.append(f"removed the registration {webhook.id}")
    return done


def _bare(url: str) -> str:
    """Without query and fragment; host and scheme in lower case."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"), "", ""))
