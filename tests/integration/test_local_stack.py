"""The template on moto: what is deployed, what is run here, and what is left out."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.integration.local_project import BILLBEE_URL, FOLDER, Project, deployed

pytestmark = pytest.mark.xdist_group(__name__)  # one stack


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    with deployed() as project:
        yield project


def test_functions_have_the_environment_that_the_template_resolves_to(project: Project) -> None:
    environment = project.start.environment
    assert environment["STAGE"] == "local"
    assert environment["BILLBEE_BASE_URL"] == BILLBEE_URL
    assert environment["TABLE_NAME"] == project.stack.physical_id("Table")
    assert environment["WORK_QUEUE_URL"].endswith("/" + project.queue.name)


def test_functions_keep_their_own_code_handler_and_timeout(project: Project) -> None:
    assert project.work.folder == FOLDER / "functions" / "work"
    assert (project.work.handler, project.work.timeout) == ("app.handler", 60.0)
    assert project.stack.layers == [FOLDER / "layer"]


def test_schedules_come_in_the_templates_order_with_their_input_and_without_disabled_ones(
    project: Project,
) -> None:
    assert [(s.expression, s.time_zone, s.event) for s in project.stack.schedules] == [
        ("rate(5 minutes)", "UTC", {"job": "often", "groups": ["a", "b"]}),
        ("cron(30 2 * * ? *)", "Europe/Berlin", {"job": "nightly", "stage": "local", "groups": []}),
    ]


def test_mappings_are_read_from_the_template_and_not_given_to_moto(project: Project) -> None:
    (mapping,) = project.stack.mappings
    assert (mapping.function, mapping.batch_size, mapping.partial_failures) == (project.work, 3, True)
    assert mapping.maximum_concurrency == 2
    assert project.aws.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []


def test_routes_are_read_from_the_http_api(project: Project) -> None:
    assert {(route.method, route.path, route.function.logical_id) for route in project.stack.routes} == {
        ("POST", "/rings/{merchant}", "Web"),
        ("ANY", "/files/{proxy+}", "Web"),
    }


def test_dead_letter_queues_are_known(project: Project) -> None:
    assert [queue.logical_id for queue in project.stack.dead_letter_queues] == ["WorkDeadLetters"]
    assert project.stack.worked_queues == [project.queue]


@pytest.fixture
def threads_that_interleave() -> Iterator[None]:
    """Threads take turns so often that what is not guarded is met half done."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("threads_that_interleave")
def test_conditional_writes_let_one_writer_win(project: Project) -> None:
    dynamodb = project.aws.client("dynamodb")
    table = project.stack.physical_id("Table")
    wins: list[int] = []

    def claim(writer: int) -> None:
        for number in range(20):
            item = {"pk": {"S": "claims"}, "sk": {"S": str(number)}}
            try:
                dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)")
            except ClientError:
                continue
            wins.append(writer)

    threads = [threading.Thread(target=claim, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 20
