"""Files in the stack's bucket: announcements of goods with their results, and return labels.

Keys: ``inbound/<merchant>/<file>``, ``labels/<merchant>/…``. The content of a file may be personal data. Only its key,
size and etag may be logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

_GONE: Final = ("NoSuchKey", "404", "NotFound", "PreconditionFailed", "412")


@dataclass(frozen=True)
class Document:
    """A file as the bucket lists it.

    Attributes:
        size: bytes.
        etag: changes with the content.
        changed_at: when it was put there, UTC.
    """

    key: str
    size: int
    etag: str
    changed_at: datetime


class Documents:
    """The bucket. A function may have access to a single prefix only."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> str:
        """Writes a file, replacing one with the same key. Returns its etag."""
        answer = self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)
        return _etag(answer)

    def get(self, key: str, etag: str = "") -> bytes | None:
        """A file's content, or None if the file does not exist. It is read as a whole, so check its size first.

        Args:
            etag: of the expected content; if the file has changed since, the answer is None.
        """
        only = {"IfMatch": etag} if etag else {}
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, **only)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        with answer["Body"] as stream:
            return bytes(stream.read())

    def head(self, key: str) -> Document | None:
        """Key, size and etag of a file, or None if the file does not exist.

        Uses the list, because S3 answers a HEAD for a missing file with 403 if only a prefix may be listed.
        """
        answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        found = [_document(entry) for entry in answer.get("Contents", ())]
        return found[0] if found and found[0].key == key else None

    def list(self, prefix: str) -> Iterator[Document]:
        """The files whose keys start with a prefix, in order of their keys."""
        more: dict[str, str] = {}
        while True:
            answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)
            for entry in answer.get("Contents", ()):
                yield _document(entry)
            if not answer.get("IsTruncated"):
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}


def _document(entry: dict[str, Any]) -> Document:
    return Document(entry["Key"], int(entry["Size"]), _etag(entry), entry["LastModified"])


def _etag(answer: dict[str, Any]) -> str:
    return str(answer["ETag"]).strip('"')
