"""Who wants to know what axes do: a log, a display."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.axis import Axis


class MoveListener:
    """Is told of the moves of an axis; attach it with `axis.listeners.append(...)`.

    The calls are on the greenlet that begins the move, or that waits for its end; they must not
    raise, and not take long: an axis in a scan moves hundreds of times a second.
    """

    def on_move_start(self, axis: "Axis", start: float, target: float | None) -> None:
        """Called before a move begins; user positions, None where the target is not known."""

    def on_move_end(self, axis: "Axis", reached: float, problem: Exception | None) -> None:
        """Called when the axis stands still, also when it was stopped or failed."""
