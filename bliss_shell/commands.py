"""What can be typed, beside the session's objects."""

from collections.abc import Mapping
from typing import Any

import scans
from bliss.common.interrupts import Interrupts
from bliss.common.protocols import is_axis
from bliss.scanning.session import current_session
from bliss_shell import axis_tables, counter_commands, motion, past_moves, pausing
from bliss_shell.axis_tables import AxisTables
from bliss_shell.motion import Motion
from bliss_shell.move_log import MoveLog
from bliss_shell.past_moves import PastMoves
from bliss_shell.plotting import plot
from bliss_shell.screen import InPlace


def namespace(
    devices: Mapping[str, Any], interrupts: Interrupts, log: MoveLog, in_place: InPlace
) -> dict[str, Any]:
    """What a session's prompt has beside its objects."""
    axes = [device for device in devices.values() if is_axis(device)]
    mover = Motion(interrupts, log.under_way, in_place)
    return {
        **{name: getattr(scans, name) for name in scans.__all__},
        **_methods(mover, motion.COMMANDS),
        **_methods(AxisTables(axes), axis_tables.COMMANDS),
        **_methods(PastMoves(log.file, axes, mover), past_moves.COMMANDS),
        **counter_commands.namespace(devices),
        **pausing.namespace(current_session()),
        "plot": plot,
    }


def _methods(owner: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(owner, name) for name in names}
