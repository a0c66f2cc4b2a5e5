"""Alarms, topics, dashboard and runbook belong together; the promises of the template that no linter checks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cost import read_by
from local.schedules import Rate, timetable
from orderbridge.desk.troubles.find_troubles import EVERY, allowed
from orderbridge.desk.troubles.trouble import SEVERITY, TroubleKind
from orderbridge.jobs.start_jobs import Job
from testkit.blueprint import blueprint
from testkit.template import of_type, read_template, ref

ROOT = Path(__file__).parents[2]
TEMPLATE = read_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
ALARMS = {name: one["Properties"] for name, one in of_type(RESOURCES, "AWS::CloudWatch::Alarm").items()}
TOPICS = {name: one["Properties"] for name, one in of_type(RESOURCES, "AWS::SNS::Topic").items()}


def queries(alarm: str) -> list[dict[str, Any]]:
    """What an alarm reads, also where that hangs on a condition."""
    found = ALARMS[alarm].get("Metrics", [])
    return [query["Fn::If"][1] if "Fn::If" in query else query for query in found]


def watched(alarm: str, metric: str) -> list[str]:
    """The logical ids of what an alarm reads a metric of."""
    metrics = [query["MetricStat"]["Metric"] for query in queries(alarm) if "MetricStat" in query]
    return [ref(one["Dimensions"][0]["Value"]) for one in metrics if one["MetricName"] == metric]


def kebab(alarm: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alarm.removesuffix("Alarm")).lower()


# ---- Alarms


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_is_named_described_and_heard(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmName"]["Fn::Sub"] == f"orderbridge-${{Stage}}-{kebab(name)}"
    assert f"docs/runbook.md, {name}." in alarm["AlarmDescription"]
    assert [ref(action) for action in alarm["AlarmActions"]] == ["Alerts"]
    assert [ref(action) for action in alarm.get("OKActions", [])] in ([], ["Alerts"])


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_reads_ten_metrics_at_most_and_does_not_search(name: str) -> None:
    """CloudWatch allows no more; and what a query finds is billed, however much it is."""
    assert len([query for query in queries(name) if "MetricStat" in query]) <= 10
    assert [query for query in queries(name) if re.search("SEARCH|SELECT", query.get("Expression", ""))] == []


def test_the_alarms_read_at_most_30_metrics_each_of_which_costs_10_cents() -> None:
    alarms = blueprint().of_type("AWS::CloudWatch::Alarm")
    assert alarms.keys() == ALARMS.keys()
    assert read_by({"Properties": ALARMS["WatchSilentAlarm"]}) == 1
    assert read_by(alarms["DeadLettersAlarm"]) == 6
    assert sum(map(read_by, alarms.values())) <= 30


def test_there_is_nothing_else_with_a_price_by_the_month() -> None:
    """A key, or a dashboard beyond the three of an account that are free, costs as much as ten or thirty alarms."""
    assert blueprint().of_type("AWS::KMS::Key") == blueprint().of_type("AWS::CloudWatch::Dashboard") == {}


@pytest.mark.parametrize("name", [name for name in ALARMS if queries(name)])
def test_the_math_of_an_alarm_gives_one_figure_of_all_that_it_reads(name: str) -> None:
    (watched_one,) = [query for query in queries(name) if query.get("ReturnData") is not False]
    assert re.fullmatch(r"(SUM|MAX)\(FILL\(METRICS\(\), 0\)\)", watched_one["Expression"])
    ids = [query["Id"] for query in queries(name)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", one) for one in ids)


def test_only_the_watch_itself_must_not_fall_silent() -> None:
    breaching = {name for name, alarm in ALARMS.items() if alarm["TreatMissingData"] == "breaching"}
    assert breaching == {"WatchSilentAlarm"}
    assert {alarm["TreatMissingData"] for alarm in ALARMS.values()} == {"breaching", "notBreaching"}


def test_r31_an_unexpected_error_alarms_within_five_minutes() -> None:
    """The first one, of any function; CloudWatch needs up to two minutes for a metric that a log brings."""
    alarm = ALARMS["UnexpectedErrorsAlarm"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("UnexpectedErrors", "Sum")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert alarm["DatapointsToAlarm"] == 1
    assert alarm["EvaluationPeriods"] * alarm["Period"] + 120 <= 300


def test_every_queue_is_watched_for_its_age_and_every_dead_letter_queue_for_messages() -> None:
    queues = of_type(RESOURCES, "AWS::SQS::Queue")
    dead = {name for name in queues if name.endswith("DeadLetters")}
    count, age = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
    assert sorted(watched("DeadLettersAlarm", count)) == sorted(dead)
    assert sorted(watched("QueueAgeAlarm", age)) == sorted(queues.keys() - dead)


def test_every_function_is_watched_for_errors() -> None:
    assert sorted(watched("FunctionErrorsAlarm", "Errors")) == sorted(of_type(RESOURCES, "AWS::Serverless::Function"))


def test_r21_refusals_and_errors_of_the_doorbell_are_watched() -> None:
    watching = {
        alarm["MetricName"]: (name, alarm["Threshold"])
        for name, alarm in ALARMS.items()
        if alarm.get("Namespace") == "AWS/ApiGateway" and ref(alarm["Dimensions"][0]["Value"]) == "Doorbell"
    }
    assert watching == {"4xx": ("DoorbellRefusalsAlarm", 300), "5xx": ("WebhookErrorsAlarm", 4)}


def test_a_watch_that_does_not_run_alarms_and_no_late_pass_does() -> None:
    alarm = ALARMS["WatchSilentAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Lambda", "Invocations", "Sum")
    assert [(one["Name"], ref(one["Value"])) for one in alarm["Dimensions"]] == [("FunctionName", "Watch")]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    (schedule,) = RESOURCES["Watch"]["Properties"]["Events"].values()
    table = timetable(schedule["Properties"]["ScheduleExpression"])
    assert isinstance(table, Rate)
    assert timedelta(seconds=alarm["Period"]) >= 2 * table.interval


# ---- What the watch expects, and what the schedules do


def test_the_watch_expects_each_job_as_often_as_the_schedules_start_it() -> None:
    every: dict[str, timedelta] = {}
    for event in RESOURCES["StartJobs"]["Properties"]["Events"].values():
        asked = json.loads(event["Properties"]["Input"])
        job = Job(asked["job"], asked).message("acme", "c", datetime.now(UTC)).health_name
        table = timetable(event["Properties"]["ScheduleExpression"])
        interval = table.interval if isinstance(table, Rate) else timedelta(days=1)
        every[job] = min(interval, every.get(job, interval))
    assert every == EVERY
    assert all(allowed(job) >= 3 * interval for job, interval in every.items())


# ---- Topics


def test_what_names_merchants_and_orders_is_encrypted_and_alarms_can_be_published() -> None:
    """CloudWatch cannot publish to a topic that is encrypted with the key that AWS manages."""
    keys = {name: topic.get("KmsMasterKeyId") for name, topic in TOPICS.items()}
    assert keys == {"Alerts": None, "Troubles": "alias/aws/sns", "Digests": "alias/aws/sns"}


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_takes_nothing_over_plain_http_and_from_services_only_this_accounts_alarms(topic: str) -> None:
    policies = [RESOURCES[name]["Properties"] for name in of_type(RESOURCES, "AWS::SNS::TopicPolicy")]
    (policy,) = [policy for policy in policies if topic in [ref(one) for one in policy["Topics"]]]
    statements = policy["PolicyDocument"]["Statement"]
    of_one = [one["Resource"] for one in statements if one["Resource"] != "*"]
    assert {ref(one) for one in of_one} <= {topic}, (
        "and `*` is the topic that it is attached to: SNS takes no list of topics"
    )
    (denied,) = [statement for statement in statements if statement["Effect"] == "Deny"]
    assert (denied["Principal"], denied["Condition"]) == ("*", {"Bool": {"aws:SecureTransport": "false"}})
    allowed_ones = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert len(allowed_ones) == (1 if topic == "Alerts" else 0)
    for statement in allowed_ones:
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


@pytest.mark.parametrize("topic", TOPICS)
def test_nobody_is_subscribed_unless_an_address_is_given(topic: str) -> None:
    found = [RESOURCES[name] for name in of_type(RESOURCES, "AWS::SNS::Subscription")]
    (subscription,) = [one for one in found if ref(one["Properties"]["TopicArn"]) == topic]
    parameter = subscription["Properties"]["Endpoint"]["Ref"]
    assert subscription["Condition"] == f"Has{parameter}"
    assert TEMPLATE["Parameters"][parameter]["Default"] == ""
    assert re.fullmatch(TEMPLATE["Parameters"][parameter]["AllowedPattern"], "")
    assert re.fullmatch(TEMPLATE["Parameters"][parameter]["AllowedPattern"], "ops@acme.example")
    assert not re.fullmatch(TEMPLATE["Parameters"][parameter]["AllowedPattern"], "acme")


# ---- Runbook


def sections() -> Iterator[tuple[str, str]]:
    """Heading and body of each section of the runbook."""
    for part in re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        yield heading.strip(), body


def test_every_alarm_has_its_section_in_the_runbook_and_every_section_its_alarm() -> None:
    headings = [heading for heading, _ in sections() if heading.endswith("Alarm")]
    assert sorted(headings) == sorted(ALARMS)


@pytest.mark.parametrize("name", ALARMS)
def test_a_section_says_what_it_means_how_to_look_and_what_to_do(name: str) -> None:
    body = dict(sections())[name]
    parts = re.findall(r"^\*\*(.+?)\.\*\*", body, re.MULTILINE)
    assert parts == ["Means", "Look", "Do"]
    assert f"`orderbridge-<stage>-{kebab(name)}`" in body


def test_r33_every_kind_of_trouble_has_its_section_in_the_runbook_with_its_severity() -> None:
    body = dict(sections())["Troubles"]
    parts = re.findall(r"^### (\S+)\n\n\*(\w+)\.\* ", body, re.MULTILINE)
    assert sorted(parts) == sorted((kind.value, SEVERITY[kind].value.capitalize()) for kind in TroubleKind)


def test_r33_the_watch_looks_often_enough_to_tell_of_a_quarantine_within_five_minutes() -> None:
    (schedule,) = RESOURCES["Watch"]["Properties"]["Events"].values()
    table = timetable(schedule["Properties"]["ScheduleExpression"])
    assert isinstance(table, Rate)
    assert table.interval <= timedelta(minutes=5)


def test_the_runbook_links_to_nothing_that_is_not_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)", RUNBOOK):
        assert target.startswith("https://") or (ROOT / "docs" / target).exists(), target


# ---- Dashboard


def test_the_dashboard_shows_at_most_the_50_metrics_that_are_free() -> None:
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    shown = [tuple(metric[:4]) for widget in body["widgets"] for metric in widget["properties"].get("metrics", ())]
    assert 30 < len(shown) <= 50
    assert "SEARCH" not in str(body)


def test_the_dashboard_is_json_and_shows_every_alarm() -> None:
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    (shown,) = [widget["properties"]["alarms"] for widget in body["widgets"] if widget["type"] == "alarm"]
    assert sorted(shown) == sorted(f"${{{name}.Arn}}" for name in ALARMS)
