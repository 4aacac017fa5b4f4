"""Beacon with services that are not its own: users, TLS, and Sentinels."""

import contextlib
import threading

import gevent
import pytest

from bliss.beacon import Beacon
from bliss.config.channels import Channel
from bliss.data.node import make
from bliss.server.exit_status import FAILED
from scans.counting import loopscan
from tests.beacon_process import DEMO, BeaconProcess, free_port, run_python
from tests.data_tree import ScanWriter
from tests.outside_followers import END, AsyncFollower, Follower, points_of
from tests.outside_servers import (
    ACL,
    PASSWORD,
    QUOTED,
    USER,
    make_certificates,
    program_with_tls,
    replicates,
    running,
    sentinel,
    wait_until,
)


@contextlib.contextmanager
def beacon_with(folder, *, data=None, settings=None):
    urls = {"BLISS_DATA_URL": data, "BLISS_SETTINGS_URL": settings}
    given = {name: url for name, url in urls.items() if url}
    with BeaconProcess(folder / "state", environment=given) as beacon:
        yield beacon


def test_a_user_with_a_password_for_both_servers(tmp_path):
    with running(tmp_path, ACL, "user default on nopass ~* &* +@all") as service:
        url = f"redis://{USER}:{QUOTED}@127.0.0.1:{service.port}"
        with beacon_with(tmp_path, data=url, settings=f"{url}/1") as beacon:
            with beacon.client("session") as client:
                check_data(client)
                check_channels(client)
                shown = client.status()["servers"]["data"]
            assert shown["url"] == f"redis://{USER}:***@127.0.0.1:{service.port}"
            assert shown["up"]
            assert PASSWORD not in beacon.log
            service.client.function_flush("SYNC")
            with beacon.client("session") as client:
                check_data(client, "2_scan")  # Beacon has put our functions back


def check_data(client, name="1_scan"):
    """Write a scan and read it."""
    server = client.redis("data")
    scan = ScanWriter(server, name).prepared().send(x=[1.0, 2.0]).end()
    events = list(make(server, scan.name, "scan").walk_events())
    assert points_of(events) == [1.0, 2.0]
    assert events[-1].type is END


def check_channels(client):
    """Set a Channel in one process, so to say, and hear of it in another."""
    with Beacon(str(client.address)) as other:
        heard = threading.Event()
        mine = Channel("outside", default_value=0, beacon=client)
        theirs = Channel("outside", default_value=0, beacon=other)
        theirs.register_callback(lambda value: heard.set() if value == 7 else None)
        mine.value = 7
        assert heard.wait(5)
        mine.close()
        theirs.close()


def test_a_wrong_password_is_said_at_once(tmp_path):
    with running(tmp_path, ACL) as service:
        url = f"redis://{USER}:wrong@127.0.0.1:{service.port}"
        ended = beacon_that_fails(tmp_path, url)
    assert "WRONGPASS" in ended.stderr
    assert f"redis://{USER}:***@127.0.0.1" in ended.stderr


def beacon_that_fails(folder, url):
    options = ("--port", 0, "--state", folder / "state", "--config", DEMO)
    ended = run_python("-m", "bliss.server", *options, BLISS_DATA_URL=url)
    assert ended.returncode == FAILED
    return ended


def test_encrypted_with_a_certificate_of_our_own(tmp_path):
    program = program_with_tls()
    tls = tmp_path / "tls"
    make_certificates(tls)
    options = (ACL, "tls-auth-clients no")
    with running(tmp_path, *options, program=program, tls=tls) as service:
        url = f"rediss://{USER}:{QUOTED}@localhost:{service.port}"
        ours = f"ssl_ca_certs={tls}/ca.crt"
        with (
            beacon_with(tmp_path, data=f"{url}?{ours}", settings=f"{url}/1?{ours}") as beacon,
            beacon.client("session") as client,
        ):
            check_data(client)
            check_channels(client)
            check_followers(client)
            assert "could not" not in beacon.log
        ended = beacon_that_fails(tmp_path, url)
    assert "its certificate is not accepted" in ended.stderr


def check_followers(client):
    """Follow a scan that runs, with both kinds of walk, and stop one that waits."""
    server = client.redis("data")
    scan = ScanWriter(server, "3_scan").prepared()
    node = make(server, scan.name, "scan")
    with Follower(node) as follower, AsyncFollower(client.address, scan.name) as other:
        scan.send(x=[1.0]).send(x=[2.0])
        follower.wait_for_points(2)
        other.wait_for_points(2)
        scan.end()
        assert other.result() == [1.0, 2.0]
    with Follower(make(server, "tree", "session")):
        pass  # its end stops a read that waits


# Sentinel


@pytest.fixture
def watched(tmp_path):
    """A master, its replica, and the URL of the Sentinel that watches them."""
    with (
        running(tmp_path) as master,
        running(tmp_path, f"replicaof 127.0.0.1 {master.port}") as replica,
    ):
        wait_until(lambda: replicates(replica), replica.process)
        with sentinel(tmp_path, master) as port:
            nobody = free_port()  # the first Sentinel is not there
            url = f"redis+sentinel://127.0.0.1:{nobody},127.0.0.1:{port}/mymaster"
            yield master, replica, url


@pytest.fixture
def own_beacon(tmp_path, watched):
    with beacon_with(tmp_path, data=watched[-1]) as beacon:
        yield beacon


def test_a_master_that_dies_in_the_middle_of_a_scan(watched, own_beacon, own_demo):
    master, replica, _ = watched
    scan = loopscan(300, 0.01, own_demo["diode1"], save=False, run=False)
    with (
        own_beacon.client() as client,
        Follower(make(client.redis("data"), "demo_session", "session")) as follower,
    ):
        running_scan = gevent.spawn(scan.run)
        follower.wait_for_points(50, "diode1")
        with AsyncFollower(own_beacon.host, scan.node.db_name, "diode1") as other:
            other.wait_for_points(50)
            master.kill()
            running_scan.get(timeout=30)
            assert follower.end_of(scan.node.db_name).outcome == "complete"
            assert len(other.result()) == 300
        assert client.status()["servers"]["data"]["port"] == replica.port
    assert len(points_of(follower.events, "diode1")) == 300
    assert {len(values) for values in scan.get_data().values()} == {300}
