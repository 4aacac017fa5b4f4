"""`bliss-beacon status`, for people and for programs."""

import json

import pytest

from bliss.server.status import in_words
from tests.beacon_process import DEMO, free_port, run_python

STATUS = {
    "release": "0.1.0",
    "pid": 7,
    "address": "127.0.0.1:25000",
    "since": 1000.0,
    "config": "/data/sessions.yml",
    "clients": {"viewer": 1, "session": 2},
    "sessions": {"one": "me@here (process 5) since 2024-01-02 00:00:00", "two": "you@there"},
    "consumers": {"one": ["copier", "writer"]},
    "followers": ["writer me@here (process 6)", "client you@there (process 9)"],
    "servers": {
        "data": {"host": "h", "port": 1, "up": True, "since": 4000.0,
                 "memory": {"used": 3 << 20, "max": 1 << 30}},
        "settings": {"host": "h", "port": 2, "up": False, "since": 0.0, "memory": None},
    },
    "janitor": {"used": 9, "confirmed": 3, "deleted": 1, "waits_for": {"writer": 2048}},
}  # fmt: skip


def test_the_words():
    assert list(in_words(STATUS, now=94000.0)) == [
        "Beacon 0.1.0 at 127.0.0.1:25000 (process 7), up 1 d 1 h",
        "configuration  /data/sessions.yml",
        "sessions       one: me@here (process 5) since 2024-01-02 00:00:00",
        "               two: you@there",
        "servers        data at h:1, up 1 d 1 h, uses 3 MB of 1 GB",
        "               settings at h:2: down",
        "clients        2 session, 1 viewer",
        "consumers      one: copier, writer",
        "followers      writer me@here (process 6), client you@there (process 9)",
        "janitor        confirmed 3, deleted 1",
        "               waits for writer, which has not stored 2 kB",
    ]


def test_many_followers_are_counted():
    followers = [f"viewer me@here (process {number})" for number in range(50)]
    lines = list(in_words(STATUS | {"followers": followers}, now=94000.0))
    (line,) = [line for line in lines if line.startswith("followers")]
    assert line.endswith("viewer me@here (process 7), 42 more")


def test_where_nothing_is_going_on():
    titles = ("sessions", "servers", "clients", "consumers", "followers", "janitor")
    nothing = {title: {} for title in titles} | {"followers": []}
    lines = list(in_words(STATUS | nothing, now=1000.0))[2:]
    assert lines == [f"{title:<13}  none" for title in titles]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.6, "1 min 0 s"), (3600, "1 h 0 min"), (90061, "1 d 1 h")]
)
def test_durations(seconds, words):
    (first, *_) = in_words(STATUS, now=1000.0 + seconds)
    assert first.endswith(f"up {words}")


def test_the_command(beacon):
    with beacon.client("session") as session:
        session.lock_session("demo_session")
        done = run_python("-m", "bliss.server", "status", BEACON_HOST=beacon.host)
    assert done.returncode == 0, done.stderr
    port = beacon.host.split(":")[1]
    assert f"at 127.0.0.1:{port} (process {beacon.process.pid}), up" in done.stdout
    for part in (str(DEMO), "demo_session: ", "1 viewer", " of 1 GB", "janitor"):
        assert part in done.stdout


def test_the_command_for_programs(beacon):
    done = run_python("-m", "bliss.server", "status", beacon.host, "--json")
    status = json.loads(done.stdout)
    assert status["pid"] == beacon.process.pid
    assert status["clients"] == {"viewer": 1}
    assert (
        0 < status["servers"]["data"]["memory"]["used"] < status["servers"]["data"]["memory"]["max"]
    )


def test_the_command_where_there_is_no_beacon():
    done = run_python("-m", "bliss.server", "status", f"localhost:{free_port()}")
    assert done.returncode == 2
    assert "bliss-beacon: no Beacon answers at localhost" in done.stderr
    assert "Traceback" not in done.stderr
