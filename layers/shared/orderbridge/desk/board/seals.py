"""Sealed texts: what the board gives a browser, and must get back unchanged. They are signed, and not encrypted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from orderbridge.platform.clock import Clock

LONGEST: Final = 4000
"""Characters of a sealed text. Browsers drop a cookie that is much longer, and `open` refuses it."""
_END: Final = "end"


class Seals:
    """Signs with HMAC-SHA256.

    Args:
        key: gives the key; called when something is sealed or opened.
    """

    def __init__(self, key: Callable[[], bytes], clock: Clock) -> None:
        self._key = key
        self._now = clock.now

    def seal(self, purpose: str, content: Mapping[str, Any], lasts: timedelta) -> str:
        """A text for one purpose, which `open` takes until its time is over."""
        whole = {**content, _END: int((self._now() + lasts).timestamp())}
        body = base64.urlsafe_b64encode(json.dumps(whole, separators=(",", ":")).encode()).decode().rstrip("=")
        return f"{body}.{self._sign(purpose, body)}"

    def open(self, purpose: str, text: str) -> dict[str, Any] | None:
        """The content; None if the text was not sealed here for this purpose, was changed, or is too old."""
        body, dot, signature = text.partition(".")
        if not dot or len(text) > LONGEST or not text.isascii():
            return None
        if not hmac.compare_digest(signature, self._sign(purpose, body)):
            return None
        try:
            content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except (ValueError, binascii.Error):
            return None
        end = content.pop(_END)
        return content if self._now().timestamp() < end else None

    def _sign(self, purpose: str, body: str) -> str:
        return hmac.new(self._key(), f"{purpose}\n{body}".encode(), hashlib.sha256).hexdigest()
