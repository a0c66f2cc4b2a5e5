"""Return labels in the stack's bucket, each with the token of its link beside it.

Keys: ``labels/<days>/<merchant>/<Billbee order id>-<when it was asked for, UNIX milliseconds>``. A rule of the bucket
removes files below ``labels/<days>/`` after so many days. The exact moment is kept with the label and checked.

The token is random and kept nowhere else: not in the table, not in a log. Until the label expires, everybody with the
link can open it, and nobody else.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from orderbridge.ledger.kept_label import KeptLabel
from orderbridge.merchants.settings import MERCHANT_NAME
from orderbridge.returns.return_label import KEPT_DAYS, LabelFormat, ReturnLabel

_TOKEN_BYTES: Final = 32
_GONE: Final = ("NoSuchKey", "404", "NotFound", "AccessDenied", "403")
"""S3 does not report a missing file to a caller who may not list."""
_LINK: Final = re.compile(
    rf"(?P<days>[0-9]{{1,2}})\.(?P<merchant>{MERCHANT_NAME.strip('^$')})\.(?P<name>[0-9]{{1,20}}-[0-9]{{1,15}})"
    r"\.(?P<token>[A-Za-z0-9_-]{43})",
    re.ASCII,
)


def claim(merchant: str, billbee_id: int, days: int, now: datetime) -> KeptLabel:
    """A place for a label that the warehouse is about to be asked for."""
    key = f"labels/{days}/{merchant}/{billbee_id}-{int(now.timestamp() * 1000)}"
    return KeptLabel(key, asked_at=now, expires_at=now + timedelta(days=days), stored=False)


@dataclass(frozen=True)
class OpenLabel:
    """A label in the bucket, with its token."""

    label: ReturnLabel
    expires_at: datetime
    token: str = field(repr=False)


class ReturnLabels:
    """The labels.

    Args:
        client: returns a client of S3; called when a label is first read or written.
        bucket, link: the bucket's name, and the URL below which labels are shown; empty where there are no labels.
    """

    def __init__(self, client: Callable[[], Any], bucket: str, link: str) -> None:
        self._client = client
        self._bucket = bucket
        self._link = link.rstrip("/")

    def put(self, kept: KeptLabel, label: ReturnLabel) -> None:
        """Keep a label in its place, with a new token."""
        metadata = {
            "kind": label.format.value,
            "expires-at": str(int(kept.expires_at.timestamp())),
            "token": secrets.token_urlsafe(_TOKEN_BYTES),
        }
        self._client().put_object(
            Bucket=self._bucket,
            Key=kept.key,
            Body=label.content,
            ContentType=label.format.content_type,
            CacheControl="no-store",
            Metadata=metadata,
        )

    def remove(self, key: str) -> None:
        """Remove a label, if it exists."""
        self._client().delete_object(Bucket=self._bucket, Key=key)

    def open(self, key: str) -> OpenLabel | None:
        """A label, or None if it does not exist (any more)."""
        try:
            answer = self._client().get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        with answer["Body"] as stream:
            content = bytes(stream.read())
        metadata = answer["Metadata"]
        expires_at = datetime.fromtimestamp(int(metadata["expires-at"]), UTC)
        return OpenLabel(ReturnLabel(LabelFormat(metadata["kind"]), content), expires_at, metadata["token"])

    def link(self, key: str, opened: OpenLabel) -> str:
        """The address of a label. It opens the label, so it may only be posted on the merchant's order."""
        _, days, merchant, name = key.split("/")
        return f"{self._link}/{days}.{merchant}.{name}.{opened.token}"

    def behind(self, link: str, now: datetime) -> OpenLabel | None:
        """The label of a link's last part; None if the link is wrong or expired."""
        said = _LINK.fullmatch(link)
        if said is None or int(said["days"]) not in KEPT_DAYS:
            return None
        opened = self.open(f"labels/{said['days']}/{said['merchant']}/{said['name']}")
        if opened is None or not hmac.compare_digest(opened.token, said["token"]) or now >= opened.expires_at:
            return None
        return opened
