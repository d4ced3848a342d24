# `make` alone lists the targets. Everything is installed into .venv* folders of this
# directory, by pip, from where pip is configured to look.

PYTHON ?= python3
# The old client's pins install on Python 3.8 to 3.11 only.
ORIGINAL_PYTHON ?= python3.11
VENV ?= .venv
OLDEST_VENV ?= .venv-oldest
PGSTAC_VENV ?= .venv-pgstac
CHECKERS_VENV ?= .venv-checkers
RELEASE_VENV ?= .venv-release
AZURITE ?= .venv-azurite
# Interpreters of distributions are built with profile-guided optimisation, which many built by hand are not,
# and are faster for it: what is measured is to be what users have. 3.11 first, which both clients run on.
BENCH_PYTHON ?= $(firstword $(wildcard $(foreach minor,11 12 13 14,/usr/bin/python3.$(minor))) python3)
BENCH_VENV ?= .venv-bench
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
# Two tests at a time; those of one file stay together, since what they share is made once.
SIDE_BY_SIDE := -n 2 --dist loadfile

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# An environment with a pip that knows dependency groups (25.1). Debian ships Python without
# ensurepip; there the machine's own pip puts one in.
%/.made:
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv --clear $* 2>/dev/null || ( \
		$(PYTHON) -m venv --clear --without-pip $* && \
		$(PYTHON) -m pip --python $*/bin/python install --quiet pip )
	$*/bin/python $(PIP_INSTALL) --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml
	$(BIN)/python $(PIP_INSTALL) --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(BIN)/python $(PIP_INSTALL) --group test --group check
	@touch $@

$(VENV)/.docs: $(VENV)/.dev
	$(BIN)/python $(PIP_INSTALL) --group docs
	@touch $@

# What only tests of other programs need; they are skipped with a word where it is missing.
$(VENV)/.servers: $(VENV)/.dev
	$(BIN)/python $(PIP_INSTALL) --editable '.[cloud,planetary-computer]' --group servers
	@touch $@

# What draws and executes notebooks; their tests are skipped with a word where it is missing.
$(VENV)/.notebook: $(VENV)/.dev
	$(BIN)/python $(PIP_INSTALL) --editable '.[notebook]' --group notebook
	@touch $@

# Azure's blob storage as an emulator, which comes from npm.
$(AZURITE)/.made:
	npm install --no-audit --no-fund --loglevel=error --prefix $(AZURITE) azurite@3
	@touch $@

# The wheel of pystac 1.10 carries the schemas of STAC 1.0.0, which the validator would look for on the web.
$(CHECKERS_VENV)/.whole: $(CHECKERS_VENV)/.made pyproject.toml
	$(CHECKERS_VENV)/bin/python $(PIP_INSTALL) --group checkers
	$(CHECKERS_VENV)/bin/python $(PIP_INSTALL) --upgrade --no-deps --target $(CHECKERS_VENV)/schemas 'pystac==1.10.1'
	@touch $@

# What builds and checks a release.
$(RELEASE_VENV)/.made-for-release: $(RELEASE_VENV)/.made pyproject.toml
	$(RELEASE_VENV)/bin/python $(PIP_INSTALL) --group release
	@touch $@

$(BENCH_VENV)/.made: PYTHON = $(BENCH_PYTHON)
$(BENCH_VENV)/.bench: $(BENCH_VENV)/.made pyproject.toml
	$(BENCH_VENV)/bin/python $(PIP_INSTALL) --editable '.[demo]'
	@touch $@

$(OLDEST_VENV)/.dev: $(OLDEST_VENV)/.made pyproject.toml .ci/oldest_constraints.py
	$(PYTHON) .ci/oldest_constraints.py > $(OLDEST_VENV)/constraints.txt
	$(OLDEST_VENV)/bin/python $(PIP_INSTALL) --constraint $(OLDEST_VENV)/constraints.txt --editable '.[demo]' --group test
	@touch $@

.PHONY: demo
demo: $(VENV)/.demo ## Start a hub here, download a part of a dataset from it, show what happened
	@$(BIN)/mlhub demo

.PHONY: hub
hub: $(VENV)/.demo ## Serve the demo's datasets until Ctrl-C, for the README's examples
	@$(BIN)/python -m radiant_mlhub.hub

.PHONY: test
test: $(VENV)/.dev ## Run the test suite
	@$(BIN)/pytest --quiet $(SIDE_BY_SIDE)

.PHONY: lint
lint: $(VENV)/.dev ## Check style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.PHONY: types
types: $(VENV)/.dev ## Check types, as on this machine and as on Windows
	$(BIN)/mypy
	$(BIN)/mypy --platform win32

.PHONY: contracts
contracts: $(VENV)/.dev ## Check who may import whom
	$(BIN)/lint-imports

# Anew each time: pages that did not change would keep the navigation of before.
SPHINX := $(BIN)/python -m sphinx --fail-on-warning --keep-going --fresh-env --write-all -d build/doctrees

.PHONY: docs
docs: $(VENV)/.docs ## Build the documentation into build/docs, without network; a warning is an error
	@$(SPHINX) --quiet -b html docs build/docs
	@echo build/docs/index.html

.PHONY: screens
screens: $(VENV)/.dev ## Record what every command shows into docs/reference/commands
	@PYTHONPATH=tests $(BIN)/python -m screens

.PHONY: linkcheck
linkcheck: $(VENV)/.docs ## Ask for every address outside that the documentation names (needs the internet)
	@$(SPHINX) -b linkcheck docs build/linkcheck

# Left out is what would only show once more, at length, that our own code does the same: kills, servers under
# load, browsers, the recorded catalog in every form.
NOT_ABOUT_VERSIONS := tests/kills tests/weaknesses tests/spec tests/docs tests/notebooks \
	tests/hub/web tests/hub/serving tests/hub/original tests/hub/demo tests/hub/making
NOR_THESE_FILES := */test_recorded_* */test_kills* */test_crawls_that_go_on* */store/test_many_at_once*
.PHONY: test-oldest
test-oldest: $(OLDEST_VENV)/.dev ## Run most of the test suite on the oldest dependencies that pyproject.toml admits
	@$(OLDEST_VENV)/bin/pytest --quiet $(SIDE_BY_SIDE) $(NOT_ABOUT_VERSIONS:%=--ignore=%) $(NOR_THESE_FILES:%=--ignore-glob='%')

.PHONY: test-original
test-original: $(VENV)/.dev ## Show what client 0.5.5 gets wrong: its run, ours, docs/reference/weaknesses.md
	@PYTHON=$(ORIGINAL_PYTHON) VENV=$(VENV) sh tests/weaknesses/original.sh

.PHONY: bench
bench: $(BENCH_VENV)/.bench ## Measure this client, client 0.5.5 and curl into docs/concepts/performance.md (an hour)
	@PYTHON=$(firstword $(wildcard /usr/bin/python3.11) $(ORIGINAL_PYTHON)) ORIGINAL_VENV=$(BENCH_VENV)-original sh tests/weaknesses/original.sh --environment-only
	@$(BENCH_VENV)/bin/python -m benchmarks --original $(BENCH_VENV)-original/bin/python --write docs/concepts/performance.md

.PHONY: bench-search
bench-search: $(VENV)/.dev ## Measure an index of a million items into docs/concepts/search.md (ten minutes)
	@$(BIN)/python -m benchmarks.item_index 1000000 --write docs/concepts/search.md

# The peers of `make bench-hub`: their servers come from the system (postgresql, postgis, nginx).
$(PGSTAC_VENV)/.peers: $(PGSTAC_VENV)/.made
	$(PGSTAC_VENV)/bin/python $(PIP_INSTALL) stac-fastapi.pgstac 'pypgstac[psycopg]' 'uvicorn[standard]'
	@touch $@

.PHONY: bench-hub
bench-hub: $(VENV)/.dev $(PGSTAC_VENV)/.peers ## Measure the hub and its peers into docs/concepts/hub-performance.md (half an hour)
	@$(BIN)/python -m benchmarks.hub --write docs/concepts/hub-performance.md

.PHONY: fuzz-hub
fuzz-hub: $(VENV)/.dev ## Ask a hub 100,000 odd questions: none may make it fail (half an hour)
	@HUB_EXAMPLES=33334 $(BIN)/pytest tests/hub/api/test_bad_requests.py -k makes_the_server_fail --timeout 3600

.PHONY: soak
soak: $(VENV)/.dev ## Kill 200 downloads, let every file operation fail: docs/concepts/soak.md
	@PYTHONPATH=tests $(BIN)/python -m kills.soak
	@CRAWL_KILLS=50 $(BIN)/pytest tests/sources/test_crawls_that_go_on.py -k killed -rP

.PHONY: soak-hub
soak-hub: $(VENV)/.dev ## Kill 200 publications; four write, sixteen read: docs/concepts/hub-soak.md
	@PYTHONPATH=tests $(BIN)/python -m kills.soak_hub

.PHONY: dist
dist: $(RELEASE_VENV)/.made-for-release ## Build sdist and wheel into dist
	rm -rf dist
	@$(RELEASE_VENV)/bin/python -m build --outdir dist .

.PHONY: release-check
release-check: dist $(VENV)/.demo ## Check sdist, wheel, start-up times and the files about the release
	@HUB_PYTHON=$(BIN)/python $(RELEASE_VENV)/bin/python .ci/release_check.py

.PHONY: check
check: ## Everything a change must pass: lint, types, contracts, both test runs
# Where the old client can be installed, a folder that it left half filled is finished, too.
	-@PYTHON=$(ORIGINAL_PYTHON) sh tests/weaknesses/original.sh --environment-only
	@$(MAKE) lint
	@$(MAKE) types
	@$(MAKE) contracts
	@$(MAKE) test-oldest
	@$(MAKE) test

.PHONY: clean
clean: ## Remove environments, caches and what the demo left
	rm -rf .venv* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis demo-output build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
