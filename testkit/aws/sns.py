"""SNS in memory.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

from typing import Any, Final

from testkit.aws.service import Service, aws_error, operation

_LARGEST: Final = 262_144
_LONGEST_SUBJECT: Final = 100


class MemorySNS(Service):
    """Topics by ARN, with what was published to each."""

    service = "sns"

    def __init__(self, *topics: str) -> None:
        self.published: dict[str, list[dict[str, Any]]] = {topic: [] for topic in topics}

    @operation
    def create_topic(self, **request: Any) -> dict[str, Any]:
        arn = f"arn:aws:sns:eu-central-1:123456789012:{request['Name']}"
        self.published.setdefault(arn, [])
        return {"TopicArn": arn}

    @operation
    def publish(self, **request: Any) -> dict[str, Any]:
        if request.get("TopicArn") not in self.published:
            raise aws_error("NotFound", "Publish", "Topic does not exist")
        subject, message = request.get("Subject"), request["Message"]
        if subject is not None and not _good(subject):
            raise aws_error("InvalidParameter", "Publish", "Invalid parameter: Subject")
        if not message:
            raise aws_error("InvalidParameter", "Publish", "Invalid parameter: Empty message")
        if len(message.encode()) > _LARGEST:
            raise aws_error("InvalidParameter", "Publish", "Invalid parameter: Message too long")
        for name, one in request.get("MessageAttributes", {}).items():
            if not name or not one.get("StringValue", one.get("BinaryValue")):
                raise aws_error("ParameterValueInvalid", "Publish", f"The message attribute {name!r} has no value")
        self.published[request["TopicArn"]].append(request)
        return {"MessageId": f"message-{len(self.published[request['TopicArn']])}"}


def _good(subject: str) -> bool:
    """ASCII that begins with a letter, number or punctuation, without line breaks and control characters."""
    return (
        0 < len(subject) <= _LONGEST_SUBJECT
        and subject.isascii()
        and subject.isprintable()
        and not subject[0].isspace()
    )
