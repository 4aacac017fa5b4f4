"""The campaign in short: a few trials of each part; `python -m tests.campaign` runs all of it."""

import pytest

from tests.campaign import neighbour, slow_consumer
from tests.campaign.__main__ import PARTS
from tests.campaign.report import Part


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("interrupts", [0, 8]),
        ("bursts", [7, 37]),
        ("faults", [7, 43, 49, 56]),
        ("kills", [0, 7]),
        ("endings", [2]),
        ("settings_kills", [0]),
        ("lines", range(32)),
        ("echo", range(7)),
        ("cuts", [0]),
        ("many_scans", range(20)),
        ("positions", [0, 1, 2]),
    ],
)
def test_what_was_done_by_force_leaves_nothing_behind(name, numbers, tmp_path):
    run, _ = PARTS[name]
    part = Part(name, seed=1, numbers=numbers, folder=tmp_path)
    run(part)
    assert not part.failures, "\n".join(part.failures)


def test_a_slow_consumer_gets_more_than_fits_once(tmp_path):
    part = Part("slow_consumer", seed=1, numbers=[0], folder=tmp_path)
    slow_consumer.run(part, megabytes=64, memory=20, stop=1)
    assert not part.failures, "\n".join(part.failures)


def test_another_session_writes_more_than_fits_once(tmp_path):
    part = Part("neighbour", seed=1, numbers=[0], folder=tmp_path)
    neighbour.run(part, times=2)
    assert not part.failures, "\n".join(part.failures)
