"""Connections that are made, refused, or given up on the way."""

import _socket
import gc
import os
import socket
import warnings

import gevent
import gevent.socket
import pytest

from bliss.common.sockets import connected


def sockets():
    """The descriptors of this process that are sockets."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            what = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the folder's own
            continue
        found |= {name} if what.startswith("socket:") else set()
    return found


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as made:
        yield made


@pytest.mark.parametrize("module", [socket, gevent.socket, _socket])
def test_connects(listener, module):
    made = connected("127.0.0.1", listener.getsockname()[1], 3.0, module)
    other, _ = listener.accept()
    made.sendall(b"hello")
    assert other.recv(5) == b"hello"
    made.close()
    other.close()


@pytest.mark.parametrize("module", [socket, gevent.socket, _socket])
def test_a_refusal_is_an_oserror(listener, module):
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        connected("127.0.0.1", port, 3.0, module)


def test_who_is_killed_while_it_connects_leaves_no_socket(listener):
    port = listener.getsockname()[1]
    full = [connected("127.0.0.1", port, 3.0)]  # nobody accepts it, and there is room for one
    before = sockets()
    waiting = gevent.spawn(connected, "127.0.0.1", port, 30.0)
    while sockets() == before:
        gevent.sleep(0.001)
    with warnings.catch_warnings(record=True) as said:  # one is said of an unclosed socket
        warnings.simplefilter("always")
        waiting.kill(ZeroDivisionError)
        gc.collect()
    assert isinstance(waiting.exception, ZeroDivisionError)
    assert not said
    assert sockets() == before
    for each in full:
        each.close()
