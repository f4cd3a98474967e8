# Each target does its own set-up. `make help` lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# A file's tests stay together, because they share what was expensive to make. Which file begins
# when is decided by tests/conftest.py.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile --no-loadscope-reorder
STAMP := $(VENV)/.requirements
RUNTIME := $(VENV)/.runtime

# Which gateway, and for a new one: where, and whose configuration it takes over.
STACK ?= dev
REGION ?=
LIKE ?=
UNLOCK ?=

.DEFAULT_GOAL := help
.PHONY: help setup pulumi test test-without-lab test-fast test-engine image-world image-gateway
.PHONY: provision lab bench bench-short
.PHONY: render profiles clean
.PHONY: up preview down guard output unlock new-key env

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-12s %s\n", $$1, $$2 }'

setup: $(STAMP) ## Install what everything below needs, into .venv

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=…")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	    { echo "installing python3-venv"; $$(test "$$(id -u)" = 0 || echo sudo) apt-get install --yes --quiet -o DPkg::Lock::Timeout=300 python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.txt requirements-profiles.txt requirements-dev.txt constraints.txt | $(VENV)/bin/pip
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@ $(RUNTIME)

# Less than the tests need; the same environment, which Pulumi uses too. By hashes, because it
# works with the stack's secrets and with rights on Azure.
$(RUNTIME): requirements.lock | $(VENV)/bin/pip
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

up: $(RUNTIME) ## A gateway on Azure: make up STACK=dev REGION=japaneast (both optional)
	@$(RUN) -m ops up --stack '$(STACK)' --region '$(REGION)' --like '$(LIKE)'

preview: $(RUNTIME) ## What `make up` would change
	@$(RUN) -m ops preview --stack '$(STACK)' --region '$(REGION)' --like '$(LIKE)'

down: $(RUNTIME) ## Delete it from Azure; its settings and secrets stay here
	@$(RUN) -m ops down --stack '$(STACK)' $(if $(UNLOCK),--unlock)

guard: $(RUNTIME) ## Delete STACK and every STACK-… that stands; for workflows
	@$(RUN) -m ops guard --stack '$(STACK)'

output: $(RUNTIME) ## What to type into the phone
	@$(RUN) -m ops output --stack '$(STACK)'

unlock: $(RUNTIME) ## Free a stack that a vanished command left locked
	@$(RUN) -m ops unlock --stack '$(STACK)'

new-key: $(RUNTIME) ## A new shared key for L2TP, after a user was removed; `make up` brings it
	@$(RUN) -m ops new-key --stack '$(STACK)'

env: $(RUNTIME) ## What Pulumi's own command needs to find the same stacks (to eval)
	@$(RUN) -m ops env --stack '$(STACK)'

pulumi: setup ## Get a Pulumi for the engine tests; only where it must be built does that take minutes
	nice -n 5 $(RUN) -m tests.engine.cli

# First what is fetched. Then what measures nothing: the guest is set up beside all other tests,
# which give way to it. Measuring wants the machine for itself.
test: ## Everything, lab and short benchmark included (about 40 minutes, the first time an hour, without hardware virtualisation)
	$(MAKE) --no-print-directory --jobs=3 setup image-world image-gateway
	$(MAKE) --no-print-directory --jobs=2 test-without-lab provision
	$(RUN) -m pytest -m lab

image-world image-gateway:
	$(PYTHON) -m lab.images $(@:image-%=%)

test-without-lab: pulumi
	nice -n 5 $(RUN) -m pytest -m "not lab" $(SIDE_BY_SIDE)

test-fast: setup ## Everything but the lab and the engine, in about a minute once installed
	$(RUN) -m pytest -m "not lab and not engine" $(SIDE_BY_SIDE)

test-engine: pulumi ## A gateway's life under Pulumi's real engine and a double of Azure
	$(RUN) -m pytest tests/engine tests/ops $(SIDE_BY_SIDE)

provision: setup ## Set the guest up in QEMU and keep its disk, which the lab and benchmarks start from
	$(RUN) -m lab provision

lab: setup ## Boot the guest in QEMU and dial in; build/lab/result.json says how it went
	$(RUN) -m lab run --scenario dial_in --scenario split

bench: setup ## Measure every promise, some 90 minutes; build/bench/report.html shows it
	$(RUN) -m bench run

bench-short: setup ## Measure what a broken split can't pass, about 10 minutes
	$(RUN) -m bench run --short

render: setup ## Write the guest of settings.example.yaml to build/guest, to look at
	$(RUN) -m cloud_init render --settings settings.example.yaml --out build/guest

# Of a deployed stack (STACK=dev), or of a settings file (SETTINGS=FILE, and SERVER=NAME if it
# has no serverName). TITLE is what devices call the connection; it goes through the
# environment, so that its quotes meet no shell. `ops env` says where `make up` keeps its stacks.
PROFILES_OF = $(if $(SETTINGS),--settings "$(SETTINGS)" $(if $(SERVER),--server "$(SERVER)"),--stack "$(or $(STACK),dev)")
PROFILES_TO = build/profiles/$(if $(SETTINGS),$(basename $(notdir $(SETTINGS))),$(notdir $(or $(STACK),dev)))
profiles: setup ## Write each user's profiles and page to build/profiles: STACK=dev, or SETTINGS=FILE
	@where="$$($(if $(SETTINGS),:,$(if $(wildcard ops/__main__.py),$(RUN) -m ops env --stack "$(or $(STACK),dev)",:)))" && eval "$$where" && \
	    $(RUN) -m profiles $(PROFILES_OF) $${TITLE:+--title "$$TITLE"} --out "$(PROFILES_TO)"

clean: ## Remove what was built here; the image cache stays (~/.cache/lunch-gateway)
	rm -rf build
