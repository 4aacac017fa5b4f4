"""Fixtures that more than one file uses, and the check that a test leaves nothing behind."""

import gc
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from bliss.beacon import Beacon, set_beacon
from bliss.config.settings import HashSetting, scan
from bliss.scanning.session import Session, set_current_session
from bliss_shell.closing import Closing
from bliss_shell.devices import Devices
from bliss_shell.run import run
from tests.beacon_process import BeaconProcess
from tests.data_tree import data_server, port_of
from tests.leaks import census, wait_until_clean
from tests.terminal import Terminal

os.environ.pop("BEACON_HOST", None)  # no test may reach a Beacon that is not its own
os.environ.pop("XDG_STATE_HOME", None)  # nor write outside the home folder it is given
# a shell that runs us in the background ignores SIGINT, and so would all that the tests start
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def _what_is_older_is_not_looked_at() -> None:
    """Keep what was there before out of the collector's sight: the census is then quick."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves something alive, once its own fixtures have ended."""
    # what a wider fixture keeps alive is not the test's
    if "own_beacon" not in request.fixturenames:
        for name in {"beacon", "open_beacon", "shared_terminal"} & set(request.fixturenames):
            request.getfixturevalue(name)
    before = census()
    yield
    left = wait_until_clean(before)
    assert not left, f"left behind: {left}"


@pytest.fixture(scope="session")
def beacon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BeaconProcess]:
    """A Beacon with the demo's configuration, for tests that do not break it."""
    with BeaconProcess(tmp_path_factory.mktemp("beacon")) as process:
        yield process


@pytest.fixture(scope="module")
def open_beacon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BeaconProcess]:
    """A Beacon whose data anybody may spoil: an outside server asks for no password."""
    with (
        data_server() as server,
        BeaconProcess(
            tmp_path_factory.mktemp("open"),
            options=("--data-url", f"redis://127.0.0.1:{port_of(server)}"),
        ) as process,
    ):
        yield process


@pytest.fixture(scope="module")
def shared_terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A shell at its prompt, for tests that leave it as it was: all axes at 0."""
    home = tmp_path_factory.mktemp("shell")
    with (
        BeaconProcess(home / "state") as process,
        Terminal("-s", "demo_session", home=home, environment=process.env) as opened,
    ):
        opened.wait_for_prompt()
        yield opened


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs the shell in this process, where it cannot start, and gives what it says."""

    def run_with(address: str, *arguments: str) -> str:
        monkeypatch.setenv("BEACON_HOST", address)
        assert run(["-s", "demo_session", *arguments]) == 1
        said = capsys.readouterr().err
        assert len(said.splitlines()) == 1, said
        return said

    return run_with


@pytest.fixture
def own_beacon(tmp_path) -> Iterator[BeaconProcess]:
    """A Beacon that the test may break."""
    with BeaconProcess(tmp_path / "state") as process:
        yield process


@pytest.fixture
def session(beacon: BeaconProcess) -> Iterator[Session]:
    """The demo session, open in this process."""
    yield from _open(beacon)


@pytest.fixture
def own_session(own_beacon: BeaconProcess) -> Iterator[Session]:
    """The demo session, on a Beacon that the test may break."""
    yield from _open(own_beacon)


def _open(process: BeaconProcess) -> Iterator[Session]:
    with Beacon(process.host, "session") as client:
        set_beacon(client)
        client.lock_session("demo_session")
        opened = Session("demo_session", client)
        set_current_session(opened)
        try:
            yield opened
        finally:
            set_current_session(None)
            set_beacon(None)


@pytest.fixture
def demo(session: Session) -> Iterator[dict]:
    """The demo session's objects by name."""
    yield from _devices(session)


@pytest.fixture
def own_demo(own_session: Session) -> Iterator[dict]:
    """The same, on a Beacon that the test may break."""
    yield from _devices(own_session)


def _devices(session: Session) -> Iterator[dict]:
    for key in list(scan("axis:*")):  # another test's axes
        HashSetting(key).clear()
    devices, closing = Devices(), Closing()
    closing.add_all(devices.closing)
    try:
        assert not devices.load(session.beacon.session_config(session.name)).problems
        yield devices.objects
    finally:
        closing.run()
