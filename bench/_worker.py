"""The other side of `bench.worker`: `python -m bench._worker ROLE patched|plain`."""

import sys

if sys.argv[2] == "patched":
    from gevent import monkey  # nothing may be imported before it

    monkey.patch_all()

import contextlib
import inspect
import json
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, TextIO


def main() -> None:
    """Do what the lines on standard input say, until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed must not get between the answers
    module, _, name = sys.argv[1].partition(":")
    with contextlib.ExitStack() as stack:
        try:
            kind = getattr(import_module(f"bench.roles.{module}"), name)
            role = stack.enter_context(kind())
        except Exception as error:  # noqa: BLE001 - the other side raises it
            _send_error(answers, error)
            return
        _send(answers, result="ready")
        for line in _requests():
            method, arguments = json.loads(line)
            _answer(answers, getattr(role, method), **arguments)


def _requests() -> Iterator[str]:
    if sys.argv[2] != "patched":
        return iter(sys.stdin)
    from gevent.fileobject import FileObject  # noqa: PLC0415 - else the greenlets would not run on

    return iter(FileObject(0, "r", closefd=False))


def _answer(answers: TextIO, method: Callable[..., Any], **arguments: Any) -> None:
    try:
        result = method(**arguments)
        for each in result if inspect.isgenerator(result) else [result]:
            _send(answers, result=each)
    except Exception as error:  # noqa: BLE001 - the other side raises it
        _send_error(answers, error)


def _send_error(answers: TextIO, error: Exception) -> None:
    _send(answers, error=f"{type(error).__name__}: {error}")


def _send(answers: TextIO, **answer: Any) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
