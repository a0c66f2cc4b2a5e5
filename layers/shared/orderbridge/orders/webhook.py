"""The doorbell (R21): a verified ring starts a poll of one merchant's orders. The webhook's content is never used.

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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from orderbridge.jobs.messages import PollOrders
from orderbridge.merchants.settings import MERCHANT_NAME, find_settings
from orderbridge.platform.errors import OrderbridgeError, SettingsError

if TYPE_CHECKING:
    from orderbridge.jobs.publisher import Sender
    from orderbridge.merchants.registry import MerchantListing
    from orderbridge.platform.clock import Clock

LARGEST_BODY: Final = 256 * 1024
LARGEST_ECHO: Final = 1024
BURST: Final = 2
"""Seconds whose rings become one poll."""
LISTED_FOR: Final = 300.0
"""Seconds for which the names of merchants are kept."""
LISTED_AGAIN_AFTER: Final = 60.0
"""Seconds after which a refusal may renew the listing."""
REFUSED_AFTER: Final = 0.1
"""Seconds that a refusal takes: more than AWS takes for a secret. The API's throttle bounds how many wait at once."""
CLOCKS_DIFFER: Final = 1
"""Seconds by which the clocks of two functions may differ."""
_NO_SECRET: Final = SecretStr("a merchant without a secret is compared with this one, which nobody knows" * 2)


class Unauthorized(OrderbridgeError):
    """Unknown merchant, no secret, or a wrong signature: the caller is not told which."""


def is_genuine(secret: SecretStr | None, body: bytes, headers: Mapping[str, str], token: str | None) -> bool:
    """Whether the caller knows the merchant's secret. Takes constant time.

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


@dataclass(frozen=True)
class Ring:
    """A call to the doorbell.

    Attributes:
        body: the raw body, before any decoding.
        headers: with lower-case names.
        token: from the URL.
    """

    merchant: str
    body: bytes
    headers: Mapping[str, str]
    token: str | None


class Doorbell:
    """The doorbell of all merchants, as one environment of the function has it.

    Args:
        listing: all merchants, at most so many seconds old.
        secret_of: the secret of a merchant that is listed; None for one without.
        send: sends messages to the queue of polls.
    """

    def __init__(
        self,
        listing: Callable[[float], MerchantListing],
        secret_of: Callable[[str], SecretStr | None],
        send: Sender,
        clock: Clock,
    ) -> None:
        self._listing = listing
        self._secret_of = secret_of
        self._send = send
        self._clock = clock
        self._sent: dict[str, int] = {}

    def ring(self, ring: Ring, correlation_id: str) -> None:
        """Enqueue a poll for the merchant.

        Rings of the same two seconds share one message, and the poll waits until those are over: so a burst is one
        poll, and a ring that comes after a poll has started belongs to the next one. An environment does not send the
        message of a share again, because SQS would drop it. Nothing is enqueued for a paused merchant (R22): the first
        poll after the pause reads what has changed meanwhile.

        Raises:
            Unauthorized: nothing is enqueued.
        """
        second = int(self._clock.now().timestamp())
        share = second - second % BURST
        listing = self._let_in(ring)
        if self._sent.get(ring.merchant) == share or _is_paused(listing, ring.merchant):
            return
        start = datetime.fromtimestamp(share, UTC) + timedelta(seconds=BURST + CLOCKS_DIFFER)
        message = PollOrders(merchant=ring.merchant, correlation_id=correlation_id, asked_at=start, burst=share)
        self._send([message])
        self._sent[ring.merchant] = share

    def _let_in(self, ring: Ring) -> MerchantListing:
        """The listing with the merchant whose secret the caller knows.

        A merchant may have just been added, so a refusal renews the listing, once a minute at most. That happens for
        known names too, and each refusal takes as long as reading a secret, so the time of an answer does not show
        which names are known.

        Raises:
            Unauthorized: not the secret of this merchant.
        """
        refused_at = self._clock.monotonic() + REFUSED_AFTER
        listing = self._listing(LISTED_FOR)
        if self._is_genuine(ring, listing):
            return listing
        newer = self._listing(LISTED_AGAIN_AFTER)
        if newer is not listing and self._is_genuine(ring, newer):
            return newer
        self._clock.sleep(max(0.0, refused_at - self._clock.monotonic()))
        raise Unauthorized("webhook")

    def _is_genuine(self, ring: Ring, listing: MerchantListing) -> bool:
        known = ring.merchant in listing.merchants and re.fullmatch(MERCHANT_NAME, ring.merchant) is not None
        return is_genuine(self._secret_of(ring.merchant) if known else None, ring.body, ring.headers, ring.token)


def _is_paused(listing: MerchantListing, merchant: str) -> bool:
    if listing.pause is not None:
        return True
    try:
        return find_settings(merchant, listing.merchants[merchant]).settings.mode == "paused"
    except SettingsError:  # the poll says what is wrong with them
        return False


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
    return found if found.hex() == text.lower() else b""  # blanks inside are ignored


def _base64(header: str | None) -> bytes:
    text = (header or "").strip()
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return found if base64.b64encode(found).decode() == text else b""  # the last character has unused bits
