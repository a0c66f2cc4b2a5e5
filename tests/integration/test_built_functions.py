"""What `sam build` made, started as Lambda starts it: nothing is missing or read too early, and sizes hold.

`make check` builds for this machine and then runs these; `make test` leaves them out.
"""

from __future__ import annotations

import json
import marshal
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

from testkit.processes.account import BUILD, FUNCTIONS, LAYER, Account, account, is_batch, samples
from testkit.processes.runtime_api import BuiltFunction

pytestmark = [
    pytest.mark.built,
    pytest.mark.skipif(sys.platform != "linux", reason="the layer holds packages compiled for Linux"),
]


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def aws() -> Iterator[Account]:
    with account() as made:
        yield made


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_built_function_starts_and_answers_its_sample_events(function: str, aws: Account) -> None:
    assert samples(function)
    with BuiltFunction(BUILD / function, LAYER, aws.environment(function)) as built:
        for sample in samples(function):
            event = aws.deliver(function, json.loads(sample.read_text(encoding="utf-8")))
            answer = built.invoke(event)
            aws.settle(function, event)
            if is_batch(event):
                assert answer == {"batchItemFailures": []}, f"{sample.name}\n{built.output()}"
            else:
                assert isinstance(answer, dict), f"{sample.name}\n{built.output()}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_without_its_layer_stays_under_200_kb(function: str) -> None:
    assert (BUILD / function / "app.py").is_file()
    assert size(BUILD / function) < 200_000


def test_the_layer_stays_under_30_mb_unpacked() -> None:
    """A third of it is bytecode. AWS allows 250 MB."""
    assert (LAYER / "python" / "orderbridge").is_dir()
    assert size(LAYER) < 30_000_000


def test_the_layer_brings_bytecode_for_its_runtime_that_holds_whatever_the_times_of_files() -> None:
    ours = sorted((LAYER / "python" / "orderbridge").rglob("*.py"))
    assert ours
    for source in ours:
        compiled = Path(cache_from_source(source)).read_bytes()
        assert compiled[:4] == MAGIC_NUMBER
        assert int.from_bytes(compiled[4:8], "little") == 0b01, "by hash, and unchecked"
        in_lambda = f"/opt/python/{source.relative_to(LAYER / 'python')}"
        assert marshal.loads(compiled[16:]).co_filename == in_lambda


def test_the_bytecode_is_what_runs(tmp_path: Path) -> None:
    shutil.copytree(LAYER / "python" / "annotated_types", tmp_path / "annotated_types")
    (tmp_path / "annotated_types" / "__init__.py").write_text("raise SystemExit('compiled again')", encoding="utf-8")
    asked = [sys.executable, "-S", "-c", "import annotated_types; print(annotated_types.Gt(1))"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert (done.stdout, done.stderr) == ("Gt(gt=1)\n", "")


def test_the_layer_brings_no_aws_sdk() -> None:
    brought = {path.name for path in (LAYER / "python").iterdir()}
    assert not brought & {"boto3", "botocore", "s3transfer"}
