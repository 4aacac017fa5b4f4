"""What has to hold after each trial."""

from collections.abc import Collection, Mapping
from typing import Any

from tests.campaign.keyboard import Keyboard
from tests.campaign.witness import Witness

NEXT = "loopscan(2, .001, diode1)"  #: the scan that has to run after a trial


def check_session(told: Mapping[str, Any]) -> None:
    """Nothing moves, nothing is left behind."""
    assert told["moving"] == [], f"still moving: {told['moving']}"
    assert told["extra"] == {}, f"left behind: {told['extra']}"


def check_scans(told: Mapping[str, Any], witness: Witness, possible: Collection[str]) -> str:
    """Each scan has ended truly, and the witness saw the same; the outcomes, in words."""
    for scan in told["scans"]:
        check_scan(scan, possible)
        if scan["has_node"] or scan["name"] in witness.scans:
            seen = witness.end_of(scan["name"])
            expected = (scan["outcome"], scan["reason"])
            assert seen == expected, f"the follower saw {seen} of {scan}"
    return ", ".join(scan["outcome"] for scan in told["scans"]) or "no scan"


def check_scan(
    scan: Mapping[str, Any], possible: Collection[str], *, has_data: bool = True
) -> None:
    """It has ended in a possible way, complete only with all points, else with a reason."""
    assert scan["outcome"] in possible, f"{scan}: expected one of {possible}"
    if scan["outcome"] == "complete":
        assert scan["reason"] == "", scan
        assert scan["points"] == [scan["npoints"]] or not has_data, scan
    else:
        assert scan["reason"], scan


def check_next_scan(shell: Keyboard, witness: Witness, line: str = NEXT) -> None:
    """The next scan runs to its end, and leaves nothing behind."""
    told = shell.ask(line)
    check_session(told)
    assert len(told["scans"]) == 1, told
    assert check_scans(told, witness, ["complete"]) == "complete"
    witness.wait_for_all_ends()
