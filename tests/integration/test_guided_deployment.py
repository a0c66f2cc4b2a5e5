"""`sam deploy --guided` on what `sam build` made, up to where it needs an AWS account."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from testkit.processes.account import BUILD

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv-sam/bin/sam"
NOBODY = "http://127.0.0.1:9"
ONLY_AFTER_AN_UPLOAD = ["Deploy this changeset?"]

pytestmark = pytest.mark.built


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_deployment_page_has_every_question_in_its_order_and_enter_answers_each(stage: str, tmp_path: Path) -> None:
    shutil.copy(BUILD / "template.yaml", tmp_path)
    shutil.copy(ROOT / "samconfig.toml", tmp_path)
    nobodys = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_ENDPOINT_URL": NOBODY,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nobody",
        "AWS_MAX_ATTEMPTS": "1",
    }
    asked = subprocess.run(
        [SAM, "deploy", "--guided", "--config-env", stage, "--template-file", "template.yaml"],
        cwd=tmp_path,
        env=nobodys,
        input="\n" * 60,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert f'Could not connect to the endpoint URL: "{NOBODY}/"' in asked.stderr, asked.stdout + asked.stderr
    questions = re.findall(r"\t(?:\x1b\[1m)?([A-Z][\w ?]*?)(?:\x1b\[0m)? \[[^\]\n]*\]: ", asked.stdout)
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    table = page.partition("| question | answer |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE) == [*questions, *ONLY_AFTER_AN_UPLOAD]
