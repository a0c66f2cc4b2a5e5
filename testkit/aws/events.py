"""EventBridge in memory: buses, and what was put on each."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from testkit.aws.service import Service, aws_error, operation

_MOST_ENTRIES: Final = 10
_MOST_BYTES: Final = 256 * 1024
_LONGEST: Final = {"Source": 256, "DetailType": 128, "EventBusName": 256}


def _size(entry: dict[str, Any]) -> int:
    """As EventBridge's documents count it."""
    texts = (entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", ""))
    return 14 * ("Time" in entry) + sum(len(text.encode()) for text in texts)


class MemoryEvents(Service):
    """Buses by name.

    Attributes:
        put: what each bus has taken, as it was sent.
        calls: how many entries each call had.
        refuse: gives the code with which an entry is refused; None takes it.
        check: is called with each entry that was taken.
    """

    service = "events"

    def __init__(self, *buses: str) -> None:
        self.put: dict[str, list[dict[str, Any]]] = {bus: [] for bus in buses}
        self.calls: list[int] = []
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda entry: None
        self.check: Callable[[dict[str, Any]], object] = lambda entry: None

    @operation
    def put_events(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        self._validate(entries)
        self.calls.append(len(entries))
        answers = []
        for entry in entries:
            code = self._fault_of(entry) or self.refuse(entry)
            if code is not None:
                answers.append({"ErrorCode": code, "ErrorMessage": "as the test has it"})
                continue
            self.put[entry["EventBusName"]].append(entry)
            self.check(entry)
            answers.append({"EventId": f"event-{len(self.put[entry['EventBusName']])}"})
        return {"FailedEntryCount": sum("ErrorCode" in one for one in answers), "Entries": answers}

    def _validate(self, entries: list[dict[str, Any]]) -> None:
        """What makes EventBridge refuse a whole call."""
        if not 1 <= len(entries) <= _MOST_ENTRIES:
            raise aws_error("ValidationException", "PutEvents", "Value at 'entries' must have 1 to 10 members")
        if sum(map(_size, entries)) > _MOST_BYTES:
            raise aws_error("ValidationException", "PutEvents", "Total size of the entries is over the limit")

    def _fault_of(self, entry: dict[str, Any]) -> str | None:
        """Why EventBridge refuses an entry for good."""
        if entry.get("EventBusName", "default") not in self.put:
            return "ResourceNotFoundException"
        if not all(0 < len(entry.get(name, "")) <= most for name, most in _LONGEST.items()):
            return "InvalidArgument"
        if entry["Source"].startswith("aws."):
            return "NotAuthorizedForSource"
        if not isinstance(entry.get("Time"), datetime) or entry["Time"].tzinfo is None:
            return "InvalidArgument"
        try:
            detail = json.loads(entry["Detail"], parse_constant=lambda name: 1 / 0)
        except (ValueError, ZeroDivisionError):
            return "MalformedDetail"
        return None if isinstance(detail, dict) else "MalformedDetail"
