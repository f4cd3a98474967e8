# Each target does its own set-up. `make help` and `make help-dev` list them. For GNU make 3.81,
# which macOS has, and all that came after it; of commands it needs awk, echo, id, nice, rm and touch.
# After a failure make adds "*** [Makefile:N: up] Error 1" to what we say. No option takes that line
# away (-s, -k, .SILENT, --output-sync tried with 4.3): it is missing only where the status is, too.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# A file's tests stay together, because they share what was expensive to make. Which file begins
# when is decided by tests/conftest.py.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile --no-loadscope-reorder
LIFE = $(RUN) -m pytest tests/here/test_life.py

# What is installed: for the tests; for Pulumi's program; for all that reads and writes files alone.
# The last two by hashes, because they work with the stack's secrets and with rights on Azure.
STAMP := $(VENV)/.requirements
RUNTIME := $(VENV)/.runtime
SMALL := $(VENV)/.small

# All commands, and all that make takes as NAME=VALUE.
COMMANDS := help help-dev doctor up down status output profiles user new-key replace logs selftest \
    prepare price backup forget try lab bench bench-short preview diff render unlock guard env setup \
    pictures pulumi test test-without-lab test-lab test-life test-fast test-engine image-world \
    image-gateway provision soak clean
VARIABLES := STACK REGION LIKE REFRESH UNLOCK HERE PHONE TITLE ADD REMOVE SETTINGS SERVER SIZE \
    CURRENCY TO BASE CUTS SEED PYTHON
given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))

# Values reach commands through the environment, where their quotes meet no shell, and as they are:
# "value" keeps make from taking a $$ in them for its own.
$(foreach name,$(VARIABLES),$(if $(filter undefined,$(origin $(name))),,$(eval override $(name) := $$(value $(name)))))
quoted = '$(subst ','\'',$(1))'

# A misspelled one would be left out, and mean another gateway: it stops make before anything is
# done. Names that begin with _ or . are files of ours, and what bash asks for to complete a word.
meant = $(or $(shell $(call quoted,$(PYTHON)) -m ops.meant $(call quoted,$(1)) $(2) 2>/dev/null),make help lists all)
unknown := $(firstword $(filter-out _% $(VARIABLES),$(given)))
ifneq ($(unknown),)
$(error $(unknown): no such variable; $(call meant,$(unknown),$(VARIABLES)))
endif
unknown := $(firstword $(filter-out .% $(COMMANDS),$(MAKECMDGOALS)))
beside := $(filter $(COMMANDS),$(MAKECMDGOALS))
ifneq ($(if $(beside),$(unknown)),)
$(error $(unknown): no such command; did you mean $(if $(filter user,$(beside)),ADD,STACK)=$(unknown)?)
endif
ifneq ($(unknown),)
$(error $(unknown): no such command; $(call meant,$(unknown),$(COMMANDS)))
endif

# Which gateway.
HERE ?=
PHONE ?=
STACK ?= $(if $(HERE),here,dev)
# Who leaves one of these out means another computer, and Azure bills.
ifneq ($(HERE),)
ifneq ($(HERE) $(STACK),yes here)
$(error HERE: expected HERE=yes without STACK, which is the stack here on this computer; this is HERE=$(HERE) STACK=$(STACK))
endif
endif
ifneq ($(if $(filter up,$(MAKECMDGOALS)),$(PHONE)),)
ifneq ($(STACK),here)
$(error PHONE: only a gateway on this computer listens at $(PHONE): make up HERE=yes PHONE=$(PHONE))
endif
endif
# Whoever says no means no.
$(foreach name,REFRESH UNLOCK,$(if $(filter-out yes,$($(name))),$(error $(name): expected $(name)=yes, or nothing; this is $(name)=$($(name)))))
# Before minutes of setting up.
ifneq ($(if $(filter try profiles,$(MAKECMDGOALS)),$(SETTINGS)),)
ifneq ($(shell test -r $(call quoted,$(SETTINGS)) && echo yes),yes)
$(error SETTINGS: there is no file $(SETTINGS) that can be read)
endif
endif
CURRENCY ?= USD
BASE ?= main
CUTS ?= 20
export $(VARIABLES)

# The stack called here stands on this computer, with a double of Azure before it.
ifeq ($(STACK),here)
OPS := $(RUN) -m here ops --phone="$$PHONE"
FIRST := setup
else
OPS := $(RUN) -m ops
FIRST := doctor
endif
# What may be left out.
TITLED := $${TITLE:+--title="$$TITLE"}
FROM_FILE := $${SETTINGS:+--settings="$$SETTINGS"}

.DEFAULT_GOAL := help
.PHONY: $(COMMANDS)

# Below, "##" says what a target does for who uses it, "##-" for who works on it; "@" is a headline.
help:
	@awk '/^##@ / { print substr($$0, 5) } / ## / && /^[a-z-]+:/ { split($$0, part, / ## /); sub(/:.*/, ""); printf "  make %-12s%s\n", $$0, part[2] }' $(MAKEFILE_LIST)
	@echo 'Also: LIKE=STACK, REFRESH=yes (up), UNLOCK=yes (down), SERVER=NAME (profiles),'
	@echo 'PHONE=ADDRESS (up HERE=yes), TITLE=TEXT (up, profiles), PYTHON=python3'
	@echo 'Work on it: make help-dev'

help-dev:
	@awk '/^##@- / { print substr($$0, 6) } / ##- / && /^[a-z-]+:/ { split($$0, part, / ##- /); sub(/:.*/, ""); printf "  make %-17s%s\n", $$0, part[2] }' $(MAKEFILE_LIST)

# --- What is needed -------------------------------------------------------------------------------

$(VENV)/bin/pip:
	@"$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; see make doctor")'
	@"$$PYTHON" -c 'import ensurepip' 2>/dev/null || \
	    { echo "installing python3-venv"; $$(test "$$(id -u)" = 0 || echo sudo) apt-get install --yes --quiet -o DPkg::Lock::Timeout=300 python3-venv; }
	"$$PYTHON" -m venv $(VENV)
	@# Python 3.11 brings it along, 10 MB that nobody here imports; later ones don't.
	@$(VENV)/bin/pip uninstall --yes -qq setuptools

$(STAMP): requirements.txt requirements-profiles.txt requirements-dev.txt constraints.txt | $(VENV)/bin/pip
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile --requirement requirements-dev.txt
	@touch $@ $(RUNTIME) $(SMALL)

$(RUNTIME): requirements.lock | $(VENV)/bin/pip
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.lock
	@touch $@

$(SMALL): requirements-profiles.lock | $(VENV)/bin/pip
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements-profiles.lock
	@touch $@

##@ Your gateway (STACK=dev; others stand beside it)
doctor: ## what is missing on this computer
	@command -v "$$PYTHON" >/dev/null || { echo 'Python 3.11 or later is missing: https://www.python.org/downloads/' >&2; exit 1; }
	@"$$PYTHON" -m ops.doctor $(if $(filter up,$(MAKECMDGOALS)),--quiet)

# An environment is made only where nothing is missing: it takes a minute and some 400 MB.
up: $(FIRST) ## REGION=japaneast: bring it up, with a page a phone; bills
	@$(MAKE) --question $(RUNTIME) $(SMALL) 2>/dev/null || $(MAKE) --no-print-directory $(RUNTIME) $(SMALL)
	@$(OPS) up --stack="$$STACK" --region="$$REGION" --like="$$LIKE" $(if $(REFRESH),--refresh) $(TITLED)

down: $(RUNTIME) ## take all of it off Azure; keys and users stay here
	@$(OPS) down --stack="$$STACK" $(if $(UNLOCK),--unlock)

status: $(SMALL) ## what stands, since when, whether it answers
	@$(OPS) status --stack="$$STACK"

price: $(SMALL) ## REGION= SIZE= CURRENCY=JPY: what it costs, by Azure's list
	@$(OPS) price --stack="$$STACK" --region="$$REGION" --size="$$SIZE" --currency="$$CURRENCY"

##@ Its phones
user: $(SMALL) ## ADD=hanako or REMOVE=hanako: one person more or less
	@$(OPS) user --stack="$$STACK" --add="$$ADD" --remove="$$REMOVE"

# Of a stack, or of a settings file (SETTINGS=FILE, and SERVER=NAME if it has no serverName).
profiles: $(SMALL) ## write the pages again; SETTINGS=FILE: without a stack
	@$(OPS) profiles --stack="$$STACK" $(FROM_FILE) $${SERVER:+--server="$$SERVER"} $(TITLED)

output: $(SMALL) ## what to type by hand
	@$(OPS) output --stack="$$STACK"

new-key: $(SMALL) ## a new shared key for L2TP, after somebody has left
	@$(OPS) new-key --stack="$$STACK"

##@ When something is wrong
logs: $(SMALL) ## what the machine's console says
	@$(OPS) logs --stack="$$STACK"

selftest: $(SMALL) ## have the machine test itself
	@$(OPS) selftest --stack="$$STACK"

replace: $(RUNTIME) $(SMALL) ## make the machine anew; address, key and users stay
	@$(OPS) replace --stack="$$STACK" $(TITLED)

unlock: $(SMALL) ## free a stack whose command was killed elsewhere
	@$(OPS) unlock --stack="$$STACK"

##@ Keep it, or end it
backup: $(SMALL) ## TO=FILE: a copy of its settings and secrets
	@$(OPS) backup --stack="$$STACK" --to="$$TO"

forget: $(SMALL) ## remove a stack that is down from this computer
	@$(OPS) forget --stack="$$STACK"

##@ Try it here (Debian, no cloud); make up HERE=yes leaves one standing
try: setup ## a whole life here: up, dial in, change, down
	setpriv --pdeathsig TERM -- $(RUN) -m here try $(FROM_FILE)

lab: setup ## boot it in QEMU and dial in; 20 min, later 6
	$(RUN) -m lab run --scenario dial_in --scenario restart --scenario split

bench: setup ## measure every promise; build/bench/report.html, hours
	$(RUN) -m bench run

##@- Look before you change
preview: $(RUNTIME) ##- what `make up` would change
	@$(OPS) preview --stack="$$STACK" --region="$$REGION" --like="$$LIKE"

diff: $(SMALL) ##- BASE=main: what this clone changes inside the guest
	@$(OPS) diff --base="$$BASE"

render: $(SMALL) ##- the guest of settings.example.yaml, to build/guest
	$(RUN) -m cloud_init render --settings settings.example.yaml --out build/guest

pictures: setup ##- draw the documents' pictures anew
	$(RUN) -m pictures
	$(RUN) -m tests.pictures.phone

##@- Test it
setup: $(STAMP) ##- install what all of this needs, into .venv

# First what measures nothing: the guest is set up, and the lab's scenarios are played, beside all
# other tests. Those give way: phones have only so many seconds. A life comes after, for of three
# labs on two processors each is twice as slow. Measuring wants the machine for itself.
test: ##- everything, lab and short benchmark too; 30 to 60 min
	$(MAKE) --no-print-directory --jobs=3 test-lab test-without-lab
	$(LIFE)
	$(RUN) -m pytest tests/bench/test_short.py

image-world image-gateway:
	"$$PYTHON" -m lab.images $(@:image-%=%)

test-fast: setup ##- all but the lab and the engine; 3 minutes
	$(RUN) -m pytest -m "not lab and not engine" $(SIDE_BY_SIDE)

test-without-lab: pulumi ##- all but the lab
	nice -n 10 $(RUN) -m pytest -m "not lab" $(SIDE_BY_SIDE)

test-lab: provision ##- every scenario of the lab
	$(RUN) -m pytest tests/lab/test_scenarios.py

test-life: provision pulumi ##- `make try` without its middle: one machine
	$(LIFE)

test-engine: pulumi ##- a gateway's life: Pulumi's engine, a double of Azure
	$(RUN) -m pytest tests/engine tests/ops $(SIDE_BY_SIDE)

pulumi: setup ##- get a Pulumi for the engine tests, or build it
	nice -n 5 $(RUN) -m here.cli

provision: setup image-world image-gateway ##- set the guest up in QEMU and keep its disk
	$(RUN) -m lab provision

soak: setup ##- first boots; CUTS=20 cuts of power, SEED=N; hours
	$(RUN) -m lab run --scenario first_boot --out build/first-boot
	$(RUN) -m lab soak --cuts="$$CUTS" $${SEED:+--seed="$$SEED"}

bench-short: setup ##- measure what a broken split can't pass; 8 min
	$(RUN) -m bench run --short

clean: ##- remove build/; ~/.cache/lunch-gateway stays
	rm -rf build

##@- For workflows, and for Pulumi's own command
guard: $(RUNTIME) ##- take down STACK and every STACK-… that stands
	@$(OPS) guard --stack="$$STACK"

env: $(SMALL) ##- to eval: where Pulumi's command finds these stacks
	@$(OPS) env --stack="$$STACK"

# A workflow logs in after this: what GitHub says about its run, Azure believes for minutes only.
prepare: $(RUNTIME) $(SMALL) ##- install what `make up` needs but Pulumi's command
	pulumi plugin install resource azure-native "$$($(RUN) -c 'from importlib.metadata import version; print(version("pulumi-azure-native"))')"
