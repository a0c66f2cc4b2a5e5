"""What the template and the lock files promise: encrypted at rest, TLS only, no wildcard, nothing unpinned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from testkit.template import ref
from tests.integration.test_template import (
    FUNCTIONS,
    GLOBALS,
    QUEUES,
    RESOURCES,
    ROOT,
    TEMPLATE,
    as_list,
    environment,
    of_type,
    statements,
)

SECURE = {"Bool": {"aws:SecureTransport": "false"}}


# ---- At rest


def test_every_topic_that_names_merchants_and_orders_is_encrypted() -> None:
    """An alarm's message has its name and a figure; CloudWatch may not use the key of SNS."""
    keys = {name: topic.get("KmsMasterKeyId") for name, topic in of_type("AWS::SNS::Topic").items()}
    assert keys.pop("Alerts") is None
    assert keys == {"Troubles": "alias/aws/sns", "Digests": "alias/aws/sns"}


def test_an_alarms_message_names_no_merchant() -> None:
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        assert not re.search("merchant", str(alarm), re.IGNORECASE)


def test_whatever_keeps_data_is_of_a_kind_that_these_tests_know() -> None:
    """A bucket or a database would need a promise of its own here."""
    known = {
        "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard",
        "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::S3::BucketPolicy",
        "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::Lambda::Permission", "AWS::Logs::LogGroup",
        "AWS::SNS::Subscription", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy", "AWS::Serverless::Function", "AWS::Serverless::HttpApi",
        "AWS::Serverless::LayerVersion",
    }  # fmt: skip
    assert {resource["Type"] for resource in RESOURCES.values()} <= known
    assert all(table["SSESpecification"] == {"SSEEnabled": True} for table in of_type("AWS::DynamoDB::Table").values())
    assert all(queue["SqsManagedSseEnabled"] is True for queue in QUEUES.values())
    for bucket in of_type("AWS::S3::Bucket").values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        closed = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(closed, True)


def test_secrets_are_read_from_encrypted_parameters_and_stand_nowhere_else() -> None:
    """Not in a variable, a parameter of the stack or an output: those are readable in the console."""
    given = {name: value for function in FUNCTIONS for name, value in environment(function).items()}
    assert given.keys() >= {"STAGE", "TABLE_NAME"}
    suspicious = re.compile("secret|password|token|api_?key|credential", re.IGNORECASE)
    assert [name for name in (*given, *TEMPLATE["Parameters"], *TEMPLATE["Outputs"]) if suspicious.search(name)] == []
    sources = (ROOT / "layers/shared/orderbridge").rglob("*.py")
    written = [path for path in sources if "put_parameter(" in path.read_text(encoding="utf-8")]
    assert sorted(path.name for path in written) == ["board_secrets.py", "secrets.py"]
    for path in written:
        assert re.findall(r'put_parameter\(.*Type="(\w+)"', path.read_text(encoding="utf-8")) == ["SecureString"]


# ---- On the way


def _denies_plain_http(policy: dict[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Deny" and statement["Principal"] == "*" and statement["Condition"] == SECURE
        for statement in policy["PolicyDocument"]["Statement"]
    )


def test_every_queue_and_every_topic_refuses_plain_http() -> None:
    queues = {ref(q) for p in of_type("AWS::SQS::QueuePolicy").values() if _denies_plain_http(p) for q in p["Queues"]}
    topics = {ref(t) for p in of_type("AWS::SNS::TopicPolicy").values() if _denies_plain_http(p) for t in p["Topics"]}
    buckets = {ref(p["Bucket"]) for p in of_type("AWS::S3::BucketPolicy").values() if _denies_plain_http(p)}
    assert queues == set(QUEUES)
    assert buckets == set(of_type("AWS::S3::Bucket"))
    assert topics == set(of_type("AWS::SNS::Topic"))


def test_nobody_from_elsewhere_is_let_in_by_a_policy_of_a_resource() -> None:
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy"):
        for policy in of_type(kind).values():
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert set(statement["Principal"]) == {"Service"}
                    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def test_a_function_is_reached_through_an_authorised_route_or_verifies_by_itself() -> None:
    routes = of_type("AWS::ApiGatewayV2::Route")
    assert routes
    for route in routes.values():
        # NONE only where the board signs people in itself; it verifies its calls: test_board_sign_in.py
        assert route["AuthorizationType"] == {
            "Fn::If": ["BoardOidc", "NONE", {"Fn::If": ["BoardJwt", "JWT", "AWS_IAM"]}]
        }
    open_to_all = {
        name
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] in ("HttpApi", "Api")
    }
    assert open_to_all == {"Webhook"}  # it verifies its calls: test_forged_rings.py, test_forged_links.py
    assert not any("FunctionUrlConfig" in function for function in FUNCTIONS.values())
    for permission in of_type("AWS::Lambda::Permission").values():
        assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}


# ---- Roles


def test_no_role_can_be_taken_by_anyone_but_the_service_that_it_is_for() -> None:
    for role in of_type("AWS::IAM::Role").values():
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            assert set(statement["Principal"]) == {"Service"}
            assert statement["Principal"]["Service"] in (
                "lambda.amazonaws.com",
                "scheduler.amazonaws.com",
                "codedeploy.amazonaws.com",
            )


def test_a_wildcard_in_a_resource_stands_only_for_a_merchants_name_or_this_stacks_functions() -> None:
    """X-Ray knows no resources, and CloudWatch shows all alarms or none. A denial may be as wide as it likes."""
    wild = [
        (statement["Sid"], str(resource))
        for _, statement in statements()
        if statement["Effect"] == "Allow"
        for resource in as_list(statement["Resource"])
        if "*" in str(resource)
    ]
    assert wild
    merchants = re.compile(r"parameter/orderbridge/\$\{Stage\}/(merchants|bibi_tokens)/\*'\}$")
    files = re.compile(r"\$\{Documents\.Arn\}/(labels|inbound)/\*'\}$")  # one function, one kind of files
    own_functions = re.compile(r"function:\$\{AWS::StackName\}-\*'\}$")
    known = (merchants, files, own_functions)
    unbounded = {"WriteTraces", "ReadAlarms"}
    assert [one for one in wild if one[0] not in unbounded and not any(p.search(one[1]) for p in known)] == []
    assert [owner for owner, statement in statements() if own_functions.search(str(statement["Resource"]))] == [
        "RolloutRole"
    ]


def test_no_role_creates_deletes_or_administers_anything() -> None:
    actions = {a for _, s in statements() if s["Effect"] == "Allow" for a in as_list(s["Action"])}
    verbs = {re.split("(?<=[a-z])(?=[A-Z])", action.split(":")[1])[0] for action in actions}
    assert verbs <= {"Get", "Batch", "Put", "Update", "Query", "Send", "Receive", "Delete", "Change", "Publish",
                     "Generate", "Decrypt", "Invoke", "Create", "List", "Describe"}  # fmt: skip
    assert {action for action in actions if ":Delete" in action} == {"sqs:DeleteMessage"}
    assert {action for action in actions if ":List" in action} == {"s3:ListBucket", "dynamodb:ListStreams"}
    assert {action for action in actions if ":Create" in action} == {"logs:CreateLogStream"}
    described = {"cloudwatch:DescribeAlarms", "dynamodb:DescribeStream"}
    assert {action for action in actions if ":Describe" in action} == described
    assert {action for action in actions if action.startswith("lambda:")} == {
        "lambda:InvokeFunction", "lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig",
    }  # fmt: skip


# ---- The HTTP APIs

APIS = of_type("AWS::Serverless::HttpApi") | of_type("AWS::ApiGatewayV2::Stage")
TELLS_NOTHING = {
    "requestId", "requestTime", "apiId", "routeKey", "status", "error.responseType", "responseLatency",
    "integrationStatus", "integrationLatency",
}  # fmt: skip


@pytest.mark.parametrize("name", APIS)
def test_an_access_log_has_no_path_no_query_and_no_caller(name: str) -> None:
    """A label's path ends in its token, and a rule's query is the merchant's secret."""
    log = APIS[name]["AccessLogSettings"]
    variables = re.findall(r"\$context\.([A-Za-z.]+)", log["Format"])
    assert set(variables) <= TELLS_NOTHING
    assert {"requestId", "routeKey", "status"} <= set(variables)
    written = re.sub(r"\$context\.[A-Za-z.]+", "-", log["Format"])
    assert "$" not in written
    assert len(json.loads(written)) == len(variables)
    assert "\n" not in log["Format"]
    assert RESOURCES[ref(log["DestinationArn"])]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_no_function_logs_its_event_or_has_powertools_do_so() -> None:
    """The event of an HTTP call has the query, and so the secret of a rule's call."""
    for function in FUNCTIONS:
        assert not {"POWERTOOLS_LOGGER_LOG_EVENT", "POWERTOOLS_DEV", "POWERTOOLS_DEBUG"} & environment(function).keys()
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers/shared/orderbridge").rglob("*.py")]
    assert len(sources) > 100
    assert [path for path in sources if "log_event" in path.read_text(encoding="utf-8")] == []


def test_r21_labels_and_rings_are_throttled_apart() -> None:
    doorbell = APIS["Doorbell"]
    own, others = doorbell["RouteSettings"], doorbell["DefaultRouteSettings"]
    routes = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": name
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    assert set(own) == {route for route in routes if route.startswith("GET /labels/")}
    assert set(routes) - set(own) == {f"{method} /webhooks/billbee/{{merchant+}}" for method in ("GET", "POST")}
    for limits in (*own.values(), others):
        assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"] <= 100
    # What floods at both can occupy of an account's concurrent executions, at a tenth of a second each.
    assert sum(limits["ThrottlingRateLimit"] for limits in (*own.values(), others)) * 0.1 <= 6


# ---- checkov


def test_each_check_that_is_passed_over_has_its_reason() -> None:
    text = (ROOT / ".checkov.yaml").read_text(encoding="utf-8")
    skipped: list[str] = yaml.safe_load(text)["skip-check"]
    assert skipped
    assert len(set(skipped)) == len(skipped)
    for check in skipped:
        assert re.search(rf"  # [^\n]+\n  - {check}\n", text), f"{check} has no reason above it"
    assert yaml.safe_load(text)["file"] == ["template.yaml"]


def test_make_check_runs_it() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (check,) = re.findall(r"^check: (.*?) ##", makefile, re.MULTILINE)
    assert "security" in check.split()
    ran = {
        target
        for line in (ROOT / ".ci/run").read_text().splitlines()
        if line.startswith("make ")
        for target in line.split()
    }
    assert set(check.split()) <= ran
    assert "--config-file .checkov.yaml" in makefile


# ---- Dependencies

LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "layers/shared/requirements.txt"]


def _entries(path: Path) -> Iterator[str]:
    yield from re.split(r"\n(?=\S)", path.read_text(encoding="utf-8").strip())


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_package_is_pinned_to_a_version_and_to_its_hashes(path: Path) -> None:
    entries = list(_entries(path))
    assert entries
    pinned = re.compile(
        r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[0-9][^\s;]*( ; [^\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+"
    )
    assert [entry.splitlines()[0] for entry in entries if not pinned.fullmatch(entry)] == []


def test_every_list_of_packages_has_its_lock_and_every_lock_its_list() -> None:
    lists = [*(ROOT / "requirements").glob("*.in"), ROOT / "layers/shared/requirements.in"]
    assert {path.with_suffix(".txt") for path in lists} == set(LOCKS)
    assert len(LOCKS) >= 5


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_package_that_is_asked_for_is_in_the_lock(path: Path) -> None:
    asked = [line.split("#")[0].strip() for line in path.with_suffix(".in").read_text(encoding="utf-8").splitlines()]
    names = {re.split(r"[\[;<>=! ]", line)[0].lower() for line in asked if line and not line.startswith("-")}
    locked = {re.split(r"[\[=]", entry)[0] for entry in _entries(path)}
    assert names
    assert names <= locked


def test_whatever_installs_packages_asks_for_the_hashes() -> None:
    """The project's own tool, which has no archive to hash, is installed from the working tree."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "layers/shared/Makefile")]
    installs = [line for text in texts for line in text.replace("\\\n", " ").splitlines() if "pip install" in line]
    assert len(installs) >= 4
    assert [line for line in installs if "--require-hashes" not in line and "--editable ." not in line] == []
    assert [line for line in installs if "--editable ." in line and "--no-deps" not in line] == []


def test_functions_are_traced_without_their_answers() -> None:
    assert GLOBALS["Environment"]["Variables"]["POWERTOOLS_TRACER_CAPTURE_RESPONSE"] == "false"
    seen = (ROOT / "layers/shared/orderbridge/platform/observability.py").read_text(encoding="utf-8")
    assert "capture_lambda_handler(handler, capture_response=False)" in seen
    maker = ROOT / "layers/shared/orderbridge/handlers.py"
    assert "@traced\n" in maker.read_text(encoding="utf-8")
    for path in (maker, *(ROOT / "functions").glob("*/app.py")):
        text = path.read_text(encoding="utf-8")
        assert "@traced\n" in text or "handler = queue_handler(" in text, path
        assert "log_event=True" not in text, path
