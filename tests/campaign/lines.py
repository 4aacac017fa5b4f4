"""Thousands of lines typed in one session: nothing grows."""

from tests.beacon_process import BeaconProcess
from tests.campaign.keyboard import Keyboard
from tests.campaign.report import Part
from tests.campaign.verdict import check_session

KINDS = (
    "a = {n} + 1",
    "{n} * 2",
    "print({n})",
    "[i for i in range({n} % 100)]",
    "wa()",
    "sta()",
    "robx",
    "umv(robx, {n} % 5)",
    "mv(robx, 1000)",
    "1 / 0",
    "no_such_name",
    "ct(-1, diode1)",
    "ct(0, diode1)",
    "s = loopscan(3, 0, diode1, sim_ct_gauss)",
    "s = ascan(robz, 0, 1, 3, 0, sim_ct_gauss, save=False)",
    "SCANS[-1].get_data()",
)
WARM = 200  #: lines after which memory is to be flat
LOOKS = 8  #: how often it is looked at afterwards
MOST_GROWTH = 4.0  #: MB that memory may grow after that: `In` keeps what was typed


def run(part: Part) -> None:
    """Type the lines, and look now and then."""
    with (
        BeaconProcess(part.folder / "state") as beacon,
        Keyboard(beacon, part.folder) as shell,
    ):
        part.attempt(0, lambda: _type(part, shell), lambda: shell.text)


def _type(part: Part, shell: Keyboard) -> str:
    dice = part.dice(0)
    count = len(part.numbers)
    warm = min(WARM, count // 2)
    first, told = 0.0, {}
    for number in range(count):
        shell.forget()
        shell.run(dice.choice(KINDS).format(n=number))
        since = number + 1 - warm
        if since == 0:
            for _ in range(3):
                shell.ask("ct(0, diode1); inside.settle()")
        if since >= 0 and since % max(1, (count - warm) // LOOKS) == 0:
            told = shell.ask()
            check_session(told)
            first = first or told["rss"]
            growth = (told["rss"] - first) / 1e6
            alive = ", ".join(f"{what} {many}" for what, many in told["alive"].items())
            part.figures.append(f"line {number + 1}: {growth:+.1f} MB, {alive}")
    assert growth < MOST_GROWTH, f"memory grew by {growth:.1f} MB"
    return f"{count} lines"
