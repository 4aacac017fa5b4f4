# A fresh machine needs Python >= 3.11 and make; the rest comes from here.

PYTHON ?= python3
SESSION ?= demo_session

shell: .venv/installed
	.venv/bin/bliss-shell -s $(SESSION)

test: .venv/tested
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-cache
	.venv/bin/mypy
	.venv/bin/python -m tests

bench: .venv/benched
	.venv/bin/python -m bench

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; make PYTHON=python3.12 ... chooses one")'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --editable .
	touch $@

.venv/tested: .venv/installed
	.venv/bin/python -m pip install --quiet --editable '.[test]'
	touch $@

.venv/benched: .venv/installed
	.venv/bin/python -m pip install --quiet --editable '.[bench]'
	touch $@

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: shell test bench clean
