"""The page docs/alignment.md, run from its first block to its last, as at the prompt."""

import re
from pathlib import Path

import pytest

import scans
from bliss_shell.plotting import plot

PAGE = Path(__file__).parent.parent / "docs" / "alignment.md"


def test_the_page(demo, session, capsys):
    names = {name: getattr(scans, name) for name in scans.__all__}
    names |= {"plot": plot, "SCANS": session.scans, **demo}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.S | re.M):
        exec(block, names)
    shown = capsys.readouterr().out
    assert re.search(
        r"moving robz from 5\.0000 to -?0\.\d+ mm, the centre of sim_ct_gauss_n", shown
    )
    assert "Gaussian: centre " in shown
    assert demo["robx"].position == pytest.approx(-2, abs=0.2)
    assert demo["robz"].position == pytest.approx(0, abs=0.1)
