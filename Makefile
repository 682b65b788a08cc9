# Shorthands for developers; the README says what a user needs.
.PHONY: demo test lint lock dagster benchmark

demo:
	sh .ci/setup && .venv/bin/publica publish --yes

test:
	sh .ci/setup tests && .venv/bin/pytest

lint:
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/pyright

dagster:
	DAGSTER_HOME=$(CURDIR)/dagster_home .venv/bin/dagster dev

benchmark:
	.venv/bin/python -m tests.benchmarks

# Needs uv. The locks hold hashes and no addresses.
LOCK = uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-header --python-version 3.11
lock:
	$(LOCK) --extra install -o requirements.lock
	$(LOCK) --extra install --extra tests -c requirements.lock -o tests/requirements.lock
