"""The functions' processes: isolated, reused, limited in time, and gone when the parent is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from local.aws import REGION
from local.workers import Invocation, Workers, WorkersClosed
from testkit.processes.waiting import wait_until
from tests.integration.local_project import FOLDER, Project, deployed, held

pytestmark = pytest.mark.xdist_group(__name__)  # one stack


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    with deployed() as project:
        yield project


def invoke(project: Project, do: str, **more: object) -> Invocation:
    return project.workers.invoke(project.work, {"do": do, **more})


def test_the_handler_finds_the_layer(project: Project) -> None:
    assert invoke(project, "greet").payload == "hello from the layer"


def test_the_handler_gets_the_templates_environment_and_nothing_of_this_machines(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLBEE_API_KEY", "of this machine")
    monkeypatch.setenv("AWS_PROFILE", "production")
    with Workers([project.work], project.stack.layers, project.aws.environment(), lambda *_: None) as workers:
        seen = workers.invoke(project.work, {"do": "environment"}).payload
    assert project.work.environment.items() <= seen.items()
    assert not {"BILLBEE_API_KEY", "AWS_PROFILE", "HOME", "VIRTUAL_ENV"} & seen.keys()
    assert seen["AWS_ENDPOINT_URL"] == project.aws.endpoint
    assert seen["AWS_REGION"] == REGION
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == project.work.name
    assert seen["POWERTOOLS_TRACE_DISABLED"] == "true"
    assert seen["cwd"] == str(FOLDER / "functions" / "work")
    assert not [path for path in seen["path"] if path.rstrip("/").endswith(("/local", str(Path.cwd())))]


def test_the_context_is_lambdas(project: Project) -> None:
    result = invoke(project, "context")
    context = result.payload
    assert context["function_name"] == project.work.name
    assert context["function_version"] == "$LATEST"
    assert context["invoked_function_arn"] == project.work.arn
    assert context["memory_limit_in_mb"] == "128"
    assert context["aws_request_id"] == result.request_id
    assert context["log_group_name"] == f"/aws/lambda/{project.work.name}"
    assert context["log_stream_name"]
    assert 0 < context["remaining"] <= 60_000


def test_a_process_is_used_again(project: Project) -> None:
    assert invoke(project, "pid").payload == invoke(project, "pid").payload


def test_log_lines_of_both_streams_arrive_one_by_one(project: Project) -> None:
    project.log.clear()
    invoke(project, "print")
    wait_until(lambda: len(project.log) >= 3)
    assert project.log == [("work", "one"), ("work", "two"), ("work", "three")]


def test_an_exception_is_a_failed_invocation_and_the_process_goes_on(project: Project) -> None:
    before = invoke(project, "pid").payload
    result = invoke(project, "raise")
    assert (result.error, result.message) == ("RuntimeError", "the whole batch fails")
    assert invoke(project, "pid").payload == before


def test_an_answer_that_is_no_json_is_a_failed_invocation(project: Project) -> None:
    assert invoke(project, "return a set").error == "TypeError"


def test_a_killed_process_is_a_failed_invocation_and_the_next_one_starts_anew(project: Project) -> None:
    before = invoke(project, "pid").payload
    assert invoke(project, "exit").error == "Runtime.ExitError"
    assert invoke(project, "pid").payload != before


def test_a_process_that_died_between_invocations_is_replaced(project: Project) -> None:
    before = invoke(project, "pid").payload
    os.kill(before, 9)
    with suppress(ChildProcessError):
        os.waitpid(before, 0)
    assert invoke(project, "pid").payload not in (None, before)


def test_the_timeout_of_the_template_ends_the_process(project: Project) -> None:
    hasty = replace(project.work, timeout=0.01)
    with Workers([hasty], project.stack.layers, project.aws.environment(), lambda *_: None) as workers:
        result = workers.invoke(hasty, {"do": "hang"})
    assert (result.error, result.message) == ("Sandbox.Timedout", "Task timed out after 0.01 seconds")


def test_a_function_that_cannot_be_imported_fails_with_its_reason(project: Project) -> None:
    broken = replace(project.work, handler="nowhere.handler")
    with Workers([broken], [], project.aws.environment(), lambda *_: None) as workers:
        result = workers.invoke(broken, {})
    assert result.error == "ModuleNotFoundError"
    assert "cannot load the function" in result.message


def test_no_more_invocations_run_at_once_than_there_is_concurrency(project: Project, tmp_path: Path) -> None:
    pids: list[int] = []
    lock = tmp_path / "lock"
    with Workers([project.work], project.stack.layers, project.aws.environment(), lambda *_: None, 2) as workers:

        def work() -> None:
            pids.append(workers.invoke(project.work, {"do": "wait for a lock", "path": str(lock)}).payload)

        threads = [threading.Thread(target=work) for _ in range(5)]
        with held(lock):
            for thread in threads:
                thread.start()
            wait_until(lambda: workers.activity().running == 2)
        for thread in threads:
            thread.join()
    assert len(pids) == 5
    assert len(set(pids)) == 2


def test_closing_cuts_off_what_runs_and_leaves_no_process(project: Project) -> None:
    workers = Workers([project.work], project.stack.layers, project.aws.environment(), lambda *_: None)
    pid = workers.invoke(project.work, {"do": "pid"}).payload
    outcome: list[type[BaseException]] = []

    def work() -> None:
        try:
            workers.invoke(project.work, {"do": "hang"})
        except WorkersClosed as error:
            outcome.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: workers.activity().running == 1)
    workers.close()
    thread.join()
    assert outcome == [WorkersClosed]
    assert not is_alive(pid)
    with pytest.raises(WorkersClosed):
        workers.invoke(project.work, {"do": "nothing"})


def test_processes_end_when_the_parent_is_killed() -> None:
    program = """
import threading
from tests.integration.local_project import deployed
with deployed() as project:
    print(project.workers.invoke(project.work, {"do": "pid"}).payload, flush=True)
    threading.Thread(target=project.workers.invoke, args=(project.work, {"do": "hang"})).start()
    threading.Event().wait()
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    wait_until(lambda: not is_alive(child))


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for yet does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")
