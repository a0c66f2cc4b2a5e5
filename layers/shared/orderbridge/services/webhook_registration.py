"""The registration of the doorbell with Billbee. Registrations of others are never touched: ours is the one with the
URL of this deployment and merchant.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from orderbridge.errors import NotFound, OrderbridgeError

if TYPE_CHECKING:
    from orderbridge.clients.billbee.models import WireWebhook
    from orderbridge.services.workspace import Workspace

EVENTS: Final = frozenset({"order.created", "order.updated"})
"""What has to ring. Any more would only repeat it."""
EVERYTHING: Final = "*"
SECRET_LENGTHS: Final = range(32, 65)
"""Characters that Billbee takes as a webhook's secret."""
DESCRIPTION: Final = "orderbridge"


class CannotRegister(OrderbridgeError):
    """The webhook cannot be registered as it has to be. Nothing was changed."""


def new_secret() -> SecretStr:
    """A secret of a length that Billbee takes."""
    return SecretStr(secrets.token_hex(24))


def own(webhooks: Iterable[WireWebhook], url: str) -> list[WireWebhook]:
    """The registrations for this very URL, whatever its query says."""
    return [one for one in webhooks if _bare(one.url) == _bare(url)]


def elsewhere(webhooks: Iterable[WireWebhook], url: str) -> list[WireWebhook]:
    """Registrations for the same merchant at another address: another deployment, or an old one."""
    wanted = urlsplit(url).path
    return [one for one in webhooks if urlsplit(one.url).path == wanted and _bare(one.url) != _bare(url)]


def flaws(webhook: WireWebhook, secret: SecretStr) -> list[str]:
    """What keeps a registration of ours from ringing as it should, in plain words; empty where nothing does."""
    found = []
    if webhook.is_paused:
        found.append("it is paused")
    if EVERYTHING not in webhook.filters and (missing := EVENTS - set(webhook.filters)):
        found.append(f"it is not registered for {' and '.join(sorted(missing))}")
    shown = webhook.secret.get_secret_value().strip("*") if webhook.secret is not None else ""
    if shown and shown != secret.get_secret_value():
        found.append("it is signed with another secret")
    return found


def register(workspace: Workspace, url: str, secret: SecretStr) -> list[str]:
    """Register the URL for the merchant, once; gives what was done, a line each.

    A registration that is not as it should be is replaced: the new one is there before the old one goes.

    Raises:
        CannotRegister: the secret has a length, or the events have names, that Billbee does not know.
        UpstreamError: as Billbee's calls do.
    """
    if len(secret.get_secret_value()) not in SECRET_LENGTHS:
        raise CannotRegister("Billbee takes a webhook_secret of 32 to 64 characters: set another one")
    present = own(workspace.billbee.webhooks(), url)
    good = [one for one in present if not flaws(one, secret)]
    if good:
        surplus = [one for one in present if one is not good[0]]
        return ["it is registered already", *_remove(workspace, surplus)]
    known = workspace.billbee.webhook_filters()
    if known and (missing := EVENTS - known):
        raise CannotRegister(
            f"Billbee does not know the event {min(missing)} (it knows {', '.join(sorted(known))}): nothing registered"
        )
    workspace.billbee.add_webhook(url, secret, EVENTS, DESCRIPTION)
    return [f"registered for {' and '.join(sorted(EVENTS))}", *_remove(workspace, present)]


def remove(workspace: Workspace, url: str) -> int:
    """Remove our registrations for this URL; gives how many there were."""
    return len(_remove(workspace, own(workspace.billbee.webhooks(), url)))


def _remove(workspace: Workspace, webhooks: Iterable[WireWebhook]) -> list[str]:
    done = []
    for webhook in webhooks:
        if not webhook.id:
            raise CannotRegister("Billbee shows a registration of ours without an id: remove it in Billbee")
        try:
            workspace.billbee.remove_webhook(webhook.id)
        except NotFound:
            continue
        done.append(f"removed the registration {webhook.id}")
    return done


def _bare(url: str) -> str:
    """Without query and fragment; host and scheme do not mind case."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"), "", ""))
