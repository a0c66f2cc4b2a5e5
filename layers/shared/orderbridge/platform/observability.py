"""Logs, metrics and traces, through Powertools, which reads its own environment variables.

Log identifiers, never bodies. CloudWatch bills each combination of a metric's dimensions: all functions share one, and
none has a merchant. The namespace is the deployment's own, so that metrics of one stage do not set off alarms of
another.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger: Final = Logger()
metrics: Final = Metrics(service="orderbridge")
metrics.namespace = metrics.namespace or "orderbridge"  # the template gives each deployment its own


Handler = TypeVar("Handler", bound=Callable[..., Any])


def traced(handler: Handler) -> Handler:
    """A handler with traces that leave out its answer. If traces are off, the X-Ray SDK is not imported."""
    if os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() in ("true", "1"):
        return handler
    from aws_lambda_powertools import Tracer  # noqa: PLC0415  it takes as long as all models together

    return cast(Handler, Tracer(auto_patch=False).capture_lambda_handler(handler, capture_response=False))


def metered(handler: Handler) -> Handler:
    """A handler that writes what it has counted at its end, if anything."""

    @wraps(handler)
    def counting(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    return cast(Handler, counting)


class Meter:
    """Counts what an alarm or the dashboard reads. A count of 0 is not written: metrics cost while they are written."""

    def count(self, name: str, value: int = 1) -> None:
        if value:
            metrics.add_metric(name, MetricUnit.Count, value)

    def seconds(self, name: str, value: float) -> None:
        metrics.add_metric(name, MetricUnit.Seconds, value)


meter: Final = Meter()
