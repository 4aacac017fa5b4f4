"""The command `bliss-tail`: what happens in a session, a line each."""

import argparse
import contextlib
import json
import os
import select
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from bliss.beacon import get_beacon
from bliss.common.errors import BlissError, ConfigError
from bliss.data import keys
from bliss.data.events import Event, EventType, Gap, NewData, ScanEnd
from bliss.data.node import StopHandler, get_session_node


def main(arguments: Sequence[str] | None = None) -> int:
    """Print events until Ctrl-C, or until the reader of the output goes; the exit status."""
    options = _parser().parse_args(arguments)
    stop = StopHandler()
    show = as_json if options.json else as_text
    try:
        with _stopped_with_the_reader(stop):
            for event in _events(options, stop):
                sys.stdout.write(show(event, datetime.now()) + "\n")
                sys.stdout.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    except BlissError as error:
        sys.stderr.write(f"bliss-tail: {error}\n")
        return 1
    with contextlib.suppress(OSError):  # what is buffered has no reader
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bliss-tail", description="Print what happens in a session, a line for each event."
    )
    parser.add_argument("session", nargs="?", help="default: the only one there is")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--all", action="store_true", help="begin with all that is still in the data server"
    )
    return parser


def _events(options: argparse.Namespace, stop: StopHandler) -> Iterator[Event]:
    node = get_session_node(options.session or _only_session())
    walk = node.walk_events if options.all else node.walk_on_new_events
    return walk(stop_handler=stop)


def _only_session() -> str:
    known = get_beacon().session_names()
    if len(known) != 1:
        raise ConfigError(f"which session? There are: {', '.join(known) or 'none'}")
    return known[0]


@contextlib.contextmanager
def _stopped_with_the_reader(stop: StopHandler) -> Iterator[None]:
    """Stop the walk when nobody reads the output any longer, also while nothing happens."""
    ours, theirs = os.pipe()
    reader = select.poll()
    reader.register(sys.stdout.fileno(), 0)  # only that the other end is closed
    reader.register(ours, 0)

    def watch() -> None:
        if sys.stdout.fileno() in (descriptor for descriptor, _ in reader.poll()):
            stop.stop()

    watcher = threading.Thread(target=watch, name="reader of bliss-tail")
    watcher.start()
    try:
        yield
    finally:
        os.close(theirs)  # wakes the watcher
        watcher.join()
        os.close(ours)


def as_text(event: Event, now: datetime) -> str:
    """An event for people."""
    node, data = event.node, event.data
    about = f"{now:%H:%M:%S}.{now.microsecond // 1000:03d}  {node.db_name}"
    if isinstance(data, NewData):
        last = data.data[-1]
        shown = f", the last {last:.6g}" if isinstance(last, float | np.number) else ""
        return f"{about}  {data.npoints} new from {data.first_index}{shown}"
    if isinstance(data, Gap):
        return f"{about}  points {data.first_index} to {data.last_index} are missing"
    if isinstance(data, ScanEnd):
        why = f": {data.reason}" if data.reason else ""
        return f"{about}  ended {data.outcome}{why}"
    if event.type is EventType.NEW_NODE:
        title = f"  {node.info.get_all().get('title', '')}" if node.type in keys.SCANS else ""
        return f"{about}  new {node.type}{title}"
    return f"{about}  {event.type.name.lower().replace('_', ' ')}"


def as_json(event: Event, now: datetime) -> str:
    """An event for programs; points of more than one value are counted but not written out."""
    node, data = event.node, event.data
    fields: dict[str, Any] = {
        "time": now.timestamp(),
        "event": event.type.name,
        "node": node.db_name,
        "node_type": node.type,
    }
    if isinstance(data, NewData):
        fields |= {"first_index": data.first_index, "npoints": data.npoints}
        if np.ndim(data.data[0]) == 0:
            fields["data"] = np.asarray(data.data).tolist()
    elif isinstance(data, Gap):
        fields |= {"first_index": data.first_index, "last_index": data.last_index}
    elif isinstance(data, ScanEnd):
        fields |= {"outcome": data.outcome, "reason": data.reason, "ended": data.time}
    elif node.type in keys.SCANS:
        fields["info"] = node.info.get_all()
    return json.dumps(fields, default=_plain)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else repr(value)
