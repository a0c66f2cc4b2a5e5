"""What the template says about the stack, as far as measuring needs it: functions, queues, schedules, the index."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from local.stack import PROJECT
from testkit.template import decided, defaults, holds, of_type, read_template, ref, text

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_DAILY: Final = re.compile(r"cron\((\d+) (\d+) \* \* \? \*\)")
_UNITS: Final = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
TABLE_KEYS: Final = frozenset({"pk", "sk"})


@dataclass(frozen=True)
class Mapped:
    """A queue that a function reads."""

    queue: str
    batch: int
    workers: int
    delay: float


@dataclass(frozen=True)
class LambdaFunction:
    """One function. ``name`` is its logical id, ``environment`` has logical ids where the template refers to a
    resource.
    """

    name: str
    folder: Path
    memory_mb: int
    timeout: float
    environment: Mapping[str, str]
    mapped: Mapped | None
    is_http: bool

    @property
    def label(self) -> str:
        return self.folder.name


@dataclass(frozen=True)
class Schedule:
    """A schedule: of which function, with which input, and when."""

    name: str
    function: str
    event: Mapping[str, Any]
    expression: str
    zone: str

    def times(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """When it is due from `start` on, and before `end`. Rates begin at `start`."""
        if rate := _RATE.fullmatch(self.expression):
            step = int(rate[1]) * _UNITS[rate[2]]
            due = start
            while due < end:
                yield due
                due += step
        elif daily := _DAILY.fullmatch(self.expression):
            zone = ZoneInfo(self.zone)
            day = start.astimezone(zone).date()
            while True:
                due = datetime(day.year, day.month, day.day, int(daily[2]), int(daily[1]), tzinfo=zone).astimezone(UTC)
                if due >= end:
                    return
                if due >= start:
                    yield due
                day += timedelta(days=1)
        else:
            raise ValueError(f"{self.name}: when is {self.expression!r}? Teach {__name__} to read it.")


@dataclass(frozen=True)
class Blueprint:
    """The stack as the template defines it.

    Attributes:
        index_keys: hash and range key of the index of shelves.
        projected: the attributes that it holds; None for all of them.
        resources: what the template says of each, by logical id.
        deployed: those that are there with every parameter at its default, and no `!If` left in them.
    """

    functions: Mapping[str, LambdaFunction]
    schedules: tuple[Schedule, ...]
    index_keys: tuple[str, str]
    projected: frozenset[str] | None
    resources: Mapping[str, Mapping[str, Any]]
    deployed: Mapping[str, dict[str, Any]]
    tracing: bool

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """What is deployed of a type, with every parameter at its default."""
        return of_type(self.deployed, kind)

    def reader(self, queue: str) -> LambdaFunction:
        return next(one for one in self.functions.values() if one.mapped and one.mapped.queue == queue)

    @property
    def queues(self) -> dict[str, Mapped]:
        return {one.mapped.queue: one.mapped for one in self.functions.values() if one.mapped}


@lru_cache(maxsize=1)
def blueprint() -> Blueprint:
    """Read `template.yaml`."""
    template = read_template()
    resources: dict[str, dict[str, Any]] = template["Resources"]
    parameters, conditions = defaults(template), template["Conditions"]
    shared = decided(template["Globals"]["Function"], conditions, parameters)
    functions, schedules = {}, []
    for name, resource in resources.items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        own = resource["Properties"]
        events = own.get("Events", {})
        variables = shared["Environment"]["Variables"] | own.get("Environment", {}).get("Variables", {})
        functions[name] = LambdaFunction(
            name=name,
            folder=PROJECT / own["CodeUri"],
            memory_mb=int(own.get("MemorySize", shared["MemorySize"])),
            timeout=float(own.get("Timeout", shared["Timeout"])),
            environment={key: text(value, conditions, parameters) for key, value in variables.items()},
            mapped=next(
                (
                    Mapped(
                        ref(one["Properties"]["Queue"]),
                        int(one["Properties"].get("BatchSize", 10)),
                        int(one["Properties"].get("ScalingConfig", {}).get("MaximumConcurrency", 5)),
                        float(resources[ref(one["Properties"]["Queue"])]["Properties"].get("DelaySeconds", 0)),
                    )
                    for one in events.values()
                    if one["Type"] == "SQS"
                ),
                None,
            ),
            is_http=any(one["Type"] == "HttpApi" for one in events.values()) or "Events" not in own,
        )
        schedules += [
            Schedule(
                key,
                name,
                json.loads(one["Properties"].get("Input", "{}")),
                one["Properties"]["ScheduleExpression"],
                one["Properties"].get("ScheduleExpressionTimezone", "UTC"),
            )
            for key, one in events.items()
            if one["Type"] == "ScheduleV2"
        ]
    tracing = text(shared.get("Tracing", ""), conditions, parameters) == "Active"
    keys, projected = _index(resources)
    deployed = {
        name: decided(one, conditions, parameters)
        for name, one in resources.items()
        if "Condition" not in one or holds(conditions[one["Condition"]], parameters)
    }
    return Blueprint(functions, tuple(schedules), keys, projected, resources, deployed, tracing)


def _index(resources: Mapping[str, Any]) -> tuple[tuple[str, str], frozenset[str] | None]:
    (table,) = (one["Properties"] for one in resources.values() if one["Type"] == "AWS::DynamoDB::Table")
    (index,) = table["GlobalSecondaryIndexes"]
    shelf, sorted_by = (key["AttributeName"] for key in index["KeySchema"])
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return (shelf, sorted_by), None
    return (shelf, sorted_by), TABLE_KEYS | {shelf, sorted_by, *projection.get("NonKeyAttributes", ())}
