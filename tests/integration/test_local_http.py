"""The HTTP API: the template's routes with API Gateway's payload 2.0."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from local.http import HttpApi
from tests.integration.local_project import deployed

pytestmark = pytest.mark.xdist_group(__name__)  # one stack


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with deployed() as project, HttpApi(project.stack.routes, project.workers.invoke) as api:
        yield api.url


def test_a_request_becomes_the_event_of_payload_format_2(url: str) -> None:
    answer = requests.post(
        f"{url}/rings/acme%20%C3%A9?echo=a&echo=b&x=1",
        data='{"Id": "1", "é": "é"}'.encode(),
        headers={"Content-Type": "application/json", "ms-signature": "sha256=00", "Cookie": "c=1; d=2"},
        timeout=10,
    )
    assert answer.status_code == 202
    event = answer.json()
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /rings/{merchant}"
    assert event["rawPath"] == "/rings/acme%20%C3%A9"
    assert event["rawQueryString"] == "echo=a&echo=b&x=1"
    assert event["queryStringParameters"] == {"echo": "a,b", "x": "1"}
    assert event["pathParameters"] == {"merchant": "acme é"}
    assert event["headers"]["ms-signature"] == "sha256=00"
    assert event["cookies"] == ["c=1", "d=2"]
    assert "cookie" not in event["headers"]
    assert event["body"] == '{"Id": "1", "é": "é"}'
    assert event["isBase64Encoded"] is False
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["http"]["path"] == event["rawPath"]
    assert event["requestContext"]["stage"] == "$default"


def test_a_body_that_is_no_text_comes_as_base64(url: str) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    event = requests.put(f"{url}/files/a/b", data=b"\x00\xff", headers=headers, timeout=10).json()
    assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)
    assert event["pathParameters"] == {"proxy": "a/b"}
    assert event["routeKey"] == "ANY /files/{proxy+}"


def test_a_body_that_is_no_utf8_comes_as_base64_whatever_type_it_names(url: str) -> None:
    headers = {"Content-Type": "application/json"}
    event = requests.put(f"{url}/files/a/", data=b'"\xe4"', headers=headers, timeout=10).json()
    assert (event["body"], event["isBase64Encoded"]) == ("IuQi", True)
    assert (event["rawPath"], event["pathParameters"]) == ("/files/a/", {"proxy": "a/"})


def test_the_answers_status_headers_and_cookies_are_passed_on(url: str) -> None:
    answer = requests.get(f"{url}/files/x", timeout=10)
    assert answer.status_code == 202
    assert answer.headers["X-Ring"] == "yes"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.cookies.get_dict() == {"a": "1", "b": "2"}


def test_an_encoded_body_is_decoded(url: str) -> None:
    answer = requests.get(f"{url}/files/bytes", timeout=10)
    assert (answer.status_code, answer.content) == (201, b"\x00\xff")


def test_an_answer_without_a_status_is_a_json_body(url: str) -> None:
    answer = requests.get(f"{url}/files/plain", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"just": "an object"})


def test_an_exception_is_status_500_without_its_text(url: str) -> None:
    answer = requests.get(f"{url}/files/broken", timeout=10)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/rings/acme"), ("POST", "/rings/acme/more")])
def test_what_is_no_route_is_not_found(url: str, method: str, path: str) -> None:
    answer = requests.request(method, url + path, timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "localhost.evil.example"]
)
def test_r44_a_name_that_somebody_else_has_lead_here_is_not_answered(url: str, host: str) -> None:
    assert requests.get(f"{url}/files/a", headers={"Host": host}, timeout=10).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1", "[::1]:8080"])
def test_the_names_of_this_machine_are_answered(url: str, host: str) -> None:
    assert requests.get(f"{url}/files/a", headers={"Host": host}, timeout=10).ok
