# The verbs of this repository; `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -o errexit -o nounset -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup .venv fmt check test cover demo bench bench-cameras faults sim prove fuzz soak lock clean

# Debian keeps mosquitto in /usr/sbin, which is not on an ordinary user's path.
export PATH := $(PATH):/usr/sbin:/sbin

# Compiled once: the tests start hundreds of Python processes, and where the environment forbids to keep what was
# compiled (images of containers do) each of them would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
# All tests: in three processes, for many wait for sockets and four starve each other on two cores, grouped by tests/conftest.py. T= picks some, in one process.
T ?= --numprocesses 3 --dist loadfile --no-loadscope-reorder
ARGS ?=
SEED ?=
UV ?= uv

# .venv is current when it holds two stamps: one named after the locks and its own place, one after pyproject.toml.
# Other locks, another place or a half-made environment: it is made anew. Another pyproject.toml: installed again.
LOCKED = .venv/.locked-$(shell { cat requirements.lock tests/requirements.lock; echo '$(CURDIR)'; } | sha256sum | cut -c1-16)
PROJECT = .venv/.project-$(shell sha256sum < pyproject.toml | cut -c1-16)

help:   ## Say what there is
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	    || sed -n 's/^\([a-z]*\): .*## /  make \1  /p' Makefile

setup:  ## Debian packages where one is missing, and .venv from the lock file; every verb below does it first
	@./install.sh --packages
	@if [ ! -e $(LOCKED) ] || ! $(BIN)/python -c '' 2>/dev/null; then $(MAKE) --no-print-directory .venv; fi
	@if [ ! -e $(PROJECT) ]; then \
	    $(BIN)/python -m pip install -qq --no-build-isolation --no-deps --editable .; \
	    rm -f .venv/.project-*; touch $(PROJECT); \
	fi

.venv:
	@rm -rf .venv
	@python=""; \
	for name in python3 python3.13 python3.12 python3.11; do \
	    if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        python="$$name"; break; \
	    fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "No Python 3.11 or newer with venv was found. Install python3 and python3-venv, then run this again." >&2; \
	    exit 1; \
	fi; \
	echo "Making .venv with $$("$$python" --version): a minute or two, once."; \
	"$$python" -m venv .venv; \
	$(BIN)/python -m pip install -qq --require-hashes --no-deps -r tests/requirements.lock; \
	touch $(LOCKED); \
	echo "Made .venv."

fmt: setup  ## Format, and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: setup  ## Format, lint, types and the walls between packages: what CI checks besides the tests
	@failed=""; \
	for step in "ruff format --check ." "ruff check ." "mypy --strict" "lint-imports"; do \
	    echo "== $$step"; $(BIN)/$$step || failed="$$failed  $$step"; \
	done; \
	if [ -n "$$failed" ]; then echo "make check: failed:$$failed" >&2; exit 1; fi

test: setup  ## The tests; T= picks some: make test T="-k press"
	$(BIN)/pytest $(T)

cover: setup  ## rules/ covered, every branch, by its own tests alone
	$(BIN)/coverage run -m pytest --quiet tests/rules
	$(BIN)/coverage report

demo: ARGS = --press
demo: setup  ## A simulated campus: a real MQTT press locks and proves every door; ARGS= keeps it running to try by hand
	@$(BIN)/campus-edge demo $(ARGS)

bench: setup  ## From a press to the last door written and proven, beside a bare script, whatever is broken; ARGS=--list says what
	@$(BIN)/python -m edge.bench $(ARGS)

bench-cameras: setup  ## What cameras cost beside ffmpeg, how soon one is lost and shown, clips bit by bit, the press unmoved; ARGS=--list
	@$(BIN)/python -m edge.bench.cameras $(ARGS)

faults: setup  ## Break the running daemon in every way, in every phase of a lockdown; ARGS=--help picks (an hour for all)
	@$(BIN)/python -m tests.faults $(ARGS)

sim: setup  ## The campus by seed, with every fault: SEED=7 replays one aloud, ARGS="--seeds 10000" runs many, ARGS="--days 7" weeks
	@$(BIN)/python -m tests.simulation.simulate $(SEED) $(ARGS)

prove: setup  ## Every reachable state of small campuses through the rules themselves, each machine to its end; ARGS=--help bounds it
	@$(BIN)/python -m tests.rules.proving $(ARGS)

fuzz: setup  ## A million inputs for each parser (two hours); ARGS= names targets, --runs N, --seed N, --keep what reached something new
	@$(BIN)/python -m tests.fuzz.run $(ARGS)

soak: setup  ## Thirty days of ordinary life in some ten minutes: nothing grows; ARGS= takes --days N
	@$(BIN)/python -m tests.soak.run $(ARGS)

lock:   ## Pin every dependency of pyproject.toml anew, with hashes (needs uv); UPGRADE=--upgrade for the newest
	@command -v $(UV) >/dev/null || { echo "uv is not here: install it, or name it: make lock UV=/path/to/uv" >&2; exit 1; }
	@pin="$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)"; \
	$$pin --extra build pyproject.toml --output-file requirements.lock; \
	$$pin --extra build --extra dev --constraint requirements.lock pyproject.toml --output-file tests/requirements.lock

clean:  ## Remove .venv and what the tools left
	rm -rf .venv build dist *.egg-info .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find edge drivers rules tests -name __pycache__ -prune -exec rm -rf {} +
