"""Who may do what: each command by each role on each server, tried against the real ones."""

import queue

import pytest
import redis

from bliss.common.errors import BeaconError
from bliss.config.channels import Channel, EventChannel, SettingsServerError
from bliss.config.settings import HashSetting, SimpleSetting
from bliss.data import creation, keys
from tests.data_tree import ScanWriter

WAIT = 20.0  #: seconds; what is waited for comes at once

ROLES = {"s": "session", "w": "writer", "c": "client", "v": "viewer"}
CHANNEL = "bliss:channel:value:x bliss:channel:index"

#: The commands, who may give them to the data server, and who to the settings server.
TABLE = [
    # to read
    ("PING", "swcv", "swcv"),
    ("GET text", "swcv", "swcv"),
    ("EXISTS text", "swcv", "swcv"),
    ("TTL text", "swcv", "swcv"),
    ("HGETALL hash", "swcv", "swcv"),
    ("HMGET hash a b", "swcv", "swcv"),
    ("SMEMBERS set", "swcv", "swcv"),
    ("ZRANGE sorted 0 -1", "swcv", "swcv"),
    ("XREAD STREAMS stream 0", "swcv", "swcv"),
    ("XRANGE stream - +", "swcv", "swcv"),
    ("XREVRANGE stream + -", "swcv", "swcv"),
    ("XLEN stream", "swcv", "swcv"),
    ("XINFO STREAM stream", "swcv", "swcv"),
    ("XINFO GROUPS stream", "swcv", "swcv"),
    ("MEMORY USAGE stream", "swcv", "swcv"),
    ("SCAN 0", "swcv", "swcv"),
    ("DBSIZE", "swcv", "swcv"),
    ("INFO server", "swcv", "swcv"),
    ("TIME", "swcv", "swcv"),
    ("ACL WHOAMI", "swcv", "swcv"),
    ("CLIENT SETNAME me", "swcv", "swcv"),
    ("PUBSUB NUMSUB topic", "swcv", "swcv"),
    ("SUBSCRIBE topic", "swcv", "swcv"),
    # to make scans
    ("XADD stream * a b", "s", "s"),
    ("XADD stream NOMKSTREAM 9999999999999-0 a b", "s", "s"),
    ("HSET hash a b", "s", "s"),
    ("HINCRBY counts a 1", "s", "s"),
    ("SADD set a", "s", "s"),
    ("SREM set a", "s", "s"),
    ("XGROUP CREATE stream other $", "s", "s"),
    ("XGROUP DESTROY stream other", "s", "s"),
    # to mark what is safely on disk
    ("XGROUP SETID stream group 1-0", "w", "s"),
    ("XACK stream group 1-0", "w", "s"),
    ("XREADGROUP GROUP group me STREAMS stream >", "", "s"),
    ("XGROUP DELCONSUMER stream group me", "", "s"),
    # to change anything else
    ("SET text b", "", "s"),
    ("INCR count", "", "s"),
    ("GETDEL text", "", "s"),
    ("HDEL hash a", "", "s"),
    ("ZADD sorted 1 a", "", "s"),
    ("RPUSH list a", "", "s"),
    ("PFADD estimate a", "", "s"),
    ("COPY hash copy", "", "s"),
    ("RENAME copy moved", "", "s"),
    # to expire, trim or delete
    ("EXPIRE hash 1000", "", "s"),
    ("PEXPIREAT hash 99999999999999", "", "s"),
    ("PERSIST hash", "", "s"),
    ("XTRIM stream MAXLEN 10", "", "s"),
    ("XDEL stream 1-0", "", "s"),
    ("XSETID stream 99999999999999-0", "", "s"),
    ("DEL moved", "", "s"),
    ("UNLINK moved", "", "s"),
    # to share values, in the keys and pub/sub channels that are for this
    (f"FCALL bliss_channel_set 2 {CHANNEL} holder bliss:channel:x 1 0", "s", "swc"),
    ("PUBLISH bliss:events:x 1", "", "swc"),
    ("PUBLISH topic 1", "", "s"),
    ("HSET bliss:channel:value:y a b", "s", "swc"),
    ("FCALL bliss_hash_incr 1 hash n 1 \x00", "s", "s"),
    # programs
    ("EVAL return 0", "", ""),
    ("EVAL_RO return 0", "", ""),
    ("SCRIPT LOAD return", "", ""),
    ("SCRIPT FLUSH", "", ""),
    ("SCRIPT KILL", "", ""),
    ("FUNCTION LOAD x", "", ""),
    ("FUNCTION DELETE bliss_data", "", ""),
    ("FUNCTION FLUSH", "", ""),
    ("FUNCTION KILL", "", ""),
    # the server itself
    ("FLUSHALL", "", ""),
    ("FLUSHDB", "", ""),
    ("SWAPDB 0 0", "", ""),
    ("CONFIG GET *", "", ""),
    ("CONFIG SET maxmemory 0", "", ""),
    ("DEBUG SLEEP 0", "", ""),
    ("SHUTDOWN", "", ""),
    ("ACL LIST", "", ""),
    ("ACL SETUSER viewer allcommands", "", ""),
    ("CLIENT LIST", "", ""),
    ("CLIENT KILL TYPE normal", "", ""),
    ("CLIENT PAUSE 1", "", ""),
    ("MONITOR", "", ""),
    ("KEYS *", "", ""),
    ("SORT list", "", ""),
    ("REPLICAOF NO ONE", "", ""),
    ("MODULE LIST", "", ""),
    ("SAVE", "", ""),
    ("BGREWRITEAOF", "", ""),
    ("MIGRATE localhost 1 key 0 1", "", ""),
    ("RESTORE key 0 x", "", ""),
]


def is_allowed(connection: redis.Connection, command: str) -> bool:
    """Give a command; what the server thinks of it otherwise does not matter."""
    connection.send_command(*command.split(" "))
    try:
        connection.read_response()
    except redis.exceptions.NoPermissionError:
        return False
    except redis.ResponseError as error:
        return "DEBUG command not allowed" not in str(error)  # to nobody, Beacon included
    if command.startswith("SUBSCRIBE"):
        connection.disconnect()
    return True


def wrong_cells(connection: redis.Connection, letter: str, column: int) -> list[str]:
    return [
        f"{ROLES[letter]}: {row[0]}"
        for row in TABLE
        if is_allowed(connection, row[0]) != (letter in row[column])
    ]


def test_the_table(own_beacon):
    wrong = []
    for letter, role in ROLES.items():
        with own_beacon.client(role) as client:
            for column, name in enumerate(("data", "settings"), 1):
                pool = client.redis(name).connection_pool
                connection = pool.get_connection()
                wrong += [f"{name}, {cell}" for cell in wrong_cells(connection, letter, column)]
                pool.release(connection)
    assert wrong == []


def test_a_session_makes_scans_and_a_writer_marks_them(own_beacon):
    with own_beacon.client("session") as session, own_beacon.client("writer") as writer:
        data = session.redis("data")
        creation.create_nodes(
            data,
            [
                creation.NewNode("s", "session"),
                creation.NewNode("s:data", "container"),
                creation.NewNode("s:data:1", "scan", {}, "s:data:1", ["writer"]),
            ],
        )
        creation.mark_prepared(data, "s:data:1")
        assert creation.end_scan(data, "s:data:1", "complete", "", {})
        marks = writer.redis("data")
        assert marks.xgroup_setid(keys.prepared("s:data:1"), "writer", "1-0")
        (group,) = marks.xinfo_groups(keys.prepared("s:data:1"))
        assert group["last-delivered-id"] == b"1-0"


@pytest.mark.parametrize("role", ["client", "viewer", "writer"])
def test_only_a_session_makes_scans(beacon, role):
    with beacon.client(role) as client, pytest.raises(redis.exceptions.NoPermissionError):
        ScanWriter(client.redis("data"))


@pytest.mark.parametrize("role", ["session", "writer", "client"])
def test_channels_are_for_all_but_viewers(beacon, role):
    with beacon.client(role) as mine, beacon.client() as other:
        with Channel("shared", value=1, beacon=mine), Channel("shared", beacon=other) as there:
            assert there.value == 1
        with EventChannel("shared", beacon=mine) as events:
            events.post("hello")


def test_a_viewer_reads_a_channel_and_does_not_set_it(beacon):
    with (
        beacon.client() as client,
        beacon.client("viewer") as viewer,
        Channel("seen", value=1, beacon=client) as held,
        Channel("seen", beacon=viewer) as seen,
    ):
        assert seen.value == 1
        with pytest.raises(SettingsServerError) as caught:
            seen.value = 2
        assert str(caught.value).startswith("Channel 'seen' cannot be set: the role of this client")
        held.value = 3
        heard = queue.Queue()
        seen.register_callback(heard.put)
        held.value = 4
        while heard.get(timeout=WAIT) != 4:
            pass
        assert seen.value == 4


@pytest.mark.parametrize("role", ["client", "writer", "viewer"])
def test_settings_are_set_by_sessions(beacon, role):
    with beacon.client(role) as client:
        for set_it in (
            lambda: SimpleSetting("mine", beacon=client).set(1),
            lambda: HashSetting("mine", beacon=client).set("a", 1),
            lambda: HashSetting("mine", beacon=client).incr("a"),
        ):
            with pytest.raises(SettingsServerError, match="the role of this client"):
                set_it()
        assert SimpleSetting("mine", 5, beacon=client).get() == 5


@pytest.mark.parametrize("role", ["client", "writer", "viewer"])
def test_sessions_are_held_by_sessions(beacon, role):
    with beacon.client(role) as client, pytest.raises(BeaconError) as caught:
        client.lock_session("demo_session")
    assert str(caught.value) == f"role {role!r} cannot hold a session; connect with role 'session'"


@pytest.mark.parametrize("role", ["client", "session", "viewer"])
def test_consumers_are_writers(beacon, role):
    with beacon.client(role) as client, pytest.raises(BeaconError, match="with role 'writer'"):
        client.announce_consumer("writer", "demo_session")
