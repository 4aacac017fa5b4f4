"""The rows of the report; each takes its measurement and says what was promised."""

from collections.abc import Callable, Mapping, Sequence

from bench.results import Result
from bench.rows import (
    age,
    ascan,
    channel,
    continuous,
    counters,
    cpu,
    dead_time,
    detectors,
    first_event,
    followers,
    get,
    image_reader,
    images,
    imports,
    load,
    memory,
    point,
    points,
    prompt,
    sessions,
    walk,
)

Row = Callable[[Mapping[str, str]], Sequence[Result]]

Rows = Mapping[str, Row]
"""Name to measurement, which is given the environment in which its Beacon is found."""

#: What is measured when nothing else is asked for.
ROWS: Rows = {
    "ascan": ascan.measure,
    "point": point.measure,
    "counters": counters.measure,
    "detectors": detectors.measure,
    "age": age.measure,
    "images": images.measure,
    "image_reader": image_reader.measure,
    "counters_at_1_khz": load.counters,
    "spectra_at_5_khz": load.spectra,
    "points": points.measure,
    "memory": memory.measure,
    "cpu": cpu.measure,
    "prompt": prompt.measure,
    "channel": channel.measure,
    "dead_time": dead_time.measure,
    "continuous": continuous.measure,
}

#: What clients pay; asked for as `clients`, so that the rest stays below three minutes.
CLIENTS: Rows = {
    "first_event": first_event.measure,
    "followers": followers.measure,
    "get": get.measure,
    "imports": imports.measure,
    "sessions": sessions.measure,
    "walk": walk.measure,
}
