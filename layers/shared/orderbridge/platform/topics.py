"""Sending to an SNS topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge.platform.errors import NotSent


class Topic:
    """One topic, whose subscribers may choose by attribute."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, subject: str, text: str, attributes: Mapping[str, str]) -> None:
        """Send one message. ``subject``: at most 100 characters of ASCII.

        Raises:
            NotSent: SNS did not take it.
        """
        wire = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        try:
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=text, MessageAttributes=wire)
        except ClientError as error:
            raise NotSent(f"SNS did not take the message: {error.response['Error']['Code']}") from None
        except BotoCoreError as error:
            raise NotSent(f"SNS did not take the message: {type(error).__name__}") from None
