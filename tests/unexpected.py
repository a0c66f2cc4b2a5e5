"""The metric of unexpected errors as each function writes it, which no undisturbed run does."""

from __future__ import annotations

import io
import json
from collections.abc import Collection
from contextlib import redirect_stdout
from typing import Any
from unittest.mock import patch

from aws_lambda_powertools.metrics import MetricUnit

from orderbridge.defects import report
from orderbridge.observability import Meter, metrics


def written_by(service: str, namespace: str) -> dict[str, Any]:
    """The line that one unexpected error makes a function write, in the embedded metric format."""
    counted: list[tuple[str, int]] = []
    with patch.object(Meter, "count", lambda self, name, value=1: counted.append((name, value))):
        report(ZeroDivisionError())
    out = io.StringIO()
    own = type(metrics)(namespace=namespace, service=service)
    own.clear_metrics()
    for name, value in counted:
        own.add_metric(name, MetricUnit.Count, value)
    with redirect_stdout(out):
        own.flush_metrics()
    line: dict[str, Any] = json.loads(out.getvalue())
    return line


def lines_of(services: Collection[str], namespace: str) -> list[str]:
    return [f"log {json.dumps(written_by(service, namespace))}" for service in sorted(services)]
