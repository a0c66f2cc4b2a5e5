"""The promises of template.yaml and samconfig.toml that no linter checks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.schedules import Rate, timetable
from orderbridge.orders import webhook
from testkit.environment import POLL_DELAY
from testkit.template import holds, read_template, ref

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")
TEMPLATE = read_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]
DAY = 24 * 60 * 60

#: Their messages may carry an order, and so a name and an address.
CARRY_ORDERS = {"PushOrdersQueue"}
TOLD_BY_S3 = {"AnnounceInboundQueue", "AnnounceInboundDeadLetters"}


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: found["Properties"] for name, found in RESOURCES.items() if found["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")
ROLES = of_type("AWS::IAM::Role")
WORK_QUEUES = {name: queue for name, queue in QUEUES.items() if "RedrivePolicy" in queue}


def dead_letters(queue: str) -> str:
    return ref(QUEUES[queue]["RedrivePolicy"]["deadLetterTargetArn"])


def events(function: str, kind: str) -> list[dict[str, Any]]:
    return [e["Properties"] for e in FUNCTIONS[function].get("Events", {}).values() if e["Type"] == kind]


def environment(function: str) -> dict[str, Any]:
    return {
        **GLOBALS["Environment"]["Variables"],
        **FUNCTIONS[function].get("Environment", {}).get("Variables", {}),
    }


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """What each role allows, with what the managed policies attached to it allow."""
    for name, role in ROLES.items():
        managed = [of_type("AWS::IAM::ManagedPolicy")[ref(one)] for one in role.get("ManagedPolicyArns", ())]
        for policy in (*role["Policies"], *managed):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# ---- For its readers


def test_the_template_is_short_enough_to_be_read_from_top_to_bottom() -> None:
    assert len(TEXT.splitlines()) <= 1300
    assert max(map(len, TEXT.splitlines())) <= 200


def test_its_contents_name_each_section_in_order() -> None:
    head, _, body = TEXT.partition("\nParameters:\n")
    told = re.findall(r"^#( {1,3})(\w+) {2,}\S", head, re.MULTILINE)
    parts = [name for name in TEMPLATE if name in ("Parameters", "Globals", "Resources", "Outputs")]
    assert [name for indent, name in told if indent == " "] == parts
    assert [name for indent, name in told if indent != " "] == re.findall(r"^  # ---- (\w+)", body, re.MULTILINE)


def test_what_several_have_in_common_is_taken_by_another() -> None:
    anchors = re.findall(r"&(\w+)", re.sub(r"#.*", "", TEXT))
    assert anchors
    assert [name for name in anchors if not re.search(rf"\*{name}\b", TEXT)] == []


# ---- Queues


@pytest.mark.parametrize("name", QUEUES)
def test_every_queue_is_fifo_encrypted_and_closed_to_plain_http(name: str) -> None:
    """All but the one that S3 notifies: it cannot notify one that is FIFO."""
    queue = QUEUES[name]
    assert queue.get("FifoQueue", False) is (name not in TOLD_BY_S3)
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["QueueName"]["Fn::Sub"].endswith(".fifo") is (name not in TOLD_BY_S3)
    (policy,) = [p for p in of_type("AWS::SQS::QueuePolicy").values() if name in [ref(q) for q in p["Queues"]]]
    statement, *others = policy["PolicyDocument"]["Statement"]
    assert [one["Principal"] for one in others] == [{"Service": "s3.amazonaws.com"}] * (name == "AnnounceInboundQueue")
    assert [ref(one["Resource"]) for one in others] == ["AnnounceInboundQueue"] * len(others)
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == "*", "of the queue that it is attached to: SQS takes no list of queues"


@pytest.mark.parametrize("name", WORK_QUEUES)
def test_every_work_queue_has_dead_letters_that_take_from_it_alone(name: str) -> None:
    assert WORK_QUEUES[name]["RedrivePolicy"]["maxReceiveCount"] == 20
    allowed = QUEUES[dead_letters(name)]["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"
    (source,) = allowed["sourceQueueArns"]
    assert source["Fn::Sub"].rsplit(":", 1)[1] == WORK_QUEUES[name]["QueueName"]["Fn::Sub"]


def test_every_queue_is_a_work_queue_or_the_dead_letters_of_one() -> None:
    assert set(QUEUES) == set(WORK_QUEUES) | {dead_letters(name) for name in WORK_QUEUES}


@pytest.mark.parametrize("name", sorted(CARRY_ORDERS))
def test_an_order_is_gone_from_the_queues_after_four_days(name: str) -> None:
    """A FIFO message's age starts again in the dead-letter queue: the two periods add up."""
    periods = [QUEUES[queue]["MessageRetentionPeriod"] for queue in (name, dead_letters(name))]
    assert sum(periods) <= 4 * DAY


@pytest.mark.parametrize("name", sorted(set(WORK_QUEUES) - CARRY_ORDERS))
def test_a_failed_job_is_kept_for_two_weeks(name: str) -> None:
    assert QUEUES[dead_letters(name)]["MessageRetentionPeriod"] == 14 * DAY


def test_r21_the_queue_of_polls_delays_for_as_long_as_a_burst_lasts_and_clocks_may_differ() -> None:
    delays = {name: queue["DelaySeconds"] for name, queue in QUEUES.items() if "DelaySeconds" in queue}
    assert delays == {"PollOrdersQueue": webhook.BURST + webhook.CLOCKS_DIFFER}
    assert delays["PollOrdersQueue"] == POLL_DELAY


# ---- Functions


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_folder_and_sample_events(name: str) -> None:
    folder = FUNCTIONS[name]["CodeUri"]
    assert (ROOT / folder / "app.py").is_file()
    samples = sorted((ROOT / "events" / Path(folder).name).glob("*.json"))
    assert samples
    for sample in samples:
        json.loads(sample.read_text(encoding="utf-8"))


def test_every_folder_has_its_function() -> None:
    folders = {path.parent for path in (ROOT / "functions").glob("*/app.py")}
    assert folders == {ROOT / function["CodeUri"].rstrip("/") for function in FUNCTIONS.values()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_log_group_of_its_own_with_retention(name: str) -> None:
    group = ref(FUNCTIONS[name]["LoggingConfig"]["LogGroup"])
    assert of_type("AWS::Logs::LogGroup")[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert [n for n, f in FUNCTIONS.items() if ref(f["LoggingConfig"]["LogGroup"]) == group] == [name]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_described_and_traced_and_names_its_service(name: str) -> None:
    assert FUNCTIONS[name]["Description"]
    assert GLOBALS["Tracing"] == {"Fn::If": ["Traced", "Active", "PassThrough"]}
    assert environment(name)["POWERTOOLS_TRACE_DISABLED"] == {"Fn::If": ["Traced", "false", "true"]}
    assert environment(name)["POWERTOOLS_SERVICE_NAME"] == Path(FUNCTIONS[name]["CodeUri"]).name


WORKERS = [name for name in FUNCTIONS if events(name, "SQS")]


@pytest.mark.parametrize("name", WORKERS)
def test_every_worker_reads_one_queue_and_reports_what_failed(name: str) -> None:
    (event,) = events(name, "SQS")
    queue = ref(event["Queue"])
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert ref(environment(name)["QUEUE_URL"]) == queue
    assert ref(environment(name)["DEAD_LETTER_QUEUE_URL"]) == dead_letters(queue)


@pytest.mark.parametrize("name", WORKERS)
def test_a_message_stays_hidden_for_as_long_as_its_worker_may_run(name: str) -> None:
    (event,) = events(name, "SQS")
    assert QUEUES[ref(event["Queue"])]["VisibilityTimeout"] >= GLOBALS["Timeout"]


def test_every_work_queue_has_one_worker() -> None:
    assert sorted(ref(events(name, "SQS")[0]["Queue"]) for name in WORKERS) == sorted(WORK_QUEUES)


def test_every_schedule_says_what_to_start_and_takes_no_fixed_name() -> None:
    """A fixed name would let only one deployment live in an account."""
    schedules = events("StartJobs", "ScheduleV2")
    started = [tuple(json.loads(schedule["Input"]).values()) for schedule in schedules]
    assert len(set(started)) == len(started) == 12
    assert all(schedule["OmitName"] and schedule["Description"] for schedule in schedules)


def test_every_schedule_has_a_flexible_window_of_at_most_a_fifth_of_its_turn() -> None:
    """Or all jobs of all merchants would begin in the same second."""
    schedules = [*events("StartJobs", "ScheduleV2"), *events("Watch", "ScheduleV2")]
    assert len(schedules) == 13
    for schedule in schedules:
        window = schedule["FlexibleTimeWindow"]
        assert window["Mode"] == "FLEXIBLE"
        rate = timetable(schedule["ScheduleExpression"])
        turn = rate.interval if isinstance(rate, Rate) else timedelta(days=1)
        assert timedelta(0) < timedelta(minutes=window["MaximumWindowInMinutes"]) <= turn / 5


# An environment variable stands in code as text in capitals: "TABLE_NAME", "PUSH_ORDERS_QUEUE_URL", "STAGE".
_VARIABLE = re.compile(r"""["']((?:[A-Z]+_)+(?:URL|NAME|ARN)|STAGE)["']""")


def test_every_environment_variable_that_the_code_reads_is_given() -> None:
    sources = [*(ROOT / "layers/shared/orderbridge").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    read = {name for path in sources for name in _VARIABLE.findall(path.read_text(encoding="utf-8"))}
    given = set().union(*(environment(name) for name in FUNCTIONS))
    assert {"STAGE", "TABLE_NAME"} <= read
    assert read <= given


# ---- Permissions


def test_no_role_allows_an_action_by_wildcard() -> None:
    allowed = [a for _, s in statements() if s["Effect"] == "Allow" for a in as_list(s["Action"])]
    assert allowed
    assert [action for action in allowed if "*" in action] == []


def test_only_tracing_may_touch_every_resource() -> None:
    everywhere = {
        action
        for _, statement in statements()
        if statement["Effect"] == "Allow" and "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    assert everywhere == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def test_every_function_has_a_role_of_its_own() -> None:
    """With its own role SAM attaches none of its broad managed policies. Those of the workers share ours."""
    roles = [ref(function["Role"]) for function in FUNCTIONS.values()]
    assert len(set(roles)) == len(FUNCTIONS)
    attached = {name: [ref(one) for one in role.get("ManagedPolicyArns", ())] for name, role in ROLES.items()}
    workers = {ref(FUNCTIONS[name]["Role"]) for name in WORKERS}
    assert attached == {name: ["WorkersPolicy"] if name in workers else [] for name in ROLES}
    assert not any("Policies" in function for function in FUNCTIONS.values())


#: Allowed by the action on what they carry, no call to AWS at all, or the operator's, who removes merchants.
_NO_ACTION = {"SendMessageBatch", "TransactWriteItems", "GetPaginator", "DeleteItem"}


def test_no_function_imports_what_only_the_operators_tool_may_do() -> None:
    sources = [*(ROOT / "layers/shared/orderbridge").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    importing = {path.name for path in sources if "platform.copying" in path.read_text(encoding="utf-8")}
    assert importing == {"restore_table.py"}
    restoring = {path.name for path in sources if "desk.restore_table" in path.read_text(encoding="utf-8")}
    assert restoring == set()


def test_every_call_that_the_code_makes_to_aws_is_allowed_to_someone() -> None:
    allowed = {action.split(":")[1] for _, s in statements() for action in as_list(s["Action"])}
    called = {
        "".join(word.capitalize() for word in name.split("_"))
        for path in (ROOT / "layers/shared/orderbridge").rglob("*.py")
        if path.name != "copying.py"  # the operator's tool alone, with the operator's permissions
        for name in re.findall(r"\b_(?:client|sqs)\.([a-z_]+)\(", path.read_text(encoding="utf-8"))
    }
    assert called - _NO_ACTION <= allowed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_send_to_each_queue_it_is_given_and_to_no_other(name: str) -> None:
    given = {ref(v) for key, v in environment(name).items() if key.endswith("_QUEUE_URL")}
    own = {ref(environment(name)["QUEUE_URL"])} if name in WORKERS else set()
    role = ref(FUNCTIONS[name]["Role"])
    sends = {
        ref(resource)
        for owner, statement in statements()
        if owner == role and "sqs:SendMessage" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    assert given <= sends <= given | own


# ---- Documents


def test_the_bucket_is_encrypted_closed_and_forgets() -> None:
    bucket = RESOURCES["Documents"]["Properties"]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    rules = {rule.get("Prefix", ""): rule for rule in bucket["LifecycleConfiguration"]["Rules"] if "Prefix" in rule}
    assert {prefix.partition("/")[0] for prefix in rules} == {"inbound", "labels"}
    assert max(rule["ExpirationInDays"] for rule in rules.values()) <= 91
    assert any("AbortIncompleteMultipartUpload" in rule for rule in bucket["LifecycleConfiguration"]["Rules"])
    (policy,) = of_type("AWS::S3::BucketPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_bucket_tells_its_queue_of_files_of_merchants_only_and_no_other_bucket_can() -> None:
    (told,) = RESOURCES["Documents"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert ref(told["Queue"]) == "AnnounceInboundQueue"
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "inbound/"}]}}
    allowed = RESOURCES["AnnounceInboundQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"][1]
    assert "BucketName" not in RESOURCES["Documents"]["Properties"]  # CloudFormation calls it …-documents-…
    assert allowed["Condition"]["ArnLike"] == {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:s3:::*-documents-*"}}
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


# ---- Table, outputs, deployments


def test_the_table_is_encrypted_recoverable_protected_and_outlives_its_stack() -> None:
    """`RetainExceptOnCreate` would have a protected table deleted, and a failed first deployment could not end."""
    table = RESOURCES["Table"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    properties = table["Properties"]
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"Stage": "prod"}, True),
        ({"Stage": "prod", "AlertEmail": "ops@acme.example"}, False),
        ({"Stage": "dev"}, False),
    ],
)
def test_prod_is_not_deployed_without_somebody_who_gets_the_alarms(given: dict[str, str], refused: bool) -> None:
    parameters = {name: str(entry.get("Default", "")) for name, entry in TEMPLATE["Parameters"].items()} | given
    told = [
        assertion["AssertDescription"]
        for rule in TEMPLATE["Rules"].values()
        if holds(rule["RuleCondition"], parameters)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], parameters)
    ]
    assert bool(told) is refused
    assert all("AlertEmail" in one for one in told)


def test_samconfig_deploys_prod_by_canary_to_the_stage_that_the_rule_is_about() -> None:
    """What samconfig.toml names replaces what the stack has: a release at once does not make the next ones so."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))["prod"]
    assert {"Stage=prod", "Rollout=canary"} <= set(config["deploy"]["parameters"]["parameter_overrides"])
    assert TEMPLATE["Rules"]["ProdIsWatched"]["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}


def test_parameters_and_outputs_are_described() -> None:
    for group in ("Parameters", "Outputs"):
        assert [name for name, entry in TEMPLATE[group].items() if not entry.get("Description")] == []


def test_every_output_is_read_by_the_tool_or_by_an_operator() -> None:
    tool = (ROOT / "cli/stack.py").read_text(encoding="utf-8")
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    by_the_tool = re.compile("|".join((r"\w+(QueueUrl|DeadLettersUrl)", *re.findall(r'"([A-Z]\w+)"', tool))))
    assert {"TableName", "DocumentsBucket"} <= {name for name in TEMPLATE["Outputs"] if by_the_tool.fullmatch(name)}
    assert [name for name in TEMPLATE["Outputs"] if not by_the_tool.fullmatch(name) and name not in pages] == []


@pytest.mark.parametrize("name", [n for n in TEMPLATE["Parameters"] if n.endswith("BaseUrl")])
def test_a_service_is_reached_over_https_or_on_loopback(name: str) -> None:
    parameter = TEMPLATE["Parameters"][name]
    allowed = re.compile(parameter["AllowedPattern"])
    assert allowed.match(parameter["Default"])
    for url in (
        "http://127.0.0.1:8080/api",
        "http://localhost/api",
        "http://[::1]:1/api",
        "https://a.example",
    ):
        assert allowed.match(url)
    for url in (
        "http://a.example",
        "http://127.0.0.1.a.example/",
        "http://localhost@a.example/",
        "ftp://a.example",
    ):
        assert not allowed.match(url)


def test_a_guided_deployment_is_not_asked_whether_open_routes_are_okay() -> None:
    """`sam deploy --guided` asks about each route of an API without `Auth`, and ends by default."""
    apis = {ref(event["ApiId"]) for name in FUNCTIONS for event in events(name, "HttpApi")}
    assert apis
    assert all(RESOURCES[api]["Properties"]["Auth"] for api in apis)


def test_the_deployment_page_answers_the_question_for_each_parameter_in_order() -> None:
    """`sam deploy --guided` asks for them in the order of the template."""
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `Parameter (\w+)`", page, re.MULTILINE) == list(TEMPLATE["Parameters"])


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_samconfig_deploys_each_stage_to_a_stack_of_its_own(stage: str) -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))[stage]
    assert config["global"]["parameters"]["stack_name"] == f"orderbridge-{stage}"
    deploy = config["deploy"]["parameters"]
    assert f"Stage={stage}" in deploy["parameter_overrides"]
    assert f"stage={stage}" in deploy["tags"]
    names = {override.split("=")[0] for override in deploy["parameter_overrides"]}
    assert names <= set(TEMPLATE["Parameters"])


def test_no_credentials_of_abillify_go_anywhere_unless_somebody_says_where() -> None:
    parameter = TEMPLATE["Parameters"]["AbillifyBaseUrl"]
    assert parameter["Default"] == ""
    for name in ("BillbeeBaseUrl", "BibiBaseUrl"):
        assert not re.match(TEMPLATE["Parameters"][name]["AllowedPattern"], "")


# ---- The layer


def test_the_layer_is_pinned_by_hash_without_conditions() -> None:
    """pip would judge a condition by the Python that builds, not by the one that runs."""
    lock = (ROOT / "layers/shared/requirements.txt").read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=\S)", lock.strip())
    assert all(re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ \\\n", entry) for entry in requirements)
    assert all("--hash=sha256:" in entry and ";" not in entry for entry in requirements)


def test_the_layer_leaves_to_the_runtime_what_it_brings() -> None:
    lock = (ROOT / "layers/shared/requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"^(boto3|botocore|s3transfer)\b", lock, re.MULTILINE)


@pytest.mark.parametrize(
    ("runtime", "compiled"),
    [(f"python{sys.version_info.major}.{sys.version_info.minor}", True), ("python3.99", False)],
)
def test_a_layer_whose_runtime_is_not_here_has_no_bytecode_and_says_so(
    runtime: str, compiled: bool, tmp_path: Path
) -> None:
    """The makefile as `sam build` calls it, but for the download of the packages."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$2" = pip ] || exec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "made" / "python").mkdir(parents=True)
    given = [f"ARTIFACTS_DIR={tmp_path / 'made'}", f"LAYER_PYTHON={python}", f"PYTHON_RUNTIME={runtime}"]
    made = subprocess.run(
        ["make", "-C", ROOT / "layers/shared", "build-SharedLayer", *given],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    brought = tmp_path / "made" / "python" / "orderbridge"
    assert (brought / "bootstrap.py").is_file()
    assert (brought / "__pycache__").exists() is compiled
    warnings = [line for line in made.stdout.splitlines() if line.startswith("SharedLayer: WARNING: built with NO")]
    assert len(warnings) == (not compiled)


def test_the_layer_makefile_and_the_template_agree_on_their_defaults() -> None:
    makefile = (ROOT / "layers/shared/Makefile").read_text(encoding="utf-8")
    for variable, parameter in {"PYTHON_RUNTIME": "PythonRuntime", "ARCHITECTURE": "Architecture"}.items():
        assert f"{variable} ?= {TEMPLATE['Parameters'][parameter]['Default']}\n" in makefile


# ---- The table's stream


def test_r43_the_stream_brings_both_images_and_its_shard_and_blocks_for_no_longer_than_six_hours() -> None:
    assert RESOURCES["Table"]["Properties"]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    changes = FUNCTIONS["RunChores"]["Events"]["Changes"]["Properties"]
    assert changes["TumblingWindowInSeconds"] > 0, "without one, an event does not name its shard"
    assert changes.get("ParallelizationFactor", 1) == 1, "Lambda takes no more with a window"
    assert changes["StartingPosition"] == "TRIM_HORIZON", "what was written before the first reading counts too"
    assert 0 < changes["MaximumRecordAgeInSeconds"] <= 6 * 3600
    assert changes["MaximumRetryAttempts"] > 0
    assert changes["BisectBatchOnFunctionError"]
    assert changes["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    failure = changes["DestinationConfig"]["OnFailure"]
    topic = RESOURCES[ref(failure["Destination"])]
    assert (failure["Type"], topic["Type"]) == ("SNS", "AWS::SNS::Topic")
    assert not topic["Properties"].get("FifoTopic"), "Lambda takes no FIFO destination"
