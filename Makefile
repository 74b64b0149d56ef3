# make run: everything, from nothing to a chat in the browser.  make test: all tests.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# uv reads its own variable for extra wheels; where pip has been given some, hand them on.
# Elsewhere uv's own switch takes PyTorch's CPU build.
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
else ifndef UV_FIND_LINKS
export UV_TORCH_BACKEND ?= cpu
endif
# Rasa would report to the internet, and wait for it.
export RASA_TELEMETRY_ENABLED := false

.PHONY: help install run train test postgresql check fix fault bench load evaluate privacy audit fuzz lock clean

help:  ## List the targets.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(STAMP)  ## Install the locked environment into .venv.

$(STAMP): requirements.lock
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/install
	@touch $@

run: install  ## Set up, train if needed, start everything; Ctrl-C stops it.
	@exec $(BIN)/python -m bot run

train: install  ## Train the dialogue model if its inputs have changed.
	@$(BIN)/python -m bot train

test: install  ## Run the whole test suite.
	@$(BIN)/python -m bot train
	@$(BIN)/python -m pytest

postgresql: install  ## Requests, desk, contract and canaries over the whole product on PostgreSQL.
	@$(BIN)/python -m bot train
	@HELPDESK_TEST_DATABASE=postgresql $(BIN)/python -m pytest tests/conversation/test_talk.py \
		tests/contract/test_http_visitor.py tests/contract/test_http_agent.py tests/attack/test_canaries.py \
		-k "not question and not ends_in_the_finding" --deselect tests/conversation/test_talk.py::test_talk

fault: install  ## A thousand requests, a failing helpdesk, fifty kills; on SQLite and PostgreSQL.
	@HELPDESK_FAULT_FULL=1 $(BIN)/python -m pytest tests/fault/test_exactly_once.py

check: install  ## Style, types, import rule, articles, training data.
	@$(BIN)/ruff check bot knowledge_base actions tests models
	@$(BIN)/ruff format --check bot knowledge_base actions tests models
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m knowledge_base check
	@mkdir -p var/log
	@$(BIN)/rasa data validate --fail-on-warnings --data data/nlu data/rules \
		>var/log/validate.log 2>&1 || { tail -n 25 var/log/validate.log; exit 1; }

fix: install  ## Mend what ruff can mend.
	@$(BIN)/ruff check --fix bot knowledge_base actions tests models
	@$(BIN)/ruff format bot knowledge_base actions tests models

bench: install  ## Turns, start-up, training, memory, diagnoses, imports, the queue, Rasa's stock pipeline; see results/.
	@$(BIN)/python -m bot train
	@$(BIN)/python -m tests.bench.turns
	@$(BIN)/python -m tests.bench.accounts
	@$(BIN)/python -m tests.bench.queue
	@$(BIN)/python -m tests.bench.stock compare

load: install  ## Many visitors at once: times, lost and doubled messages (python -m tests.bench.load --help).
	@$(BIN)/python -m bot train
	@$(BIN)/python -m tests.bench.load crowd

evaluate: install  ## Play messages never trained on through the gateway; how many are understood.
	@$(BIN)/python -m bot train
	@$(BIN)/python -m tests.bench.understanding

privacy: install  ## Measure what masking finds, over labelled messages in both languages.
	@$(BIN)/python -m tests.bench.privacy

audit: install  ## Look the locked packages up in PyPI's advisories (needs the internet).
	@UV=$(BIN)/uv sh .ci/audit

fuzz: install  ## Let Schemathesis loose on a running service (URL=http://127.0.0.1:8000).
	@$(BIN)/uv tool run schemathesis==4.32.5 run $(or $(URL),http://127.0.0.1:8000)/openapi.json \
		--checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
		--exclude-path-regex '/events$$|/session$$|/readyz$$' --max-examples 50

lock: install  ## Resolve pyproject.toml anew into requirements.lock.
	@$(BIN)/uv pip compile pyproject.toml --group dev --python-version 3.11 --quiet \
		--custom-compile-command "make lock" --output-file requirements.lock
	@sed -i 's/^torch==\([0-9.]*\)+cpu/torch==\1/' requirements.lock

clean:  ## Remove what was built: environment, model, database, logs.
	@rm -rf $(VENV) var results models/index models/assistant.* .rasa .mypy_cache .ruff_cache .hypothesis .import_linter_cache
