# Every target works on a fresh Debian machine, may be run again, and leaves `git status` clean.
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests demo test check bench soak docs ci

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## Make .venv and install what is missing
	@.ci/setup

setup-tests: ## The same, and what the tests need: Kerberos, a simulated VirtualCenter
	@.ci/setup tests

demo: setup ## Scan a simulated broken cluster; reports in demo-output/
	@$(BIN)/vcaudit demo

test: setup-tests ## All tests
	@$(BIN)/pytest

check: setup-tests ## Style, types, rules, documents
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/vcaudit rules lint
	@out=$$($(BIN)/vcaudit rules coverage) || { echo "$$out"; exit 1; }; echo "$$out" | tail -n 1
	@$(BIN)/pytest -n0 tests/test_architecture.py tests/test_docs.py tests/test_reference.py

bench: ## Times and memory: start of the program, scans, judging
	@.ci/setup tests bench
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

soak: setup-tests ## The long runs that `make test` samples
	@$(BIN)/pytest -m soak

docs: setup-tests ## Write the generated documents anew
	@$(BIN)/python -m vcaudit.cli.reference > docs/cli.md
	@$(BIN)/vcaudit init --schema > docs/inventory.schema.json
	@$(BIN)/vcaudit waivers lint --schema > docs/waivers.schema.json
	@$(BIN)/python -m vcaudit.report.schema > docs/results.schema.json
	@$(BIN)/python -m vcaudit.cli.reference_rules docs
	@$(BIN)/python -m vcaudit.inventory.drillschema > docs/drill.schema.json
	@.ci/example

ci: ## Everything that must hold before a change is taken
	@.ci/run
