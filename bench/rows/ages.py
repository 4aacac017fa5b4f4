"""From the ages of single values to the two lines that the report has about them."""

from collections.abc import Sequence

from bench.results import Result, Target, median, quantile

Rounds = Sequence[Sequence[float]]
"""Ages in seconds, a list for each round."""


def age_results(
    what: str, ours: Rounds, theirs: Rounds, *, compared_with: str, targets: Sequence[float | None]
) -> list[Result]:
    """Median and 99 % of each round, then the median of the rounds.

    Args:
        what: What it is the age of.
        ours: By round.
        theirs: By round.
        compared_with: What theirs is.
        targets: Most that median and 99 % may be, in ms; None where nothing is promised.
    """
    results = []
    for share, name, most in zip((0.5, 0.99), ("median", "99 %"), targets, strict=True):
        runs = [quantile(ages, share) * 1e3 for ages in ours]
        results.append(
            Result(
                what=f"{what}, {name}",
                ours=median(runs),
                unit="ms",
                target=None if most is None else Target(most),
                runs=runs,
                compared_with=compared_with,
                theirs=median([quantile(ages, share) * 1e3 for ages in theirs]),
            )
        )
    return results
