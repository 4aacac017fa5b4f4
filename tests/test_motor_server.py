"""The simulated motor controller: its words, its memory, and how it bears nonsense."""

import math
import random
import socket

import pytest

from hardware import motor_server
from hardware._kept_file import KeptFile
from hardware._motor_rack import MotorRack
from hardware._motor_trouble import FailingRack
from tests.beacon_process import run_python
from tests.motor_server import MotorServer, Voice


def test_its_words():
    rack = MotorRack(2)
    talk = [
        (0.0, "?STATUS 1", "OK 0 0.000000 READY"),
        (0.0, "VEL 1 1000", "OK"),
        (0.0, "acc 1 1e4", "OK"),
        (0.0, "MOVE 1 2000.4 2 -5", "OK"),
        (0.05, "MOVE 1 0", "ERR it is moving"),
        (0.05, "POS 1 0", "ERR it is moving"),
        (1.05, "?STATUS 1", "OK 1000 1.050000 MOVING"),
        (1.05, "STOP 1", "OK"),
        (2.0, "?STATUS 1", "OK 1050 0.000000 READY"),
        (2.0, "POS 1 7", "OK"),
        (2.0, "?POS 1", "OK 7"),
        (2.0, "?ENC 1", "OK 7"),
        (2.0, "?VEL 1", "OK 1000.0"),
        (2.0, "LIMIT 1 1", "OK"),
        (1e6, "?STATUS 1", "OK 103957 0.000000 READY,LIMPOS"),
        (1e6, "HOME 2", "OK"),
        (2e6, "?STATUS 2", "OK 0 0.000000 READY,HOME"),
        (2e6, "OFF 2", "OK"),
        (2e6, "MOVE 1 0 2 10", "ERR motor 2: it has no power"),
        (2e6, "?STATUS 1", "OK 103957 0.000000 READY,LIMPOS"),
        (2e6, "ON 2", "OK"),
        (2e6, "JOG 2 -10", "OK"),
        (2e6 + 100, "?STATUS 2", f"OK -1000 {(104000 + 0.001) / 10:.6f} MOVING"),
    ]
    for now, request, answer in talk[:-1]:
        assert rack.answer(request, now) == answer, request
    assert rack.answer(talk[-1][1], talk[-1][0]).endswith(" MOVING")


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ("", "unknown command ''"),
        ("JUMP 1", "unknown command 'JUMP'"),
        ("?POS", "expected a motor, got ''"),
        ("?POS 3", "no motor '3'; there are 1 to 2"),
        ("?POS ²", "no motor '²'; there are 1 to 2"),
        ("VEL 1", "expected a motor and a number, got '1'"),
        ("VEL 1 nan", "'nan' is no number"),
        ("VEL 1 0", "0.0 is not above 0"),
        ("MOVE 1", "expected pairs of a motor and a position"),
        ("!GARBAGE xy", "'xy': expected hexadecimal digits"),
    ],
)
def test_what_it_does_not_understand(request_, reason):
    assert FailingRack(2).answer(request_, 0.0) == f"ERR {reason}"


def test_a_fault_has_its_reason():
    rack = FailingRack(1)
    rack.answer("!FAULT 1 0.2 no air at all", 0.0)
    rack.answer("MOVE 1 5000", 0.0)
    assert rack.answer("?STATUS 1", 1.0) == "OK 200 0.000000 FAULT no air at all"


def test_it_knows_what_it_knew():
    rack = FailingRack(2)
    rack.answer("!SWITCHES 1 -500 900", 0.0)
    rack.answer("MOVE 1 100", 0.0)
    rack.answer("POS 1 1100", 5.0)
    again = FailingRack(2, rack.kept(5.0))
    assert again.kept(0.0) == rack.kept(5.0)
    assert again.answer("?STATUS 1", 0.0) == "OK 1100 0.000000 READY"
    again.answer("LIMIT 1 1", 0.0)
    assert again.answer("?STATUS 1", 100.0) == "OK 1900 0.000000 READY,LIMPOS"


@pytest.mark.parametrize("kept", [{}, {"1": None}, {"1": {"position": "x"}}, {"1": []}])
def test_it_is_as_new_where_it_knows_nothing(kept):
    assert MotorRack(1, kept).kept(0.0) == MotorRack(1).kept(0.0)
    assert MotorRack(1).kept(0.0)["1"]["position"] == 0


def test_the_file(tmp_path):
    file = KeptFile(tmp_path / "motors.json")
    assert file.read() == {}
    file.write({"1": {"position": 3}})
    assert KeptFile(tmp_path / "motors.json").read() == {"1": {"position": 3}}
    (tmp_path / "motors.json").write_text("[1, 2")
    assert file.read() == {}
    KeptFile(tmp_path / "gone" / "motors.json").write({"1": 2})
    KeptFile(None).write({"1": 2})
    assert KeptFile(None).read() == {}


def test_after_a_power_cycle_it_does_not_know_where_it_is():
    rack = FailingRack(1)
    rack.answer("MOVE 1 100", 0.0)
    rack.answer("!POWERCYCLE", 5.0)
    assert rack.answer("?POS 1", 5.0) == "OK 0"
    assert rack.answer("!PLACE 1", 5.0) == "OK 100"
    assert rack.cut == (0.0, 0.0)


def test_several_clients_and_nonsense(tmp_path):
    dice = random.Random(1)
    with MotorServer("--state", tmp_path / "motors.json") as server:
        host, _, port = server.address.rpartition(":")
        for _ in range(20):
            with socket.create_connection((host, int(port)), timeout=10) as client:
                client.sendall(dice.randbytes(dice.randrange(1, 3000)) + b"\n")
                assert client.recv(3) == b"ERR"
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"x" * 100_000)
            assert client.recv(100) == b"ERR this line is too long\n"
        one, two = Voice(server.address), Voice(server.address)
        one.say("MOVE 1 20")
        assert two.say("?STATUS 1").endswith("MOVING")
        while "MOVING" in one.say("?STATUS 1"):
            pass
        one.close()
        two.close()
    with MotorServer("--state", tmp_path / "motors.json") as server:
        one = Voice(server.address)
        assert one.say("?POS 1") == "20"
        one.close()


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_python("-m", "hardware.motor_server", "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith("bliss-simulated-motors: ")
    assert "Address already in use" in done.stderr


def test_of_two_for_one_folder_one_ends(tmp_path):
    with open(tmp_path / "lock", "w") as lock:
        motor_server.fcntl.flock(lock, motor_server.fcntl.LOCK_EX)
        done = run_python("-m", "hardware.motor_server", "--embedded", tmp_path)
    assert done.returncode == motor_server.BUSY
    assert not (tmp_path / "port").exists()


def test_infinite_switches_are_kept():
    rack = FailingRack(1)
    rack._motors[1].switches = (-math.inf, math.inf)
    assert FailingRack(1, rack.kept(0.0))._motors[1].switches == (-math.inf, math.inf)
