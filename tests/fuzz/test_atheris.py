"""The parsers under a fuzzer that sees which branches an input reaches (atheris, libFuzzer)."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import PROJECT
from tests.effort import THOROUGH, share
from tests.fuzz.samples import texts
from tests.fuzz.targets import TARGETS

RUNS = 20_000 if THOROUGH else 2_000
FEWER = {"billbee_answer": 20, "bibi_answer": 20, "token_cache": 5, "message": 2}
"""By what the runs are divided: an input is an answer to each of a client's calls, or read as each kind of message."""

pytestmark = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64") or sys.version_info >= (3, 14),
    reason="atheris has wheels for Linux on x86_64 and Python below 3.14 only",
)
"""As in `requirements/dev.in`. Where it can be installed, these tests fail without it."""


def _fuzz(target: str, runs: int, folder: Path) -> subprocess.CompletedProcess[str]:
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, text in enumerate(texts(target)):
        (corpus / str(number)).write_text(text, encoding="utf-8")
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "layers/shared")])
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run_atheris", target, str(corpus), str(runs)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, "POWERTOOLS_LOG_LEVEL": "CRITICAL"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("target", share(list(TARGETS), 3))
def test_a_fuzzed_text_ends_in_a_result_or_a_named_error(target: str, tmp_path: Path) -> None:
    runs = RUNS // FEWER.get(target, 1)
    done = _fuzz(target, runs, tmp_path)
    assert done.returncode == 0, done.stderr[-4000:]
    ran = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    assert ran is not None, done.stderr[-4000:]
    assert int(ran[1]) >= runs  # libFuzzer may end a few inputs later


def test_the_fuzzer_notices_an_exception_without_a_name(tmp_path: Path) -> None:
    """If it did not, the tests above would prove nothing."""
    program = (
        "import sys, atheris\n"
        "from tests.fuzz import targets\n"
        "targets.parse_settings = lambda *_: [][1]\n"
        "atheris.Setup([sys.argv[0], '-runs=5'], lambda data: targets.settings(data.decode('utf-8', 'replace')))\n"
        "atheris.Fuzz()\n"
    )
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "layers/shared")])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "IndexError" in done.stderr + done.stdout
