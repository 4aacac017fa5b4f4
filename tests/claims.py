"""A pytest plugin: several processes run one suite, and each runs the files that it claims first.

`python -m tests` starts them.  A claim is a file in a folder that they share.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--claims", type=Path, metavar="FOLDER", help="run only what nobody else ran")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """As pytest's own loop, but over what is claimed."""
    folder = session.config.getoption("claims")
    # what has failed is the collection of a file
    if folder is None or session.testsfailed or session.config.getoption("collectonly"):
        return None
    items = _claimed(session, folder)
    item = next(items, None)
    while item:
        following = next(items, None)  # pytest ends the fixtures that this one does not use
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


def _claimed(session: pytest.Session, folder: Path) -> Iterator[pytest.Item]:
    for path, items in groupby(session.items, lambda item: item.path):
        if _claim(folder / str(path.relative_to(session.config.rootpath)).replace("/", ".")):
            yield from items


def _claim(file: Path) -> bool:
    """Whether we are the first to ask for it."""
    try:
        file.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
