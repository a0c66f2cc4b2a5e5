"""Logs, metrics and traces, through Powertools, which reads its own environment variables.

Log identifiers, never bodies. Metrics have no merchant dimension: each one would be billed per merchant. Their
namespace is the deployment's own, so that the alarms of one stage do not hear of another.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

logger: Final = Logger()
metrics: Final = Metrics()
metrics.namespace = metrics.namespace or "orderbridge"  # the template gives each deployment its own


Handler = TypeVar("Handler", bound=Callable[..., Any])


def traced(handler: Handler) -> Handler:
    """A handler with its traces, without what it answers. Where they are off, the X-Ray SDK is not even imported."""
    if os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() in ("true", "1"):
        return handler
    from aws_lambda_powertools import Tracer  # noqa: PLC0415  it takes as long as all models together

    return cast(Handler, Tracer(auto_patch=False).capture_lambda_handler(handler, capture_response=False))


class Meter:
    """Counts what happens to orders and calls; flushed with each invocation."""

    def count(self, name: str, value: int = 1) -> None:
        metrics.add_metric(name, MetricUnit.Count, value)

    def seconds(self, name: str, value: float) -> None:
        metrics.add_metric(name, MetricUnit.Seconds, value)

    def gauge(self, name: str, value: int, **dimensions: str) -> None:
        """How many there are now, told apart by dimensions besides the service; written at once."""
        with single_metric(name, MetricUnit.Count, value, namespace=metrics.namespace) as metric:
            for dimension, of in dimensions.items():
                metric.add_dimension(dimension, of)


meter: Final = Meter()
