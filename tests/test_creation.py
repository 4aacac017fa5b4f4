"""Writing the tree: creating nodes, ending scans, appending blocks; also on a full server."""

import threading
from dataclasses import replace

import gevent
import numpy as np
import pytest
import redis

from bliss.common.errors import DataLostError
from bliss.data import creation, keys
from bliss.data.append import Appender, Block, ServerFullError, _check_accepted
from bliss.data.creation import NewNode, create_nodes, end_scan, mark_prepared
from bliss.data.encoding import PointType
from tests.data_tree import ScanWriter, data_server, fill, make_room

IMAGE = PointType("<u2", (200, 200))


@pytest.fixture
def server():
    with data_server() as client:
        yield client


def everything(client):
    """All keys and what they hold."""
    found = {}
    for key in client.scan_iter():
        kind = client.type(key)
        read = {
            b"hash": client.hgetall,
            b"set": client.smembers,
            b"stream": lambda key: (client.xrange(key), client.xinfo_groups(key)),
        }[kind]
        found[key] = read(key)
    return found


def nodes():
    return [
        NewNode("s", "session"),
        NewNode("s:data", "container"),
        NewNode("s:data:1_ct", "scan", {"title": "ct", "npoints": 1}, "s:data:1_ct"),
        NewNode("s:data:1_ct:timer", "master", scan="s:data:1_ct"),
        NewNode(
            "s:data:1_ct:timer:epoch",
            "channel",
            {"dtype": "<f8", "shape": (), "unit": "s"},
            "s:data:1_ct",
        ),
    ]


def test_the_keys_of_a_scan(server):
    create_nodes(server, nodes())
    found = everything(server)
    assert set(found) == {
        b"s",
        b"s_children_list",
        b"s_containers",
        b"s_unfinished",
        b"s:data",
        b"s:data_children_list",
        b"s:data:1_ct",
        b"s:data:1_ct_info",
        b"s:data:1_ct_children_list",
        b"s:data:1_ct_nodes",
        b"s:data:1_ct_prepared",
        b"s:data:1_ct:timer",
        b"s:data:1_ct:timer_children_list",
        b"s:data:1_ct:timer:epoch",
        b"s:data:1_ct:timer:epoch_info",
        b"s:data:1_ct:timer:epoch_data",
    }
    assert found[b"s:data:1_ct"] == {
        b"name": b"1_ct",
        b"db_name": b"s:data:1_ct",
        b"node_type": b"scan",
        b"parent": b"s:data",
        b"version": b"1",
        b"children": b"1",
    }
    child = {b"db_name": b"s:data:1_ct", b"node_type": b"scan"}
    assert found[b"s:data_children_list"] == ([(found[b"s:data"][b"children"] + b"-0", child)], [])
    assert found[b"s:data:1_ct_children_list"][0][0][0] == b"1-0"
    assert found[b"s:data:1_ct:timer:epoch_data"] == ([], [])
    assert found[b"s_containers"] == {b"s:data"}
    assert found[b"s_unfinished"] == {b"s:data:1_ct"}
    assert found[b"s:data:1_ct_nodes"] == {b"s:data:1_ct:timer", b"s:data:1_ct:timer:epoch"}


def test_creating_again_changes_nothing(server):
    create_nodes(server, nodes())
    mark_prepared(server, "s:data:1_ct")
    before = everything(server)
    create_nodes(server, nodes())
    mark_prepared(server, "s:data:1_ct")
    assert everything(server) == before


def test_a_node_whose_parent_is_gone_is_not_created(server):
    with pytest.raises(DataLostError, match=r"s:data:1_ct: 's:data' above it is gone"):
        create_nodes(server, nodes()[2:])
    assert server.keys() == []


def test_metadata_that_is_not_plain_is_refused_before_anything_is_sent(server):
    with pytest.raises(TypeError, match="s: metadata 'thing'"):
        create_nodes(server, [NewNode("s", "session", {"thing": object()})])
    assert server.keys() == []


def test_a_scan_that_is_gone_cannot_be_announced(server):
    with pytest.raises(DataLostError, match="s:data:1_ct is gone"):
        mark_prepared(server, "s:data:1_ct")
    assert server.keys() == []


def test_the_first_end_wins(server):
    create_nodes(server, nodes())
    scan = "s:data:1_ct"
    assert end_scan(server, scan, "stopped", "enough", {"outcome": "stopped"})
    assert not end_scan(server, scan, "lost", "too late", {"outcome": "lost"})
    ((entry_id, fields),) = server.xrange(keys.end(scan))
    assert entry_id == b"1-0"
    assert (fields[b"outcome"], fields[b"reason"]) == (b"stopped", b"enough")
    assert server.hget(keys.info(scan), "outcome") == b"\xa7stopped"
    assert server.smembers(keys.unfinished("s")) == set()
    assert server.smembers(keys.ended("s")) == {scan.encode()}


def test_a_container_that_comes_again_goes_on_with_larger_numbers(server):
    create_nodes(server, nodes())
    before = server.xrange(keys.children("s:data"))[0][0]
    server.delete("s:data", keys.children("s:data"), *keys.of_scan("s:data:1_ct", ["x"]))
    create_nodes(server, nodes())
    assert server.xrange(keys.children("s:data"))[0][0] > before


def test_required_consumers_have_a_position_in_every_stream(server):
    create_nodes(server, [replace(node, consumers=("writer", "copy")) for node in nodes()])
    for key in (keys.prepared("s:data:1_ct"), keys.data("s:data:1_ct:timer:epoch")):
        groups = [(g["name"], g["last-delivered-id"]) for g in server.xinfo_groups(key)]
        assert groups == [(b"copy", b"0-0"), (b"writer", b"0-0")]


def test_a_scan_that_is_gone_is_not_ended(server):
    assert not end_scan(server, "s:data:1_ct", "lost", "", {"outcome": "lost"})
    assert server.keys() == []


def test_on_a_full_server_nothing_is_begun_but_everything_ends(server):
    with_scan = nodes()
    create_nodes(server, with_scan)
    fill(server)
    with pytest.raises(ServerFullError, match="s:data:1_ct:timer:epoch: the data server is full"):
        create_nodes(server, with_scan)
    with pytest.raises(ServerFullError, match="full"):
        mark_prepared(server, "s:data:1_ct")
    assert end_scan(server, "s:data:1_ct", "failed", "full", {"outcome": "failed"})
    assert server.xlen(keys.end("s:data:1_ct")) == 1


@pytest.fixture
def writer(server):
    writer = ScanWriter(server, channels={"x": PointType("<f8", ()), "image": IMAGE})
    yield writer
    writer.close()


def stored(client, writer, channel):
    return [entry_id for entry_id, _ in client.xrange(keys.data(writer.channel(channel)))]


def test_a_block_that_is_sent_again_is_stored_once(server, writer):
    blocks = [writer.block("x", np.arange(3.0)), writer.block("image", np.zeros((2, 200, 200)))]
    writer.appender.append(blocks)
    writer.appender.append(blocks)
    writer.appender.append([blocks[1], writer.block("x", np.arange(2.0))])
    assert stored(server, writer, "x") == [b"3-0", b"5-0"]
    assert stored(server, writer, "image") == [b"2-0"]


def test_a_block_is_sent_again_over_a_new_connection(server, writer):
    blocks = [writer.block("x", np.arange(3.0))]
    appender = writer.appender
    appender.append(blocks)
    server.client_kill_filter(_type="normal", skipme=True)
    with pytest.raises(redis.ConnectionError):
        appender.append(blocks)
    appender.disconnect()
    appender.append(blocks)
    assert stored(server, writer, "x") == [b"3-0"]


def test_a_stream_that_is_gone_is_noticed(server, writer):
    server.delete(keys.data(writer.channel("x")))
    blocks = [writer.block("image", np.zeros((1, 200, 200))), writer.block("x", [1.0])]
    with pytest.raises(DataLostError, match="axis:x: its data is gone"):
        writer.appender.append(blocks)
    assert not server.exists(keys.data(writer.channel("x")))
    writer.appender.append([writer.block("image", np.zeros((1, 200, 200)))])


def test_a_scan_that_is_gone_is_noticed_without_sending_points(server, writer):
    writer.appender.check(writer.name)
    server.delete(keys.node(writer.name))
    with pytest.raises(DataLostError, match="1_scan: its data is gone"):
        writer.appender.check(writer.name)


def test_on_a_full_server_the_same_blocks_are_sent_when_there_is_room(server, writer):
    blocks = [writer.block("x", np.arange(3.0)), writer.block("image", np.ones((2, 200, 200)))]
    fill(server)
    for _ in range(3):
        with pytest.raises(ServerFullError, match="full"):
            writer.appender.append(blocks)
    assert stored(server, writer, "x") == []
    make_room(server)
    writer.appender.append(blocks)
    assert stored(server, writer, "x") == [b"3-0"]
    assert stored(server, writer, "image") == [b"2-0"]


def test_a_server_that_becomes_full_before_exec_is_full(server, writer):
    connection = server.connection_pool.get_connection()
    connection.send_command("MULTI")
    connection.read_response()
    connection.send_command("XADD", keys.data(writer.channel("x")), "1-0", "n", 1)
    connection.read_response()
    fill(server)
    connection.send_command("EXEC")
    with pytest.raises(redis.ResponseError) as refused:
        connection.read_response()
    server.connection_pool.release(connection)
    with pytest.raises(ServerFullError):
        _check_accepted(refused.value)


def test_another_refusal_comes_out_and_the_connection_goes_on(server, writer):
    server.delete(keys.data(writer.channel("x")))
    server.set(keys.data(writer.channel("x")), "no stream")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        writer.appender.append([writer.block("x", [1.0])])
    writer.appender.append([writer.block("image", np.zeros((1, 200, 200)))])
    assert stored(server, writer, "image") == [b"1-0"]


def test_an_interrupted_append_leaves_no_answer_behind(server, writer):
    """The connection goes back to the pool, and the next to use it must not read late replies."""
    server.client_pause(60_000, all=False)  # writes are answered later
    interrupted = gevent.spawn(writer.appender.append, [writer.block("x", [1.0])])
    while all(int(client["multi"]) < 0 for client in server.client_list()):
        gevent.sleep(0.001)
    interrupted.kill()
    writer.appender.close()
    server.client_unpause()
    assert server.echo("mine") == b"mine"
    assert [server.incr("count") for _ in range(3)] == [1, 2, 3]
    appender = Appender(server)
    appender.append([Block(writer.channel("x"), 1, {"n": b"1", "d": bytes(8)})])
    appender.close()
    assert stored(server, writer, "x") == [b"1-0"]


def test_ending_from_many_sides_at_once_ends_once(server):
    create_nodes(server, nodes())
    won = []

    def end(who):
        won.append(creation.end_scan(server, "s:data:1_ct", "lost", who, {}))

    threads = [threading.Thread(target=end, args=(str(n),)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 4 + [True]
