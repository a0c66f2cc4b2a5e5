"""Logs, metrics and traces, through Powertools, which reads its own environment variables.

Log identifiers, never bodies. Metrics have no merchant dimension: each one would be billed per merchant.
"""

from __future__ import annotations

from typing import Final

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE: Final = "orderbridge"

logger: Final = Logger()
tracer: Final = Tracer(auto_patch=False)
metrics: Final = Metrics(namespace=NAMESPACE)


class Meter:
    """Counts what happens to orders and calls; flushed with each invocation."""

    def count(self, name: str, value: int = 1) -> None:
        metrics.add_metric(name, MetricUnit.Count, value)

    def seconds(self, name: str, value: float) -> None:
        metrics.add_metric(name, MetricUnit.Seconds, value)


meter: Final = Meter()
