"""AWS on this machine holds merchants' passwords while `serve` runs: no page in its browser may ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from local.aws import Aws

NAME = "/orderbridge/local/merchants/acme/billbee_password"


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with Aws() as opened:
        opened.client("ssm").put_parameter(Name=NAME, Value="a password", Type="SecureString")
        yield opened


def asked(aws: Aws, method: str = "POST", **headers: str) -> requests.Response:
    """A request for the password, as a script can send it: moto checks no signature."""
    about = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonSSM.GetParameter",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260701/eu-central-1/ssm/aws4_request",
    }
    body = f'{{"Name": "{NAME}", "WithDecryption": true}}'
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, aws.endpoint, headers=about | headers, data=body, timeout=30)


def test_a_program_of_this_machine_gets_an_answer(aws: Aws) -> None:
    assert "a password" in asked(aws).text
    port = aws.endpoint.rpartition(":")[2]
    assert "a password" in asked(aws, Host=f"localhost:{port}").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8080"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_a_page_of_another_site_gets_none(aws: Aws, method: str, headers: dict[str, str]) -> None:
    answer = asked(aws, method, **headers)
    assert (answer.status_code, answer.text) == (403, "")
    assert "Access-Control-Allow-Origin" not in answer.headers
