# Shorthands for developers; the README says what a user needs.
.PHONY: demo test lint lock dagster benchmark portal contract

demo:
	sh .ci/setup && .venv/bin/publica publish --yes

test:
	sh .ci/setup tests && .venv/bin/pytest

lint:
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/pyright

dagster:
	DAGSTER_HOME=$(CURDIR)/dagster_home .venv/bin/dagster dev

# More, each with --help: python -m tests.benchmarks small | suites | large | validation | query | ckan
benchmark:
	.venv/bin/python -m tests.benchmarks

# A real CKAN with every dataset published, until Ctrl-C. More: make portal CKAN=2.11 PORT=8080
CKAN = 2.12
PORT = 5000
portal:
	sh .ci/setup tests && .venv/bin/python -m tests.portal --ckan $(CKAN) --port $(PORT)

# What every portal keeps to, on the CKANs that the tests do not run on by themselves.
contract:
	sh .ci/setup tests
	for variant in 2.11 2.10 2.12-dcat; do \
		echo "--- CKAN $$variant"; PUBLICA_TEST_CKAN=$$variant .venv/bin/pytest -m contract || exit 1; \
	done

# Needs uv. The locks hold hashes and no addresses.
LOCK = uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-header --python-version 3.11
lock:
	$(LOCK) --extra install -o requirements.lock
	$(LOCK) --extra install --extra tests -c requirements.lock -o tests/requirements.lock
	for lock in tests/portal/ckan-*.in; do \
		uv pip compile $$lock --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o $${lock%.in}.lock || exit 1; \
	done
