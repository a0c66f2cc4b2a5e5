"""The doorbell (R21): a verified ring makes one merchant's orders be looked at. What a webhook says is never used.

Billbee's webhooks are documented by their fields only, which are those of ASP.NET WebHooks: ``ms-signature`` holds
``sha256=`` and the hex HMAC-SHA256 of the raw body. Public clients verify ``X-Billbee-Signature``, some as base64 and
some as hex. All are taken. A rule that calls an external URL cannot sign; it carries the secret in the URL's ``token``
instead.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from orderbridge.errors import OrderbridgeError
from orderbridge.queues.messages import PollOrders
from orderbridge.settings import MERCHANT_NAME

if TYPE_CHECKING:
    from orderbridge.services.workspace import Sender

LARGEST_BODY: Final = 256 * 1024
LARGEST_ECHO: Final = 1024
BURST: Final = 2
"""Seconds whose rings become one poll."""
CLOCKS_DIFFER: Final = 1
"""Seconds by which the clocks of two functions may differ."""
_NO_SECRET: Final = SecretStr("a merchant without a secret is compared with this one, which nobody knows" * 2)


class Unauthorized(OrderbridgeError):
    """Unknown merchant, no secret, or a signature that does not fit: the caller learns no more than that."""


def is_genuine(secret: SecretStr | None, body: bytes, headers: Mapping[str, str], token: str | None) -> bool:
    """Whether whoever rings knows the merchant's secret. Takes the same time whatever is wrong.

    Args:
        body: the raw body, before any decoding.
        headers: with lower-case names.
        token: from the URL.
    """
    key = (secret or _NO_SECRET).get_secret_value().encode()
    expected = hmac.new(key, body, hashlib.sha256).digest()
    billbees = headers.get("x-billbee-signature")
    given = (_labelled(headers.get("ms-signature")), _hex(billbees), _base64(billbees))
    signed = [hmac.compare_digest(expected, signature) for signature in given]
    knows_token = hmac.compare_digest(key, (token or "").encode("utf-8", "replace"))
    return secret is not None and (any(signed) or knows_token)


class Doorbell:
    """The doorbell of all merchants, as one environment of the function has it.

    Args:
        secret_of: a merchant's secret; None for an unknown merchant or one without.
        is_paused: whether nothing is to be done for a merchant.
        send: takes the messages to the queue of polls.
    """

    def __init__(
        self, secret_of: Callable[[str], SecretStr | None], is_paused: Callable[[str], bool], send: Sender
    ) -> None:
        self._secret_of = secret_of
        self._is_paused = is_paused
        self._send = send
        self._sent: dict[str, int] = {}

    def ring(
        self,
        merchant: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        token: str | None,
        correlation_id: str,
        now: datetime,
    ) -> None:
        """Enqueue a poll for the merchant whose bell was rung.

        Rings of the same two seconds share one message, and the poll waits until those are over: so a burst is one
        poll, and a ring that comes after a poll has started belongs to the next one. Whoever has sent the message of a
        share does not send it again; SQS would drop it. For a merchant that is paused nothing is enqueued (R22): the
        first poll after the pause reads what has changed meanwhile.

        Raises:
            Unauthorized: nothing is enqueued.
        """
        known = re.fullmatch(MERCHANT_NAME, merchant) is not None
        if not is_genuine(self._secret_of(merchant) if known else None, body, headers, token):
            raise Unauthorized("webhook")
        second = int(now.timestamp())
        share = second - second % BURST
        if self._sent.get(merchant) == share:
            return
        if self._is_paused(merchant):
            return
        start = datetime.fromtimestamp(share, UTC) + timedelta(seconds=BURST + CLOCKS_DIFFER)
        self._send([PollOrders(merchant=merchant, correlation_id=correlation_id, asked_at=start, burst=share)])
        self._sent[merchant] = share


def _labelled(header: str | None) -> bytes:
    """The digest of ``sha256=<hex>``; empty for anything else."""
    kind, _, digest = (header or "").strip().partition("=")
    return _hex(digest) if kind.lower() == "sha256" and digest == digest.strip() else b""


def _hex(header: str | None) -> bytes:
    """The digest in hex of either case; empty for anything else."""
    text = (header or "").strip()
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return b""
    return found if found.hex() == text.lower() else b""  # blanks within are read over


def _base64(header: str | None) -> bytes:
    text = (header or "").strip()
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return found if base64.b64encode(found).decode() == text else b""  # the last character has bits to spare
