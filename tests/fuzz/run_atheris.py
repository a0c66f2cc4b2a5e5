"""One target under atheris, in a process of its own: `run_atheris.py TARGET CORPUS RUNS`.

libFuzzer takes the process over: it ends it with 0 after RUNS inputs, or with another code and a traceback at the
first exception that has no name of ours.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["orderbridge", "cli.merchants_file"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    name, corpus, runs = sys.argv[1:]
    target = TARGETS[name]

    def one_input(data: bytes) -> None:
        target(data.decode("utf-8", "replace"))

    # Seeded, so that a failure is found again; 10 s for one input is a hang; memory is bounded.
    options = [f"-runs={runs}", "-seed=20261122", "-max_len=4096", "-timeout=10", "-rss_limit_mb=1024", "-verbosity=1"]
    atheris.Setup([sys.argv[0], *options, corpus], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
