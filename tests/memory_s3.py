"""S3 in memory: the calls that the layer makes, with the answers that it reads."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody


@dataclass(frozen=True)
class Stored:
    """One file."""

    body: bytes = field(repr=False)
    content_type: str
    changed_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


class MemoryS3:
    """One bucket, by key in ``files``."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.files: dict[str, Stored] = {}
        self._now = now

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        ContentType: str,  # noqa: N803
        CacheControl: str = "",  # noqa: N803
        Metadata: Mapping[str, str] | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        self.files[Key] = Stored(bytes(Body), ContentType, self._now(), dict(Metadata or {}))
        return {"ETag": self.files[Key].etag}

    def get_object(self, *, Bucket: str, Key: str, IfMatch: str = "") -> dict[str, Any]:  # noqa: N803
        if Key not in self.files:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "as the test has it"}}, "GetObject")
        found = self.files[Key]
        if IfMatch and IfMatch.strip('"') != found.etag.strip('"'):
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "as the test has it"}}, "GetObject")
        return {
            "Body": StreamingBody(io.BytesIO(found.body), len(found.body)),  # type: ignore[arg-type,unused-ignore]
            "ContentLength": len(found.body),
            "ContentType": found.content_type,
            "ETag": found.etag,
            "LastModified": found.changed_at,
            "Metadata": dict(found.metadata),
        }

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.files.pop(Key, None)
        return {}

    def list_objects_v2(
        self,
        *,
        Bucket: str,  # noqa: N803
        Prefix: str = "",  # noqa: N803
        MaxKeys: int = 1000,  # noqa: N803
        ContinuationToken: str = "",  # noqa: N803
    ) -> dict[str, Any]:
        keys = sorted(key for key in self.files if key.startswith(Prefix) and key > ContinuationToken)
        shown = keys[:MaxKeys]
        contents = [
            {
                "Key": key,
                "Size": len(self.files[key].body),
                "ETag": self.files[key].etag,
                "LastModified": self.files[key].changed_at,
            }
            for key in shown
        ]
        more = {"NextContinuationToken": shown[-1]} if len(keys) > len(shown) else {}
        return {"Contents": contents, "IsTruncated": bool(more), **more}
