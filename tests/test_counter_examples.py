"""The example in the docstring of each command for counters runs in the demo session."""

import re

import pytest

from bliss_shell import counter_commands
from hardware.measurement_group import ACTIVE_MG


@pytest.fixture
def prompt(demo):
    """What can be typed at the prompt."""
    yield {**counter_commands.namespace(demo), **demo}
    ACTIVE_MG.forget()


@pytest.mark.parametrize(
    "name",
    ["lscnt", "lsmg", "calc_counter", "expression_counter", "SoftCounter", "MeasurementGroup"],
)
def test_the_example_of_a_command_runs(prompt, capsys, name):
    examples = re.findall(rf"^ +((?:\w+ = )?{name}\(.*\))$", prompt[name].__doc__, re.M)
    assert examples
    for example in examples:
        exec(example, prompt)
    if name.startswith("ls"):
        assert "counter" in capsys.readouterr().out
