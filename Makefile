# Needs python3 (3.11 or newer) with its venv module, and make; everything else is installed by hash into $(VENV).

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Of `chaos`.
SECONDS ?= 600
# Of the tests; two for each processor, since many wait for what must not come too soon.
WORKERS ?= $(shell echo $$(( $$(nproc) * 2 )))
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: help demo smoke test lint check bench profile scale crash chaos chaos-plants explorer replicas drills phones canaries knobs \
	words screenshots wheel config-example audit sbom lock

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile

demo: $(VENV)/.run ## mock Pexip and vmrd on this machine, for a person to try
	$(BIN)/vmrd demo

smoke: $(VENV)/.run ## a consultation, a booking office's day and an outage without a person; fails unless the mock confirms every step
	$(BIN)/vmrd demo --story consultation --headless --exit
	$(BIN)/vmrd demo --story booking --headless --exit
	$(BIN)/vmrd demo --story outage --headless --exit

test: $(VENV)/.dev ## the whole test suite, with the co-simulation's slice and the crash matrix before it
	$(BIN)/python -m tests.cosim --histories 1000 --seed 1
	$(BIN)/python -m tests.crash
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test ## all that must pass before a change is offered

bench: $(VENV)/.bench ## side-by-side measurements
	$(BIN)/python -m benchmarks

profile: $(VENV)/.bench ## what the processor's time goes on at each goal: GOALS="G2 G4", all if not given; a minute each
	$(BIN)/python -m benchmarks.profile $(GOALS)

scale: $(VENV)/.bench ## a whole estate: 5,000 meetings at once, a restart, nine o'clock, a day; minutes, and a free machine
	$(BIN)/python -m benchmarks.scale live
	$(BIN)/python -m benchmarks.scale restart
	$(BIN)/python -m benchmarks.scale burst
	$(BIN)/python -m benchmarks.scale day

chaos: $(VENV)/.dev ## real daemons on a clock of their own under every fault there is, for SECONDS (600); prints the seeds that broke
	$(BIN)/python -m tests.chaos --seconds $(SECONDS)

chaos-plants: $(VENV)/.dev ## bugs planted one at a time, and how long the campaign takes to find each
	$(BIN)/python -m tests.chaos.plants --seconds $(SECONDS)

explorer: $(VENV)/.dev ## every order of the steps by which replicas share meetings and commands
	$(BIN)/python -m tests.explorer

crash: $(VENV)/.dev ## kill a real daemon at every command, and look at what is left
	$(BIN)/python -m tests.crash

replicas: $(VENV)/.dev ## kill, hang, stop and cut off replicas over one PostgreSQL, and look at what is lost or doubled (12 minutes)
	$(BIN)/python -m tests.replicas --rounds 204 --seed 1

drills: $(VENV)/.run ## every failure of the runbook, made for real on the mock: alert, panel and recovery
	$(BIN)/vmrd drill --all

phones: $(VENV)/.dev ## a thousand phones around opening, lock and end of meetings, with external policy and without
	$(BIN)/python -m tests.phones --arrivals 1000 --seed 1

canaries: $(VENV)/.dev ## send marked names, numbers and secrets through every path, and look for them wherever anything leaves
	$(BIN)/pytest -q tests/canary

audit: $(VENV)/.audit ## look up every pinned package among the known vulnerabilities; asks the package index
	for pins in requirements/*.txt; do $(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement $$pins || exit; done

# A venv of its own that holds what is installed for a service and nothing else: what a tool finds there is delivered.
sbom: $(VENV)/.audit ## list what is delivered, with versions and licences (CycloneDX), in build/vmrd.cdx.json
	rm -rf build/run && $(PYTHON) -m venv --without-pip build/run
	$(PIP) --python build/run/bin/python install --require-hashes --requirement requirements/run.txt
	$(BIN)/cyclonedx-py environment build/run/bin/python --pyproject pyproject.toml --output-reproducible \
		--of JSON --output-file build/vmrd.cdx.json

knobs: $(VENV)/.dev ## answer every doubt about Pexip the other way, and play the story and 200 histories each time
	$(BIN)/python -m tests.knobs

words: $(VENV)/.dev ## gather the panel's words into the translators' file
	$(BIN)/python -m tools.words

config-example: $(VENV)/.dev ## make config/vmrd.toml and its JSON schema from the models
	$(BIN)/python -m tools.config_example

screenshots: $(VENV)/.dev ## pictures of every screen in every state, at three widths, in docs/pictures/panel
	$(BIN)/python -m tests.browser.pictures

wheel: $(VENV)/.dev ## the wheel, in dist/: install it beside requirements/run.txt
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

# Pins stay where they are unless pyproject.toml forbids them; remove the files first to move them all.
# Universal: one file serves every Python and processor we support. No index address is written into them.
lock: | $(BIN)/pip ## work out the pinned requirements again from pyproject.toml
	$(PIP) install uv==0.13.9
	$(LOCK) --extra uvloop --output-file requirements/run.txt
	$(LOCK) --extra uvloop --extra postgres --constraints requirements/run.txt --output-file requirements/postgres.txt
	$(LOCK) --all-extras --group dev --constraints requirements/run.txt --output-file requirements/dev.txt
	$(LOCK) --all-extras --group dev --group bench --constraints requirements/dev.txt --output-file requirements/bench.txt
	$(COMPILE) --group audit --constraints requirements/dev.txt --output-file requirements/audit.txt

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
LOCK := $(COMPILE) pyproject.toml --group build

# pip comes last when a venv is made, so a half-made one (Debian without python3-venv) is made again.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "vmrd needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

# The stamps make a second run start at once. The package itself is a link to this tree and needs no second install.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/pip
	$(PIP) install --require-hashes --requirement requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/pip
	$(PIP) install --require-hashes --requirement requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check # the lock still answers pyproject.toml
	touch $(VENV)/.run $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(PIP) install --require-hashes --requirement requirements/bench.txt
	touch $@

$(VENV)/.audit: requirements/audit.txt $(VENV)/.dev
	$(PIP) install --require-hashes --requirement requirements/audit.txt
	touch $@
