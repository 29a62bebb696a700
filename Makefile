# The commands of this repository; CI and pipelines call the same ones.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: install sandbox sandbox-down sandbox-reset preview deploy drift check test bench

$(INSTALLED): requirements.txt ops/requirements.txt sandbox/requirements.txt tests/requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements.txt -r ops/requirements.txt -r sandbox/requirements.txt -r tests/requirements.txt
	@touch $@

install: $(INSTALLED)

# The sandbox: the program on emulated Azure and a local cluster, until the gateway serves an API.
sandbox: $(INSTALLED)
	@$(BIN)/python -m sandbox deploy

sandbox-down: $(INSTALLED)
	@$(BIN)/python -m sandbox stop

sandbox-reset: $(INSTALLED)
	@$(BIN)/python -m sandbox reset

# One stack, as the pipelines do it: make preview STACK=dev; the plan that it saves is what `make deploy` carries out.
REPORTS = reports/$(or $(STACK),$(error Which stack? For example: make $@ STACK=dev))

preview: $(INSTALLED)
	@$(BIN)/python -m ops preview --stack "$(STACK)" --refresh --save "$(REPORTS)"

deploy: $(INSTALLED)
	@$(BIN)/python -m ops deploy --stack "$(STACK)" --plan "$(REPORTS)/plan.json"

drift: $(INSTALLED)
	@$(BIN)/python -m ops drift --stack "$(STACK)" --save "$(REPORTS)"

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/pytest tests/unit

test: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python -m sandbox toolchain
	$(BIN)/pytest --numprocesses 2 --dist loadfile

# How long the commands take on a sandbox of its own, as a table and as reports/bench.json; run nothing else beside it.
bench: $(INSTALLED)
	@$(BIN)/python -m sandbox toolchain
	@$(BIN)/python -m bench
