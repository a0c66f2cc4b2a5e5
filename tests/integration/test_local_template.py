"""Templates that moto can do only in part, or not at all."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from local.aws import Aws
from local.stack import Stack
from local.template import TemplateError
from tests.integration.local_project import FOLDER


def test_only_types_that_moto_does_not_know_are_left_out_and_named(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Aws() as aws:
        stack = Stack(aws, {}, FOLDER / "template.yaml")
    assert set(stack.template.skipped.values()) == {"AWS::CloudWatch::Alarm", "AWS::SQS::QueuePolicy"}
    assert "not on this machine: AWS::CloudWatch::Alarm (DeadLettersAlarm)" in caplog.text


def test_a_second_stack_in_the_same_process_starts_empty() -> None:
    for _ in range(2):
        with Aws() as aws:
            stack = Stack(aws, {}, FOLDER / "template.yaml")
            dynamodb, table = aws.client("dynamodb"), stack.physical_id("Table")
            assert dynamodb.scan(TableName=table)["Items"] == []
            dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": "a"}})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "No such file"),
        ("Resources: [", "while parsing"),
        (
            "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler}}}",
            "F: CodeUri",
        ),
    ],
)
def test_a_bad_template_is_an_error_that_names_the_file_and_the_place(
    tmp_path: Path, text: str | None, problem: str
) -> None:
    path = tmp_path / "template.yaml"
    if text is not None:
        path.write_text(text)
    with Aws() as aws, pytest.raises(TemplateError, match=problem) as caught:
        Stack(aws, {}, path)
    assert str(path) in str(caught.value)
