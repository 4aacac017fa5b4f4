"""The examples in the docstrings of the commands' parts give what they say."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("module", ["closing", "columns", "numbers", "waits"])
def test_examples(module):
    found = doctest.testmod(import_module(f"bliss_shell.{module}"))
    assert found.attempted
    assert not found.failed
