"""A client of Beacon in this process, and two in processes of their own."""

import gc
from collections.abc import Iterator

import pytest

from bliss.beacon import Beacon, set_beacon
from tests.beacon_process import BeaconProcess
from tests.channels.clients import WAIT, Client, listeners


@pytest.fixture
def here(beacon: BeaconProcess) -> Iterator[Beacon]:
    """This process' default Beacon; at the end, no Channel may have left its thread."""
    with Beacon(beacon.host) as client:
        set_beacon(client)
        yield client
        set_beacon(None)
        gc.collect()
        for thread in listeners():
            thread.join(WAIT)
        assert not listeners()


@pytest.fixture
def client(beacon: BeaconProcess) -> Iterator[Client]:
    process = Client(beacon)
    yield process
    if process.process.returncode is None:
        process.end()


@pytest.fixture
def other(beacon: BeaconProcess) -> Iterator[Client]:
    process = Client(beacon)
    yield process
    process.end()
