# The commands of this repository; CI and pipelines call the same ones.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEVELOPMENT := $(VENV)/.development
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: install sandbox sandbox-down sandbox-reset preview deploy drift live check types unit-tests test bench mutants

# The program and `python -m ops`, and nothing else: pipelines' jobs that may change Azure run no package of the tests.
$(INSTALLED): requirements.txt ops/requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -r requirements.txt -r ops/requirements.txt
	@touch $@

$(DEVELOPMENT): $(INSTALLED) sandbox/requirements.txt tests/requirements.txt
	$(PIP_INSTALL) -r sandbox/requirements.txt -r tests/requirements.txt
	@touch $@

install: $(INSTALLED)

# The sandbox: the program on emulated Azure and a local cluster, until the gateway serves an API.
sandbox: $(DEVELOPMENT)
	@$(BIN)/python -m sandbox deploy

sandbox-down: $(DEVELOPMENT)
	@$(BIN)/python -m sandbox stop

sandbox-reset: $(DEVELOPMENT)
	@$(BIN)/python -m sandbox reset

# One stack, as the pipelines do it: make preview STACK=dev; the plan that it saves is what `make deploy` carries out.
REPORTS = reports/$(STACK)
NEED_STACK := $(filter preview deploy drift live,$(MAKECMDGOALS))
# Here, because a target's prerequisites, an installation among them, are made before its own lines are read.
$(if $(and $(NEED_STACK),$(if $(STACK),,none)),$(error Which stack? For example: make $(firstword $(NEED_STACK)) STACK=dev))

preview: $(INSTALLED)
	@$(BIN)/python -m ops preview --stack "$(STACK)" --refresh --save "$(REPORTS)"

deploy: $(INSTALLED)
	@$(BIN)/python -m ops deploy --stack "$(STACK)" --plan "$(REPORTS)/plan.json"

drift: $(INSTALLED)
	@$(BIN)/python -m ops drift --stack "$(STACK)" --save "$(REPORTS)"

# A stack's whole life once, on whatever it is on, a real subscription for example: make live STACK=dev, with ROTATE=yes and
# DESTROY=yes if those are wanted. It does not ask: naming the stack is the consent.
ODD_CHOICE := $(strip $(foreach choice,ROTATE DESTROY,$(if $(filter-out yes,$($(choice))),$(choice))))
$(if $(and $(filter live,$(MAKECMDGOALS)),$(ODD_CHOICE)),$(error $(firstword $(ODD_CHOICE)) is yes, or left out))

live: $(INSTALLED)
	@$(BIN)/python -m ops live --stack "$(STACK)" --yes --save "$(REPORTS)" $(if $(ROTATE),--rotate) $(if $(DESTROY),--destroy)

# The two slow parts at once. The types are done first, so the unit tests have two workers for the cores that there are then.
check: $(DEVELOPMENT)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory --jobs=2 types unit-tests

types: $(DEVELOPMENT)
	$(BIN)/basedpyright

unit-tests: $(DEVELOPMENT)
	$(BIN)/pytest tests/unit --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Three workers keep two cores busy: each waits a third of its time for pods, Azure's delays and polls.
test: $(DEVELOPMENT)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python -m sandbox toolchain
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

# How long the commands take on a sandbox of its own, as a table and as reports/bench.json; run nothing else beside it.
bench: $(DEVELOPMENT)
	@$(BIN)/python -m sandbox toolchain
	@$(BIN)/python -m bench

# What no unit test notices when it is taken out: make mutants MODULE=components/config/defaults.py
$(if $(filter mutants,$(MAKECMDGOALS)),$(if $(MODULE),,$(error Which module? For example: make mutants MODULE=components/config/defaults.py)))

mutants: $(DEVELOPMENT)
	@$(PIP_INSTALL) -r tests/mutants/requirements.txt
	@$(BIN)/python -m tests.mutants "$(MODULE)"
