# tracekit: `make help` lists the targets.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PYTEST_ARGS ?=
ROUNDS ?= 200
LINES  ?= 1000000
FUZZ_ARGS   ?=
BENCH_ARGS  ?=
TORTURE_ARGS ?=
# Twice as many as cores: many tests wait for a server most of their time.
WORKERS ?= $(shell echo $$((2 * $$(nproc))))

.PHONY: help run run-privileged stop demo test torture torture-server fuzz fuzz-guided conformance-flags conformance-server conformance-answers check bench-tracing bench-parsing bench-analysis bench-server bench-grading lab-answers lab-samples lab-scenes lint types format calls events server-differences clean

help: ## explain each target
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("tracekit needs Python 3.11 or later: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

run: $(READY) ## the lab's server on port 8080, in a container (docker or podman; without either, in place)
	server/lab.sh run

run-privileged: $(READY) ## the same, and what runs in the container may trace the server
	server/lab.sh run-privileged

stop: $(READY) ## end the lab's server
	server/lab.sh stop

demo: $(READY) ## trace the embedded server under a mixed load and print what it did
	$(BIN)/tracekit demo

test: $(READY) ## run every test (those whose programs are missing are skipped, with the reason)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

bench-tracing: $(READY) ## what tracing costs beside strace (root; apache2, ab, strace, cc): minutes
	$(BIN)/python -m benchmarks.tracing $(BENCH_ARGS)

torture: $(READY) ## attach to a server that never stands still and detach, 200 times (ROUNDS=N)
	$(BIN)/python -m tests.torture.attachments --rounds $(ROUNDS)

torture-server: $(READY) ## ten minutes of load and hostile clients for each MPM of the built-in server
	$(BIN)/python -m tests.torture.server $(TORTURE_ARGS)

bench-parsing: $(READY) ## lines/s, memory and what is right of our reader and others (root; apache2, ab, strace): minutes
	$(BIN)/python -m benchmarks.parsing $(BENCH_ARGS)

bench-analysis: $(READY) ## seconds and memory of every answer about logs of 250,000 to 1,000,000 calls: minutes
	$(BIN)/python -m benchmarks.analysis $(BENCH_ARGS)

bench-server: $(READY) ## requests/s of the built-in server, apache2 and Python's servers (root; apache2, wrk): minutes
	$(BIN)/python -m benchmarks.server $(BENCH_ARGS)

bench-grading: $(READY) ## 300 submissions of the lab, with one process and with two: minutes
	$(BIN)/python -m benchmarks.grading $(BENCH_ARGS)

lab-answers: $(READY) ## write docs/lab/answers.md: what can be answered, from the exercises
	$(BIN)/python -m tests.support.answers_page

lab-samples: $(READY) ## grade the sample submissions of fixtures/lab, and compare with their known scores
	$(BIN)/python -m pytest -q tests/lab/test_samples.py $(PYTEST_ARGS)

fuzz: $(READY) ## read a million lines of damaged logs (LINES=N FUZZ_ARGS="--seed S --case N"), then see how time grows
	$(BIN)/python -m tests.fuzz.run --lines $(LINES) $(FUZZ_ARGS)
	$(BIN)/python -m tests.fuzz.growth
	TRACEKIT_ALL_FUZZ=1 $(BIN)/python -m pytest -q tests/fuzz -k megabytes

fuzz-guided: $(READY) ## the same guided by coverage, with atheris (FUZZ_ARGS="-max_total_time=600")
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz.guided $(FUZZ_ARGS)

conformance-flags: $(READY) ## read strace's logs with every combination of its options: minutes
	TRACEKIT_ALL_FLAGS=1 $(BIN)/python -m pytest -q -n auto tests/conformance/test_strace_flags.py \
		tests/conformance/test_against_strace.py tests/tracer/decode/test_fixture.py $(PYTEST_ARGS)

conformance-server: $(READY) ## the built-in server beside apache2, all of it: minutes (root; apache2)
	TRACEKIT_ALL_SERVER=1 $(BIN)/python -m pytest -q -n auto tests/conformance -k beside_apache $(PYTEST_ARGS)

conformance-answers: $(READY) ## the answers about servers recorded now, all of them: minutes (root; strace, the servers)
	TRACEKIT_ALL_ANSWERS=1 $(BIN)/python -m pytest -q -n auto tests/conformance/test_answers_live.py $(PYTEST_ARGS)

lab-scenes: $(READY) ## record the scenes of the graded lab again: minutes (root; unshare, strace, apache2)
	$(BIN)/python -m tests.support.recording.lab

check: lint types test ## lint, format check, types and tests: what has to pass before a commit

lint: $(READY) ## ruff: lint and format check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict, on everything
	$(BIN)/mypy

format: $(READY) ## put the code into its standard format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

calls: $(READY) ## write docs/calls.md: every call beside strace 6.1
	$(BIN)/python -m tests.support.verdicts

events: $(READY) ## write docs/events.md: the columns of the events, from the schema
	$(BIN)/python -m tests.support.events_page

server-differences: $(READY) ## write what differs from httpd into docs/server.md
	$(BIN)/python -m tests.support.side_by_side_page

clean: ## remove the environment and what was built
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
