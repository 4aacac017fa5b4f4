"""Whether an axis can be where it is without help; pure."""

import pytest

from hardware._last_seen import ANYWHERE, is_explained


@pytest.mark.parametrize(
    ("dial", "seen", "going_to", "beyond", "is_so"),
    [
        (1.0, 1.0, None, 0.0, True),
        (1.009, 1.0, None, 0.0, True),
        (1.02, 1.0, None, 0.0, False),
        (0.0, 5.0, None, 0.0, False),
        (3.0, 1.0, 5.0, 0.0, True),
        (1.0, 1.0, 5.0, 0.0, True),
        (5.0, 1.0, 5.0, 0.0, True),
        (3.0, 5.0, 1.0, 0.0, True),
        (0.5, 1.0, 5.0, 0.0, False),
        (5.5, 1.0, 5.0, 0.0, False),
        (0.9, 5.0, 1.0, 0.2, True),
        (0.7, 5.0, 1.0, 0.2, False),
        (5.1, 1.0, 5.0, -0.2, True),
        (1e6, 1.0, ANYWHERE, 0.0, True),
    ],
)
def test_what_explains_where_it_is(dial, seen, going_to, beyond, is_so):
    assert is_explained(dial, seen, going_to, margin=0.01, beyond=beyond) is is_so
