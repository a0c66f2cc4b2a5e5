"""S3 in memory: one bucket."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from botocore.response import StreamingBody

from testkit.aws.service import Service, aws_error, operation
from testkit.clock import NOON

_PAGE: Final = 1000
_LONGEST_KEY: Final = 1024
_LARGEST_METADATA: Final = 2048


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


class MemoryS3(Service):
    """A bucket with its files by key."""

    service = "s3"
    tokens = ("NextContinuationToken", "ContinuationToken")

    def __init__(self, now: Callable[[], datetime] = lambda: NOON, bucket: str = "documents") -> None:
        self.files: dict[str, Stored] = {}
        self.bucket = bucket
        self._now = now

    @operation
    def put_object(self, **request: Any) -> dict[str, Any]:
        key, metadata = request["Key"], dict(request.get("Metadata") or {})
        self._check(request, "PutObject")
        if not key or len(key.encode()) > _LONGEST_KEY:
            raise aws_error("KeyTooLongError", "PutObject", "Your key is too long")
        if sum(len(name) + len(value) for name, value in metadata.items()) > _LARGEST_METADATA:
            raise aws_error("MetadataTooLarge", "PutObject", "Your metadata headers exceed the maximum allowed size")
        there = self.files.get(key)
        if request.get("IfNoneMatch") == "*" and there is not None:
            raise _precondition("PutObject")
        if "IfMatch" in request and there is None:
            raise aws_error("NoSuchKey", "PutObject", "The specified key does not exist.")
        if "IfMatch" in request and there is not None and not _same(request["IfMatch"], there):
            raise _precondition("PutObject")
        body = request.get("Body", b"")
        content = body.encode() if isinstance(body, str) else bytes(body)
        self.files[key] = Stored(content, request.get("ContentType", "binary/octet-stream"), self._now(), metadata)
        return {"ETag": self.files[key].etag}

    @operation
    def get_object(self, **request: Any) -> dict[str, Any]:
        self._check(request, "GetObject")
        found = self.files.get(request["Key"])
        if found is None:
            raise aws_error("NoSuchKey", "GetObject", "The specified key does not exist.")
        if "IfMatch" in request and not _same(request["IfMatch"], found):
            raise _precondition("GetObject")
        return {
            "Body": StreamingBody(io.BytesIO(found.body), len(found.body)),  # type: ignore[arg-type,unused-ignore]
            "ContentLength": len(found.body),
            "ContentType": found.content_type,
            "ETag": found.etag,
            "LastModified": found.changed_at,
            "Metadata": dict(found.metadata),
        }

    @operation
    def delete_object(self, **request: Any) -> dict[str, Any]:
        self._check(request, "DeleteObject")
        self.files.pop(request["Key"], None)
        return {}

    @operation
    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        self._check(request, "ListObjectsV2")
        after = request.get("ContinuationToken", "")
        keys = sorted(key for key in self.files if key.startswith(request.get("Prefix", "")) and key > after)
        shown = keys[: min(request.get("MaxKeys", _PAGE), _PAGE)]
        answer: dict[str, Any] = {"IsTruncated": len(keys) > len(shown), "KeyCount": len(shown)}
        if shown:  # S3 leaves the field out where there is nothing
            answer["Contents"] = [
                {
                    "Key": key,
                    "Size": len(self.files[key].body),
                    "ETag": self.files[key].etag,
                    "LastModified": self.files[key].changed_at,
                }
                for key in shown
            ]
        if len(keys) > len(shown) and shown:
            answer["NextContinuationToken"] = shown[-1]
        return answer

    def _check(self, request: Mapping[str, Any], operation: str) -> None:
        if request["Bucket"] != self.bucket:
            raise aws_error("NoSuchBucket", operation, "The specified bucket does not exist")


def _same(etag: str, there: Stored) -> bool:
    return etag.strip('"') == there.etag.strip('"')


def _precondition(operation: str) -> Exception:
    return aws_error("PreconditionFailed", operation, "At least one of the pre-conditions you specified did not hold")
