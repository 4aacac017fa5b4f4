"""What the prompt keeps of each line is bounded."""

import linecache

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from bliss_shell.recent_lines import KEPT, RecentLines, forget_results


def test_the_source_of_old_lines_goes_and_that_of_definitions_stays():
    lines = RecentLines()
    defined = lines.cache("def f():\n    return 1 / 0\n", 1)
    short = lines.cache("half = lambda x: x / 2", 2)
    names = [lines.cache(f"a = {number}", number) for number in range(3, KEPT + 13)]

    assert linecache.getline(defined, 2) == "    return 1 / 0\n"
    assert linecache.getline(short, 1) == "half = lambda x: x / 2\n"
    assert [name for name in names if linecache.getline(name, 1)] == names[10:]
    for name in (defined, short, *names):
        linecache.cache.pop(name, None)


def test_results_go_when_the_lines_are_old():
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        for number in range(KEPT + 10):
            shell.run_cell(f"{number} + 1", store_history=True)
            forget_results(shell)
        kept = sorted(shell.user_ns["Out"])
        assert len(kept) <= KEPT
        assert kept[-1] == KEPT + 10
        assert "_1" not in shell.user_ns
        assert "_i1" not in shell.user_ns
        assert shell.user_ns["In"][1] == "0 + 1"
    finally:
        shell.restore_sys_module_state()
