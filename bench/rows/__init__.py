"""The rows of the report; each takes its measurement and says what was promised."""

from collections.abc import Callable, Mapping, Sequence

from bench.results import Result
from bench.rows import age, ascan, channel, cpu, images, memory, point, points, prompt

Row = Callable[[Mapping[str, str]], Sequence[Result]]

#: Name to measurement, which is given the environment in which its Beacon is found.
ROWS: Mapping[str, Row] = {
    "ascan": ascan.measure,
    "point": point.measure,
    "age": age.measure,
    "images": images.measure,
    "points": points.measure,
    "memory": memory.measure,
    "cpu": cpu.measure,
    "prompt": prompt.measure,
    "channel": channel.measure,
}
