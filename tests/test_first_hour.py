"""Who follows docs/first_hour.md meets no surprise."""

import re
import subprocess
import sys

from tests.beacon_process import ROOT, free_port, python_environment
from tests.screen import Screen
from tests.terminal import SHELL, WAIT

PAGE = (ROOT / "docs" / "first_hour.md").read_text()
PROMPT = re.compile(r"^ALIGN \[(\d+)\]: (.+)\n((?:(?!ALIGN \[).*\n)*)", re.M)
#: differs from machine to machine, or from run to run
VARIES = re.compile(r"started|created|session align of|memory|about|^complete after|dead time")


def plain(line):
    """Without what differs from run to run."""
    return re.sub(r"[\d.]+|\s+", lambda found: "0" if found[0].strip() else " ", line).strip()


def test_the_page_is_followed(tmp_path):
    environment = {"BEACON_HOST": f"localhost:{free_port()}", "HOME": str(tmp_path)}
    made = subprocess.run(
        [sys.executable, "-c", SHELL, "-c", "align"],
        env=python_environment(**environment), cwd=tmp_path, capture_output=True, text=True,
        timeout=WAIT, check=False,
    )  # fmt: skip
    assert made.stdout.startswith(f"created align in {tmp_path}/sessions.yml"), made.stderr
    assert "open it with: bliss-shell -s align" in made.stdout
    with Screen("-s", "align", home=tmp_path, environment=environment) as screen:
        screen.wait_for(r"ALIGN \[1\]:")
        screen.resize(columns=80)
        for number, line, shown in PROMPT.findall("".join(PAGE.split("```")[1::2])):
            screen.type("\x15\x0c")
            screen.wait_to_see(rf"\AALIGN \[{number}\]:$")
            screen.type(line)
            if shown.startswith(" ascan("):  # it is shown while the line is typed
                screen.wait_to_see(rf"^{re.escape(shown.rstrip())}")
                continue
            screen.type("\r")
            screen.wait_to_see(rf"^ALIGN \[{int(number) + 1}\]:$")
            seen = {plain(each) for each in screen.lines}
            wanted = [each for each in shown.splitlines() if each and not VARIES.search(each)]
            assert not [each for each in wanted if plain(each) not in seen], "\n".join(screen.lines)
        assert screen.leave() == 0
