# The two commands of the README are `make serve` and `make test`; everything else serves those who change the code.
PYTHON ?= python3
PORT ?=
DATA ?=
TORCH ?= torch==2.13.0
# Test files side by side: most of them wait for servers and browsers.
JOBS ?= 4
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test test-clients test-local check lock format bench bench-gateway clean

serve: $(VENV)/base.done  ## make the environment, migrate, start, print one link
	@$(BIN)/pochoir serve $(if $(PORT),--port $(PORT)) $(if $(DATA),--data "$(DATA)")

test: $(VENV)/dev.done  ## run every test, with all that they need
	@sh checks/install-system.sh
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile

check: $(VENV)/dev.done  ## lint, types, import contracts, sizes, docs in sync
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m checks

$(VENV)/base.done: requirements/base.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (once, about half a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/base.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/dev.done: requirements/dev.lock $(VENV)/base.done
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.lock
	@touch $@

test-clients: $(VENV)/clients.done  ## clients that nobody here wrote, against a running server (needs Node 20 or newer)
	$(BIN)/pytest -q -m clients tests/clients

$(VENV)/clients.done: requirements/clients.lock tests/clients/node/package-lock.json $(VENV)/dev.done
	@echo "Installing other people's clients …"
	@cd tests/clients/node && npm ci --silent --no-audit --no-fund
	@test -x $(VENV)/clients/bin/python || $(PYTHON) -m venv $(VENV)/clients
	@$(VENV)/clients/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/clients.lock
	@touch $@

test-local: $(VENV)/local.done  ## open-weight models by diffusers, with a checkpoint of next to no weights
	$(VENV)/local/bin/python -m pytest -q -W default -m local tests/local

$(VENV)/local.done: requirements/local.lock requirements/base.lock
	@echo "Installing torch and diffusers …"
	@test -x $(VENV)/local/bin/python || $(PYTHON) -m venv $(VENV)/local
	@$(VENV)/local/bin/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	@$(VENV)/local/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/base.lock
	@$(VENV)/local/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/local.lock
	@$(VENV)/local/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

bench-gateway: $(VENV)/dev.done  ## what the image service adds to a provider's answer, beside LiteLLM
	$(BIN)/python -m bench.gateway

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/base.lock
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml --group dev \
		-c requirements/base.lock -o requirements/dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/clients.in \
		-o requirements/clients.lock

format: $(VENV)/dev.done
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format -q .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
