# Each target does its own set-up. `make help` lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# A file's tests stay together, because they share what was expensive to make.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile
STAMP := $(VENV)/.requirements

.DEFAULT_GOAL := help
.PHONY: help setup test test-fast lab bench bench-short render clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-12s %s\n", $$1, $$2 }'

setup: $(STAMP) ## Install what everything below needs, into .venv

$(STAMP): requirements.txt requirements-dev.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=…")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	    { echo "installing python3-venv"; $$(test "$$(id -u)" = 0 || echo sudo) apt-get install --yes --quiet python3-venv; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

test: setup ## Everything, lab and short benchmark included (first time some 40 minutes, estimated, without hardware virtualisation)
	$(RUN) -m pytest -m "not lab" $(SIDE_BY_SIDE)
	$(RUN) -m pytest -m lab

test-fast: setup ## Everything but the lab, in about a minute once installed
	$(RUN) -m pytest -m "not lab" $(SIDE_BY_SIDE)

lab: setup ## Boot the guest in QEMU and dial in; build/lab/result.json says how it went
	$(RUN) -m lab run --scenario dial_in --scenario split

bench: setup ## Measure every promise, an hour by its own estimate; build/bench/report.html shows it
	$(RUN) -m lab bench

bench-short: setup ## Measure what a broken split can't pass, about 10 minutes
	$(RUN) -m lab bench --short

render: setup ## Write the guest of settings.example.yaml to build/guest, to look at
	$(RUN) -m cloud_init render --settings settings.example.yaml --out build/guest

clean: ## Remove what was built here; the image cache stays (~/.cache/lunch-gateway)
	rm -rf build
