"""docs/writing_a_controller.md does what it says; its controller passes the contract suite."""

import re
import subprocess
import sys
from pathlib import Path

from tests.beacon_process import DEMO, ROOT, BeaconProcess, python_environment
from tests.motor_server import MotorServer
from tests.terminal import Terminal

PAGE = (ROOT / "docs" / "writing_a_controller.md").read_text()


def block_with(text, language="python"):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.S | re.M)
    (found,) = [block for kind, block in blocks if kind == language and text in block]
    return found


def write_controller(folder: Path) -> str:
    code = block_with("class AcmeController") + "\n" + block_with("def read_velocity")
    (folder / "acme.py").write_text(code)
    return code


def test_from_nothing_to_the_prompt(tmp_path):
    (tmp_path / "acme.py").write_text(block_with("class AcmeController"))
    config = tmp_path / "sessions.yml"
    demo = DEMO.read_text().replace("config-objects:\n", "config-objects:\n      - acme\n")
    with MotorServer() as motors:
        mine = block_with("acme.AcmeController", "yaml").replace("localhost:5025", motors.address)
        config.write_text(demo.replace("controllers:\n", "controllers:\n" + mine, 1))
        with (
            BeaconProcess(tmp_path / "state", config=config) as beacon,
            Terminal("-s", "demo_session", home=tmp_path, environment=beacon.env) as terminal,
        ):
            terminal.wait_for_prompt()
            moved, _, scan, shown = [
                terminal.run(line) for line in block_with("umv(theta", "").splitlines()
            ]
    assert "1.5000" in moved
    assert "complete after 5 points" in scan
    assert "theta: axis of acme, READY" in shown
    assert re.search(r"position +10.0 deg", shown)
    assert re.search(r"velocity +5.0 deg/s|velocity +not known", shown)


def test_it_is_about_a_hundred_lines_and_passes_the_contract(tmp_path):
    code = write_controller(tmp_path)
    assert 60 < len(code.splitlines()) < 120
    with MotorServer() as motors:
        rig = block_with("class AcmeRig").replace("localhost:5025", motors.address)
        (tmp_path / "acme_rig.py").write_text(rig)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "tests/test_axis_contract.py"],
            env=python_environment(AXIS_RIG="acme_rig.AcmeRig", PYTHONPATH=f"{ROOT}:{tmp_path}"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    assert re.search(r"\b[3-9]\d passed", done.stdout), done.stdout
