"""A whole journey, faults and all: no function does what its role does not allow, no role allows what no function
does, and no name, address or secret comes out anywhere.

One journey for all of it, since it takes a while.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws import CREDENTIALS
from local.stack import Function
from testkit import event_schemas
from tests.security import journey as journeys
from tests.security.aws_calls import AwsCall, Use
from tests.security.journey import ACME, KEY_OF, MERCHANTS, NORD, Journey, found_in
from tests.security.policies import Grant, grants, role_of

#: Allowed and never called by a function's code. Each has its reason.
ARGUED = {
    "logs:CreateLogStream": "Lambda writes the log in the role's name",
    "logs:PutLogEvents": "Lambda writes the log in the role's name",
    "xray:PutTraceSegments": "Lambda's daemon sends the traces in the role's name",
    "xray:PutTelemetryRecords": "Lambda's daemon sends the traces in the role's name",
    "dynamodb:ListStreams": "Lambda asks for it before it reads the table's stream, as its documents say",
}
#: The same, by statement.
ARGUED_STATEMENTS = {
    "TellOfLostChanges": "Lambda tells there which changes of the stream it has given up",
    "ReadClientSecret": "for BoardAuth oidc; the journey's board is opened by IAM",
}
#: What an event source mapping calls in the name of its function's role; here the pollers do, with their own key.
MAPPING = {
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    *("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"),
}


pytestmark = pytest.mark.xdist_group(__name__)  # one stack


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    with journeys.journey(tmp_path_factory.mktemp("journey")) as made:
        journeys.travel(made)
        yield made


def functions(here: Journey) -> list[Function]:
    found = list(here.system.stack.functions.values())
    assert len(found) == 10
    return found


@pytest.fixture(scope="module")
def used(here: Journey) -> dict[str, set[Use]]:
    """What each function did, by its label, and what was done for it to bring it its messages."""
    pollers = [call for call in here.aws.calls if call.caller == CREDENTIALS["AWS_ACCESS_KEY_ID"]]
    for_mappings = [call for call in pollers if call.stream or (call.service == "sqs" and "QueueUrl" in call.body)]
    brought = {use for call in for_mappings for use in call.uses()}
    found = {}
    for function in functions(here):
        stack = here.system.stack
        sources = {mapping.queue.arn for mapping in stack.mappings if mapping.function == function}
        sources |= {stream.arn for stream in stack.streams if stream.function == function}
        own = {use for call in here.calls_of(function) for use in call.uses()}
        found[function.label] = own | {use for use in brought if use.action in MAPPING and use.resource in sources}
    return found


def granted(here: Journey, function: Function) -> set[Grant]:
    return grants(here.system.stack, role_of(here.system.stack, function.name))


def test_the_journey_was_one(here: Journey) -> None:
    """Everything that the other tests look at has happened, so that their silence means something."""
    statuses = {order.status for order in here.system.books.orders("acme")}
    assert {"shipped", "acknowledged", "cancelled", "held", "rejected"} <= statuses
    assert all(here.calls_of(function) for function in functions(here))
    assert len(here.traces) > 50
    said = here.log.getvalue()
    for words in ("Handed back", "Job given up", "Unexpected error", "dead letters", "Ring refused", "Digest sent",
                  "Invoice not cancelled"):  # fmt: skip
        assert words in said
    vendors = (here.billbee, here.bibi, here.abillify)
    assert {fault.kind for one in vendors for fault in one.faults._faults if fault.used} >= {
        "status", "status_after", "throttled", "drop_after", "cut_json", "wrong_type", "html", "bad_gateway",
    }  # fmt: skip


def test_no_function_does_what_its_role_does_not_allow(here: Journey, used: dict[str, set[Use]]) -> None:
    denied = [
        (function.label, use)
        for function, allowed in ((function, granted(here, function)) for function in functions(here))
        for use in used[function.label]
        if not any(grant.covers(use) for grant in allowed)
    ]
    assert denied == []


def test_no_role_allows_what_its_function_does_not_do(here: Journey, used: dict[str, set[Use]]) -> None:
    idle = [
        f"{function.label}: {grant.action} {grant.resource}"
        for function in functions(here)
        for grant in granted(here, function)
        if grant.action not in ARGUED
        and grant.sid not in ARGUED_STATEMENTS
        and not any(grant.covers(use) for use in used[function.label])
    ]
    assert idle == []


def test_what_is_argued_for_is_granted_at_all(here: Journey) -> None:
    everything = {grant for function in functions(here) for grant in granted(here, function)}
    assert set(ARGUED) | MAPPING <= {grant.action for grant in everything}
    assert set(ARGUED_STATEMENTS) <= {grant.sid for grant in everything}


def test_the_schedules_may_invoke_what_they_invoke_and_nothing_else(here: Journey) -> None:
    stack = here.system.stack
    invoked = {schedule.function.arn for schedule in stack.schedules}
    allowed = grants(stack, stack.physical_id("SchedulerRole"))
    assert {(grant.action, grant.resource) for grant in allowed} == {("lambda:InvokeFunction", arn) for arn in invoked}


def test_a_function_without_a_merchants_workspace_decrypts_nothing(here: Journey) -> None:
    """They list the merchants, and have nothing to do with Parameter Store."""
    listing = [function for function in functions(here) if function.label in {"start_jobs", "watch"}]
    assert len(listing) == 2
    for function in listing:
        services = {call.service for call in here.calls_of(function)}
        assert "dynamodb" in services
        assert "ssm" not in services
        assert not any(grant.action.startswith("ssm:") for grant in granted(here, function))


def test_r44_the_board_reads_no_secret_but_its_own(here: Journey) -> None:
    (board,) = [function for function in functions(here) if function.label == "board"]
    parameters = {grant.resource.partition(":parameter")[2] for grant in granted(here, board) if "ssm:" in grant.action}
    assert parameters == {"/orderbridge/local/board/key", "/orderbridge/local/board/client_secret"}
    ssm = here.system.stack.aws.client("ssm")
    key = ssm.get_parameter(Name="/orderbridge/local/board/key", WithDecryption=True)["Parameter"]
    assert key["Type"] == "SecureString"
    outside = (here.log.getvalue(), "".join(here.traces), here.items(), " ".join(here.pages))
    assert not any(key["Value"] in text for text in outside)


# Nothing comes out


def test_nothing_personal_and_no_secret_is_logged_or_measured(here: Journey) -> None:
    """The log has the metrics in it, and the stacks of what failed."""
    log = here.log.getvalue()
    assert "_aws" in log
    assert '"stack":' in log
    assert found_in(log) == []


def test_the_link_of_a_return_label_is_on_its_order_and_nowhere_else(here: Journey) -> None:
    """Neither in a log or trace, nor in the table, nor in a message or page."""
    tokens = {link.rpartition(".")[2] for link in here.label_links}
    assert tokens
    to_aws = " ".join(call.body for call in here.aws.calls)
    elsewhere = (here.log.getvalue(), "".join(here.traces), here.items(), to_aws, " ".join(here.pages))
    assert [found_in(text, tokens) for text in elsewhere] == [[]] * len(elsewhere)
    assert not any(found_in(heard, tokens) for _, heard in here.to_vendors["bibi"])


def test_nothing_personal_and_no_secret_is_traced(here: Journey) -> None:
    assert found_in("\n".join(here.traces)) == []


def test_nothing_personal_and_no_secret_is_on_a_page_or_in_an_answer(here: Journey) -> None:
    assert any("<!doctype html>" in page for page in here.pages)
    assert found_in("\n".join(here.pages)) == []


def _may_carry_an_order(call: AwsCall) -> bool:
    """Messages to push-orders may, and so may its dead letters; both are encrypted and short-lived."""
    queue = json.loads(call.body).get("QueueUrl", "") if call.service == "sqs" else ""
    return "push-orders" in queue


def test_nothing_personal_and_no_secret_is_ever_sent_to_aws_but_an_order_on_its_way(here: Journey) -> None:
    """Table, topics, queues and parameters: also what was overwritten or deleted since."""
    calls = [call for call in here.aws.calls if call.caller.startswith(KEY_OF)]
    assert {call.service for call in calls} == {"dynamodb", "sqs", "ssm", "sns", "s3", "events"}
    told = {
        (call.caller, call.operation, canary)
        for call in calls
        if not _may_carry_an_order(call)
        for canary in found_in(call.body)
    }
    # A message that is not ours is kept for a person as it came.
    assert {one for one in told if one[1:] != ("SendMessage", "canary-in-a-message-8847")} == set()


def test_r47_every_event_is_as_its_schema_says_and_holds_nothing_personal(here: Journey) -> None:
    calls = [call for call in here.aws.calls if call.service == "events" and call.operation == "PutEvents"]
    entries = [entry for call in calls for entry in json.loads(call.body)["Entries"]]
    for entry in entries:
        event_schemas.check(entry)
    assert {"Order Moved", "Parcel Posted", "Trouble Began", "Product Refused"} <= {
        one["DetailType"] for one in entries
    }
    assert found_in(json.dumps(entries, ensure_ascii=False)) == []
    assert {call.caller for call in calls} == {f"{KEY_OF}run_chores"}


def test_an_order_on_its_way_carries_no_secret(here: Journey) -> None:
    calls = [call for call in here.aws.calls if call.caller.startswith(KEY_OF) and _may_carry_an_order(call)]
    assert any(found_in(call.body, ACME.personal()) for call in calls)
    secrets = journeys.CANARIES_ELSEWHERE.union(*(one.credentials() for one in MERCHANTS))
    secrets -= {"canary-in-a-message-8847"}
    assert [found_in(call.body, secrets) for call in calls if found_in(call.body, secrets)] == []


def test_the_table_ends_without_anything_personal(here: Journey) -> None:
    items = here.items()
    assert '"ORDER#' in items
    assert found_in(items) == []
    settings = here.items(registry=True)
    assert all(one.name in settings for one in MERCHANTS)
    assert found_in(settings) == [journeys.IN_THE_SETTINGS], (
        "as it was written, by mistake, for the functions to report"
    )


@pytest.mark.parametrize(("vendor", "calls_made"), [("billbee", 50), ("bibi", 50), ("abillify", 5)])
def test_a_vendor_is_told_its_own_secrets_only_and_one_merchants_data_only(
    here: Journey, vendor: str, calls_made: int
) -> None:
    heard = here.to_vendors[vendor]
    assert len(heard) > calls_made
    foreign = {
        "billbee": {"bibi_secret_key", "bibi_public_key", "webhook_secret", "abillify_username", "abillify_password"},
        "bibi": {"billbee_password", "webhook_secret", "abillify_username", "abillify_password"},
        "abillify": {"billbee_password", "bibi_secret_key", "bibi_public_key", "webhook_secret"},
    }[vendor]
    closed = {secret for one in MERCHANTS for name, secret in one.secrets.items() if name in foreign}
    closed |= {journeys.API_KEY} if vendor != "billbee" else set()
    assert {leak for _, text in heard for leak in found_in(text, closed)} == set()
    for one, other in ((ACME, NORD), (NORD, ACME)):
        own = {one.username, one.secrets["bibi_public_key"], one.secrets["abillify_username"]}
        calls = [text for account, text in heard if account in own]
        assert calls
        assert {leak for text in calls for leak in found_in(text, other.personal() | other.credentials())} == set()


def test_the_counts_of_the_journey(
    here: Journey, used: dict[str, set[Use]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Told, so that a journey that shrinks is seen."""
    calls = [call for call in here.aws.calls if call.caller.startswith(KEY_OF)]
    pairs = {(function.label, use) for function in functions(here) for use in used[function.label]}
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(functions(here))} functions, {len(calls)} calls to AWS, {len(pairs)} actions on resources; "
            f"{len(journeys.canaries())} canaries in {len(here.log.getvalue().splitlines())} log lines, "
            f"{len(here.traces)} trace segments, {len(here.pages)} answers\n"
        )
    assert len(pairs) >= 100
    assert Path(here.system.stack.layers[0]).is_dir()
