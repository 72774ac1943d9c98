# The commands people type. `make` alone lists them.
SHELL := /bin/bash
PY := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export PATH := $(CURDIR)/$(PY):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup up test lint format check gen check-gen breaking capture-histories fingerprints faults test-ui check-images bench bench-create-get bench-rescore bench-imports bench-export bench-load bench-lists bench-list-plans bench-random-lists bench-clocks bench-convert bench-sla-summary clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

setup: .venv/.ready ## prepare the environment in .venv

.venv/.ready: uv.lock pyproject.toml $(wildcard protos/pyproject.toml libs/*/pyproject.toml services/*/pyproject.toml workflows/pyproject.toml stack/pyproject.toml)
	@test -x $(PY)/python || python3 -m venv .venv
	@test -x $(PY)/uv || $(PY)/python -m pip install --quiet --disable-pip-version-check \
		"$$(grep -oE 'uv==[0-9.]+' pyproject.toml)"
	$(PY)/uv sync --frozen --all-packages --quiet
	@touch $@

up: setup ## start the whole product on this machine
	@$(PY)/leadline up $(ARGS)

# Most tests wait for real servers: those that start the whole product run beside the others, one after the other. They
# have temporary folders of their own: pytest closes those of another run, in which PostgreSQL works under another user.
PRODUCT_TESTS := tests/e2e tests/faults
PRODUCT_LOG := .pytest_cache/product-tests.log

test: setup ## run all tests, or those of ARGS=…
ifdef ARGS
	$(PY)/pytest $(ARGS)
else
	@mkdir -p $(dir $(PRODUCT_LOG)); temporary=$$(mktemp -d); chmod 755 $$temporary; \
	PYTEST_DEBUG_TEMPROOT=$$temporary $(PY)/pytest $(PRODUCT_TESTS) > $(PRODUCT_LOG) 2>&1 & product=$$!; \
	$(PY)/pytest $(addprefix --ignore=,$(PRODUCT_TESTS)); others=$$?; \
	echo "The tests that start the whole product:"; \
	wait $$product; status=$$?; cat $(PRODUCT_LOG); \
	test $$others -eq 0 -a $$status -eq 0
endif

lint: setup ## formatter, linter, types, import contracts, protos: all without changing anything
	$(PY)/ruff format --check .
	$(PY)/ruff check .
	$(PY)/mypy
	$(PY)/lint-imports
	$(PY)/buf lint
	$(PY)/buf format --diff --exit-code
	$(MAKE) --no-print-directory check-gen breaking

format: setup ## format the code and apply safe lint fixes
	$(PY)/ruff format .
	$(PY)/ruff check --fix .
	$(PY)/buf format --write

check: lint test ## everything that CI runs

gen: setup ## generate the proto code into protos/gen
	@$(PY)/python protos/generate.py protos/gen

check-gen: setup ## fail where the generated code is not what the protos say
	@$(PY)/python protos/generate.py --check protos/gen

breaking: setup ## compare the protos with the main branch: wire and JSON names stay
	$(PY)/buf breaking --against "$(if $(AGAINST),$(AGAINST),.git#branch=main)"

capture-histories: setup ## record workflow histories anew, for the replay tests
	$(PY)/python -m tests.workflows.capture

faults: setup ## kill parts at random, at each step of conversions and while leads with clocks of seconds come in: [SECONDS=… LEADS=… CONVERSIONS=… SEED=… ONLY=… TESTS=…]
	@LEADLINE_FAULT_SECONDS=$(or $(SECONDS),120) LEADLINE_FAULT_LEADS=$(or $(LEADS),500) LEADLINE_FAULT_SEED=$(SEED) \
		LEADLINE_FAULT_CONVERSIONS=$(or $(CONVERSIONS),200) LEADLINE_FAULT_MATRIX=whole LEADLINE_FAULT_ONLY="$(ONLY)" \
		$(PY)/pytest -q $(or $(TESTS),tests/faults/test_conversion_matrix.py tests/faults/test_killed_conversions.py tests/faults/test_killed_clocks.py) \
		--log-disable=httpx -o log_cli=true -o log_cli_level=INFO -o log_cli_format="%(asctime)s %(message)s" $(ARGS)

test-ui: setup ## read the Temporal UI of a running product in a headless Chromium, which must be on the PATH
	$(PY)/pytest -rs tests/e2e/test_temporal_ui.py $(ARGS)

fingerprints: setup ## write the commands of each workflow anew, where they were changed on purpose
	$(PY)/python -m tests.workflows.fingerprint

check-images: setup ## carry out the build stage of each Dockerfile without Docker; needs the package index
	$(PY)/python -m deploy.check_images

bench: setup ## a first figure of speed, on a throw-away stack that runs: make bench TOKEN=… [ARGS="--url …"]
	@TOKEN="$(TOKEN)" $(PY)/python bench/smoke.py $(ARGS)

bench-create-get: setup ## how fast leads are created and read, against a stack that does the least it can: [ARGS="--rounds …"]
	@$(PY)/python bench/create_and_get.py $(ARGS)

bench-rescore: setup ## how fast all open leads are scored anew, on a PostgreSQL of its own: [ARGS="--count …"]
	@$(PY)/python bench/rescore.py $(ARGS)

bench-imports: setup ## how fast a CSV file becomes leads, on a PostgreSQL of its own: [ARGS="--rows … --columns …"]
	@$(PY)/python bench/imports.py $(ARGS)

bench-export: setup ## how fast and in how much memory all leads are exported, from a folder of load_leads.py: ARGS=FOLDER
	@$(PY)/python bench/export.py $(ARGS)

bench-load: setup ## fill a PostgreSQL of its own in a folder with a million leads, in minutes: ARGS="--folder FOLDER [--count …]"
	@$(PY)/python bench/load_leads.py $(ARGS)

bench-lists: setup ## how fast lists are answered, from a folder of bench-load: ARGS="--folder FOLDER [--rest] [--only …]"
	@$(PY)/python bench/lists.py $(ARGS)

bench-list-plans: setup ## how PostgreSQL answers them, from the same folder: ARGS="--folder FOLDER [--only …]"
	@$(PY)/python bench/list_plans.py $(ARGS)

bench-random-lists: setup ## what random lists take, and the slowest of them, from the same folder: ARGS="--folder FOLDER [--seed …]"
	@$(PY)/python bench/random_lists.py $(ARGS)

bench-clocks: setup ## how SLA clocks do on a stack of their own: ARGS="burst|lone|open [--help]"
	@$(PY)/python bench/clocks.py $(ARGS)

bench-convert: setup ## how many conversions a second a stack of its own sustains, and where the time goes: [ARGS="--count … --full"]
	@$(PY)/python bench/convert.py $(ARGS)

bench-sla-summary: setup ## how fast the SLA summary is answered, from a folder of bench-load: ARGS="--folder FOLDER [--only …]"
	@$(PY)/python bench/sla_summary.py $(ARGS)

clean: ## remove the environment and caches, keep the data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
