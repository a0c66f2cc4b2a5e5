"""What `cold_start` runs in a fresh process: a function's import and first invocation, or the floor of both.

    python -P fresh_process.py '{"event": {…}, "watched": true}'            in a function's folder
    python -P fresh_process.py '{"services": ["ssm"], "vendor": "http://…"}'    the floor

A watched function also tells which AWS services answered it, and whether it imported requests; that takes time.

Imports nothing of this project by itself. Prints one JSON object on the descriptor that it is given.
"""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False  # typing itself is not imported for this
if TYPE_CHECKING:
    from typing import Any

_STARTED = time.process_time()


def _floor(asked: Any) -> tuple[float, Any]:
    """Import the necessary packages, make the clients, and call each, and the vendor, once."""
    import boto3  # noqa: PLC0415
    from aws_lambda_powertools import Logger  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from pydantic import BaseModel, SecretStr, ValidationError, field_validator  # noqa: F401, PLC0415

    if asked["vendor"]:
        import requests  # noqa: PLC0415
    Logger()
    imported = time.process_time()
    calls = {
        "dynamodb": lambda client: client.list_tables(),
        "ssm": lambda client: client.describe_parameters(),
        "sqs": lambda client: client.list_queues(),
        "sns": lambda client: client.list_topics(),
        "s3": lambda client: client.list_buckets(),
    }
    config = Config(connect_timeout=3, read_timeout=10)
    for service in asked["services"]:
        calls[service](boto3.client(service, config=config))
    if asked["vendor"]:
        requests.Session().get(asked["vendor"], timeout=10)
    return imported, None


_ANSWERED: set[str] = set()
"""The AWS services that answered a watched function."""


def _watch() -> None:
    import boto3  # noqa: PLC0415

    boto3.setup_default_session()
    told: Any = boto3.DEFAULT_SESSION
    told.events.register("before-send", lambda event_name, **_: _ANSWERED.add(event_name.split(".")[1]))


def _function(asked: Any) -> tuple[float, Any]:
    """Import the handler as Lambda does, and invoke it once."""
    if asked.get("watched"):
        _watch()
    import app  # type: ignore[import-not-found]  # noqa: PLC0415

    imported = time.process_time()

    class Context:
        function_name = asked["name"]
        memory_limit_in_mb = 512
        aws_request_id = "11111111-2222-3333-4444-555555555555"
        invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:benchmark"
        function_version = "$LATEST"

        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 60_000

    answer = app.handler(asked["event"], Context()) if asked["event"] is not None else None
    return imported, answer


def _peak() -> int:
    """The most memory this process had. Not `getrusage`, which remembers its parent's."""
    try:
        with open("/proc/self/status", encoding="utf-8") as file:  # noqa: PTH123
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    except OSError:
        return 0


def main() -> None:
    import json  # noqa: PLC0415

    asked = json.loads(sys.argv[1])
    imported, answer = _floor(asked) if "services" in asked else _function(asked)
    told = {
        "start": _STARTED,
        "import": imported,
        "all": time.process_time(),
        "modules": len(sys.modules),
        "services": sorted(_ANSWERED),
        "requests": "requests" in sys.modules,
        "peak_kb": _peak(),
        "answer": answer,
    }
    with open(asked["told_to"], "w", encoding="utf-8") as file:  # noqa: PTH123  pathlib is not imported for this
        json.dump(told, file)


if __name__ == "__main__":
    main()
