# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs: GNU make, git, bash, Python 3.10 or later with venv, and a package index. All else goes to .venv and .cache.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# How .venv was made; read, not included, or make would make it for every target.
made = $(shell sed -n 's/^$(1): //p' .venv/made 2>/dev/null)
MADE_PYTHON := $(call made,python)
MADE_ANSIBLE_CORE := $(call made,ansible-core)

# Variables to set: make lab POOL=5, make test ANSIBLE_CORE='ansible-core~=2.18.0' PYTHON=python3.12 (these two are kept)
PYTHON ?= $(or $(MADE_PYTHON),python3)
ANSIBLE_CORE ?= $(MADE_ANSIBLE_CORE)
POOL ?= 3
SIGNER ?= folder
POOLS ?= 3,5
# one more than processors, since tests wait now and then
JOBS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
SHARD ?= 1/1
# make scale: SIZES and PLAYBOOKS have defaults that belong together; POOL_SIZE=servers of a pool, AGAINST=commit, CHECK=1
SIZES ?=
PLAYBOOKS ?=
ROUNDS ?= 3
POOL_SIZE ?=
ROOTS ?= 300
AGAINST ?=
CHECK ?=
PYTEST_ARGS ?=
SANITY_ARGS ?=
# make test-matrix MATRIX='2.16/3.12 newest': ansible-core with or without a Python; UPGRADE=1 asks the package index again
MATRIX ?= 2.16 2.19 newest
UPGRADE ?=

PY := .venv/bin/python
LINK := .cache/collections/ansible_collections/sfb/certificates
ROOT := ansible_collections.sfb.certificates
TYPED := plugins $(patsubst %/,%,$(dir $(wildcard tests/lab/lab.py tests/scale/run.py tests/tools/sanity.py)))
PIP_INSTALL := $(PY) -m pip install -qq --disable-pip-version-check
CORE := $(if $(ANSIBLE_CORE),'$(ANSIBLE_CORE)',-r tests/ansible-core.txt)

# The environment is made anew when it was moved, is broken or unfinished, or another Python or ansible-core is asked for.
WANTED := $(CURDIR) $(PYTHON) $(ANSIBLE_CORE)
MADE := $(call made,folder) $(MADE_PYTHON) $(MADE_ANSIBLE_CORE)
STALE := $(if $(filter ok,$(shell $(PY) -c 'import pip; print("ok")' 2>/dev/null)),,broken)
ifneq ($(WANTED),$(MADE))
STALE := other than wanted
endif

# The caller's own Ansible settings must not reach the lab or the tests.
unexport ANSIBLE_COLLECTIONS_PATH ANSIBLE_COLLECTIONS_PATHS ANSIBLE_INVENTORY ANSIBLE_STDOUT_CALLBACK
unexport ANSIBLE_CALLBACK_RESULT_FORMAT ANSIBLE_LOG_PATH ANSIBLE_KEEP_REMOTE_FILES PYTHONPATH
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Ansible refuses to start without UTF-8
ifneq ($(shell locale charmap 2>/dev/null),UTF-8)
export LC_ALL := C.UTF-8
endif

.PHONY: help lab lab-check lab-rollover lab-clean test test-slow test-matrix unit integration powershell wire wire-measure faults scale packaging lint house typecheck sanity docs cmdlets runner changelog clean always
always:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "Variables: POOL=$(POOL) POOLS=$(POOLS) SIGNER=$(SIGNER) JOBS=$(JOBS) SHARD=$(SHARD) ROUNDS=$(ROUNDS) ROOTS=$(ROOTS) SIZES=$(SIZES) PLAYBOOKS=$(PLAYBOOKS) POOL_SIZE=$(POOL_SIZE) AGAINST=$(AGAINST) CHECK=$(CHECK) PYTHON=$(PYTHON) ANSIBLE_CORE=$(ANSIBLE_CORE) MATRIX='$(MATRIX)' UPGRADE=$(UPGRADE) PYTEST_ARGS SANITY_ARGS"

lab: .venv/made | $(LINK) ## build an emulated Edge pool and give it certificates (POOL=servers, SIGNER=folder, certsrv, online or local_ca)
	@$(PY) tests/lab/lab.py run --pool $(POOL) --signer $(SIGNER)

lab-check: .venv/made | $(LINK) ## check the emulated pool
	@$(PY) tests/lab/lab.py check --pool $(POOL)

lab-rollover: .venv/test.stamp | $(LINK) ## new certificates for emulated pools behind HAProxy while users connect (POOLS=3,5)
	@PYTHONPATH=$(CURDIR)/.cache/collections $(PY) -m $(ROOT).tests.lab.rollover --pools $(POOLS)

lab-clean: ## remove the emulated pool
	@rm -rf .sfb-lab*

test: .venv/test.stamp | $(LINK) ## everything: lint, typecheck, sanity, unit, integration, wire, faults, packaging
	@echo "== pytest: lint, typecheck, sanity, unit, integration, wire, faults, packaging"
	@$(PY) -m pytest -n $(JOBS) --dist worksteal -m 'not slow' $(PYTEST_ARGS)

test-slow: .venv/test.stamp | $(LINK) ## the whole procedures that make test has a sample of
	@$(PY) -m pytest -n $(JOBS) -m slow $(PYTEST_ARGS) tests/integration tests/faults tests/packaging

# Without .venv: each ansible-core has an environment of its own, and so that of an activated .venv is of no use here.
test-matrix: | $(LINK) ## integration tests with several ansible-core and Python (MATRIX='2.16 2.19 newest')
	@PATH="$${PATH#"$(CURDIR)/.venv/bin:"}" "$(PYTHON)" tests/tools/matrix.py $(MATRIX) --jobs $(JOBS) $(if $(UPGRADE),--upgrade) --pytest $(PYTEST_ARGS)

unit: .venv/test.stamp | $(LINK) ## unit tests (PYTEST_ARGS='-k name')
	@$(PY) -m pytest -n $(JOBS) $(PYTEST_ARGS) tests/unit

integration: .venv/test.stamp | $(LINK) ## playbooks against the emulated pool
	@$(PY) -m pytest -n $(JOBS) $(PYTEST_ARGS) tests/integration

# Without pwsh pytest says in its summary that these tests did not run.
powershell: .venv/test.stamp | $(LINK) ## the step runner in PowerShell 7, if there is pwsh
	@$(PY) -m pytest $(PYTEST_ARGS) tests/powershell

wire: .venv/test.stamp | $(LINK) ## playbooks over WinRM, to emulated services on loopback
	@$(PY) -m pytest -n $(JOBS) $(PYTEST_ARGS) tests/wire

wire-measure: .venv/test.stamp | $(LINK) ## what the procedure costs over WinRM: requests, bytes, payload
	@$(PY) tests/wire/measure.py

faults: .venv/test.stamp | $(LINK) ## a rollover is killed or cut off at each remote call, and run again (SHARD=1/2 for one half)
	@PYTHONPATH=$(CURDIR)/.cache/collections $(PY) -m $(ROOT).tests.faults.run --jobs $(JOBS) --shard $(SHARD)

scale: .venv/made | $(LINK) ## what a rerun costs on many servers (SIZES=4,20,100 ROUNDS=3 AGAINST=commit CHECK=1)
	@PYTHONPATH=$(CURDIR)/.cache/collections $(PY) -m $(ROOT).tests.scale.run --rounds $(ROUNDS) --roots $(ROOTS) $(if $(SIZES),--sizes $(SIZES)) \
	$(if $(PLAYBOOKS),--playbooks $(PLAYBOOKS)) $(if $(POOL_SIZE),--pool-size $(POOL_SIZE)) $(if $(AGAINST),--against $(AGAINST)) $(if $(CHECK),--check)

packaging: .venv/test.stamp | $(LINK) ## what is released: the tarball, Galaxy's checks, an installation, an execution environment
	@$(PY) -m pytest -n $(JOBS) $(PYTEST_ARGS) tests/packaging

lint: .venv/test.stamp | $(LINK) ## ruff, shellcheck, yamllint, ansible-lint, reuse, antsibull-changelog, antsibull-docs
	@echo "== ruff"
	@$(PY) -m ruff check --quiet .
	@echo "== shellcheck"
	@.venv/bin/shellcheck .ci/run findings/*.sh
	@echo "== yamllint"
	@$(PY) -m yamllint --strict .
	@echo "== ansible-lint"
	@$(PY) -m ansiblelint --nocolor -q
	@echo "== reuse"
	@.venv/bin/reuse lint --lines
	@echo "== antsibull-changelog"
	@.venv/bin/antsibull-changelog lint
	@echo "== antsibull-docs"
	@.venv/bin/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --skip-rstcheck .

house: .venv/test.stamp ## figures of the code and of the roles, with their goals; tests/tools/house.py --list says what was counted
	@$(PY) tests/tools/house.py

typecheck: .venv/test.stamp | $(LINK) ## mypy
	@echo "== mypy"
	@$(PY) -m mypy $(foreach folder,$(TYPED),-p $(ROOT).$(subst /,.,$(folder)))

sanity: .venv/test.stamp ## ansible-test sanity (SANITY_ARGS='--test pylint')
	@echo "== ansible-test sanity"
	@$(PY) tests/tools/sanity.py $(SANITY_ARGS)

docs: .venv/docs.stamp | $(LINK) ## the documentation as web pages; any warning is a failure
	@echo "== antsibull-docs, Sphinx"
	@$(PY) tests/tools/docsite.py

cmdlets: .venv/test.stamp | $(LINK) ## write docs/CMDLETS.md: what the cmdlets have, and the test that shows it
	@$(PY) tests/tools/cmdlets.py

runner: .venv/test.stamp | $(LINK) ## write plugins/modules/cs_invoke.ps1 from powershell/cs_invoke.ps1, without comments
	@$(PY) tests/tools/runner.py

changelog: .venv/test.stamp ## move changelogs/fragments into CHANGELOG.rst, for the version of galaxy.yml
	@.venv/bin/antsibull-changelog release --update-existing --reload-plugins

clean: lab-clean ## remove all that make has made
	@rm -rf .venv .cache .ansible .hypothesis tests/output

$(LINK):
	@mkdir -p $(@D)
	@ln -sfn ../../../.. $@

# Written last: a half-made environment has no such file. The interpreter is looked up first, and its base, for it may be the one of an activated .venv.
.venv/made: requirements.txt tests/ansible-core.txt $(if $(STALE),always)
	@echo "== .venv: ansible-core and what the collection needs"
	@base=$$(PATH="$${PATH#"$(CURDIR)/.venv/bin:"}" "$(PYTHON)" -c 'import sys; sys.version_info >= (3, 10) or sys.exit("Python 3.10 or later is needed: make PYTHON=...");\
	print(getattr(sys, "_base_executable", sys.executable))');\
	rm -rf .venv;\
	"$$base" -m venv .venv
	@$(PIP_INSTALL) -r requirements.txt $(CORE)
	@printf '%s\n' 'folder: $(CURDIR)' 'python: $(PYTHON)' 'ansible-core: $(ANSIBLE_CORE)' > $@

.venv/test.stamp: tests/requirements.txt tests/pytest.txt .venv/made
	@echo "== .venv: test tools"
	@$(PIP_INSTALL) -r requirements.txt -r tests/requirements.txt $(CORE)
	@touch $@

.venv/docs.stamp: docs/requirements.txt .venv/test.stamp
	@echo "== .venv: Sphinx"
	@$(PIP_INSTALL) -r docs/requirements.txt $(CORE)
	@touch $@
