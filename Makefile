# What a person does with this project. Only Python 3.11 or newer and make are needed: `make help`.

PYTHON ?= python3
VENV := .venv
SAM_VENV := .venv-sam
CHECKOV_VENV := .venv-checkov
BIN := $(VENV)/bin
SAM := SAM_CLI_TELEMETRY=0 $(SAM_VENV)/bin/sam
export PIP_DISABLE_PIP_VERSION_CHECK := 1
LAYER_LOCK := layers/shared/requirements.txt

# What `make build` builds for: the template's defaults, unless said otherwise.
PYTHON_RUNTIME ?= python3.13
ARCHITECTURE ?= arm64

# What `make check` builds for: this machine, so that the built functions can be started on it. It goes to a place of
# its own, so that `sam deploy` does not deploy it.
HERE_BUILD := .aws-sam/here
HERE_RUNTIME = python$(shell $(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
HERE_ARCHITECTURE = $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
# Tests that share a stack of servers are a group, and a group stays on one worker.
IN_PARALLEL := -n auto --dist loadgroup
# What tries a share of its cases or is marked as thorough, beside the folders where everything does.
THOROUGH_FILES = $(shell grep -lrE 'tests.effort import|after_import import|mark.thorough' tests/e2e tests/integration tests/security --include='test_*.py')
SOURCES := $(shell find layers functions -type f -not -path '*/__pycache__/*' 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo serve mcp test thorough bench check runtime on-runtime lint types template deploy-check security built tables captures format build lock clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.local ## the whole system on this machine: two merchants' orders to the warehouse and back
	$(BIN)/python -m local run

serve: $(VENV)/.local ## the same, kept running on the template's schedules
	$(BIN)/python -m local serve

mcp: $(VENV)/.mcp ## installs what `orderbridge mcp` needs: a read-only server for assistants (docs/mcp.md)

test: $(VENV)/.dev ## the tests; all but those of the built functions and what `make thorough` adds
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not built and not thorough"

thorough: $(VENV)/.dev ## every case of the fault matrices, the long fuzzing, the soak, and the most expensive tests
	THOROUGH=1 $(BIN)/python -m pytest $(IN_PARALLEL) -m "not built" tests/faults tests/fuzz tests/readings tests/soak $(THOROUGH_FILES)
	PYTHONPATH=layers/shared $(BIN)/python -m tests.soak

# The built functions are measured, because those start cold on AWS.
bench: $(VENV)/.bench $(HERE_BUILD)/template.yaml ## measures speed and cost, and writes docs/performance.md
	PYTHONPATH=layers/shared $(BIN)/python -m benchmarks

# What is deployed is what is tested: on the path, or among pyenv's.
RUNTIME_VENV := .venv-runtime
RUNTIME_PYTHON = $(firstword $(foreach one,$(PYTHON_RUNTIME) $(wildcard $(HOME)/.pyenv/versions/*/bin/$(PYTHON_RUNTIME)),$(if $(shell $(one) --version 2>/dev/null),$(one))))
# Without the fault matrices, the demo's stack and the browser: they take minutes, and Python is not what they are about.
RUNTIME_TESTS := tests/unit tests/contract tests/integration tests/readings tests/releases tests/security

runtime: $(VENV)/.dev ## the quick tests and the built functions on the runtime that is deployed, where this machine has it
	@if [ $(HERE_RUNTIME) = $(PYTHON_RUNTIME) ]; then \
		echo "$(PYTHON_RUNTIME), which is deployed, is what runs all tests here"; \
	elif [ -z "$(RUNTIME_PYTHON)" ]; then \
		echo "NOT TESTED on $(PYTHON_RUNTIME), which is deployed: its interpreter is not here" >&2; \
	else \
		$(MAKE) --no-print-directory on-runtime VENV=$(RUNTIME_VENV) PYTHON=$(RUNTIME_PYTHON) HERE_BUILD=.aws-sam/runtime; \
	fi

on-runtime: $(VENV)/.dev
	@echo "quick tests and built functions on $$($(BIN)/python --version), which is deployed"
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not built and not thorough" $(RUNTIME_TESTS)
	$(MAKE) --no-print-directory built

check: lint types template deploy-check security built ## static checks, template, build, and the built functions started; not `make test`

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=layers/shared $(BIN)/lint-imports --no-logo --no-cache

types: $(VENV)/.dev
	$(BIN)/mypy

template: $(SAM_VENV)/.sam
	for one in template.yaml docs/events/*.yaml; do $(SAM) validate --lint --region eu-central-1 --template $$one || exit 1; done

deploy-check: $(VENV)/.dev ## what AWS would refuse only while it deploys: sizes, lengths, order, canary, parameters, quotas
	PYTHONPATH=layers/shared $(BIN)/python -m testkit.deploy_check

security: $(CHECKOV_VENV)/.checkov
	$(CHECKOV_VENV)/bin/checkov --config-file .checkov.yaml

built: $(VENV)/.dev $(HERE_BUILD)/template.yaml
	@echo "built functions on $$($(BIN)/python --version)"
	BUILT=$(HERE_BUILD) $(BIN)/python -m pytest -m built tests/integration

tables: $(VENV)/.dev ## writes the layer's reference tables (countries, currencies, states) and the schemas of events
	$(BIN)/python -m reference
	PYTHONPATH=layers/shared $(BIN)/python -m testkit.event_schemas

captures: $(VENV)/.dev ## takes the pictures of the board in docs/images; needs Chromium
	PYTHONPATH=layers/shared:. $(BIN)/python -m tests.board_captures

format: $(VENV)/.dev ## formats the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The layer's makefile reads these; `sam build` tells it nothing.
build: $(SAM_VENV)/.sam ## for AWS: PYTHON_RUNTIME=python3.13 ARCHITECTURE=arm64; needs that Python
	PYTHON_RUNTIME=$(PYTHON_RUNTIME) ARCHITECTURE=$(ARCHITECTURE) LAYER_PYTHON=$(abspath $(SAM_VENV))/bin/python \
		LAYER_COMPILER=$(RUNTIME_PYTHON) $(SAM) build --parameter-overrides PythonRuntime=$(PYTHON_RUNTIME) Architecture=$(ARCHITECTURE)
	@test -d .aws-sam/build/SharedLayer/python/orderbridge/__pycache__ || \
		echo "WARNING: the layer has NO BYTECODE, since $(PYTHON_RUNTIME) is not here: every cold start compiles it" >&2

$(HERE_BUILD)/template.yaml: template.yaml $(SOURCES) $(SAM_VENV)/.sam $(VENV)/.dev
	PATH="$(abspath $(BIN)):$$PATH" PYTHON_RUNTIME=$(HERE_RUNTIME) ARCHITECTURE=$(HERE_ARCHITECTURE) \
		LAYER_PYTHON=$(abspath $(BIN))/python $(SAM) build --build-dir $(HERE_BUILD) \
		--parameter-overrides PythonRuntime=$(HERE_RUNTIME) Architecture=$(HERE_ARCHITECTURE)
	@touch $@

# ---- Virtual environments: a stamp says that a lock file is installed, so nothing is installed twice. The lock files
# name everything, hence --no-deps: pip would trip over extras that one package asks for and another does not.

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "orderbridge needs Python 3.11 or newer, and $(PYTHON) is not: say where it is with make PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The operator's tool, so that $(BIN)/orderbridge is there; it runs from the working tree.
INSTALL_TOOL = $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .

$(VENV)/.local: requirements/local.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	$(INSTALL_TOOL)
	@touch $@

$(VENV)/.mcp: requirements/mcp.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	$(INSTALL_TOOL)
	@touch $(VENV)/.local $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	$(INSTALL_TOOL)
	@touch $(VENV)/.local $(VENV)/.mcp $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	@touch $@

$(SAM_VENV)/.sam: requirements/sam.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(SAM_VENV)
	$(SAM_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	@touch $@

$(CHECKOV_VENV)/.checkov: requirements/checkov.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(CHECKOV_VENV)
	$(CHECKOV_VENV)/bin/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	@touch $@

# Needs uv. Keeps the versions that still fit; `make lock UPGRADE=--upgrade` takes the newest of all.
LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links $(UPGRADE)
lock: ## writes the lock files from requirements/*.in
	# The tracer asks for botocore, which the Lambda runtime brings.
	$(LOCK) --no-emit-package botocore --no-emit-package python-dateutil --no-emit-package six \
		layers/shared/requirements.in --output-file $(LAYER_LOCK)
	$(LOCK) requirements/local.in --output-file requirements/local.txt
	$(LOCK) requirements/mcp.in --output-file requirements/mcp.txt
	$(LOCK) requirements/dev.in --output-file requirements/dev.txt
	$(LOCK) requirements/bench.in --output-file requirements/bench.txt
	$(LOCK) requirements/sam.in --output-file requirements/sam.txt
	$(LOCK) requirements/checkov.in --output-file requirements/checkov.txt

clean: ## removes everything that was built or installed here
	rm -rf $(VENV) $(RUNTIME_VENV) $(SAM_VENV) $(CHECKOV_VENV) .aws-sam *.egg-info build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find layers functions cli local tests -type d -name __pycache__ -prune -exec rm -rf {} +
