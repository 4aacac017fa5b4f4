"""Moving to what was found, and back when that is interrupted."""

from functools import partial

from bliss.common.ending import Ending, Step, first_of
from bliss.common.errors import DeviceError, ScanStateError
from bliss.scanning.acquisition import moves
from bliss.scanning.acquisition.moves import Targets
from bliss.scanning.session import current_session


def check(command: str, targets: Targets) -> None:
    """Raise what says that the axes cannot go there; nothing moves.

    Raises:
        LimitError: If a position is outside the limits of an axis, or of a real one behind it.
        ScanStateError: If a scan that runs moves an axis.
        DeviceError: If an axis moves already.
    """
    for axis, target in targets.items():
        axis.check_target(target)
    if check_together := moves.together(list(targets), "check_together"):
        check_together(targets)
    for axis in targets:
        for scan in current_session().running:
            if axis in scan.chain.real_axes:
                raise ScanStateError(
                    f"{command}: {axis.name} is moved by {scan.name}, which runs; wait for it, "
                    "or end it with stop()"
                )
        if axis.is_moving:
            raise DeviceError(f"{command}: {axis.name} moves already; wait for its end")


def go(targets: Targets, origins: Targets) -> None:
    """Move the axes, and wait until they stand still.

    An interrupt stops them, then returns them to `origins`; a second one leaves that out.

    Raises:
        KeyboardInterrupt: If it was interrupted; a note says where the axes are.
        DeviceError: If an axis failed on its way; all stand still.
    """
    interrupts = current_session().interrupts
    with interrupts.shielded():
        error = interrupts.attempt(partial(moves.go, targets))
        if error is None:
            return
        phases = [[Step(f"stopping {axis.name}", axis.stop, again=True) for axis in targets]]
        if isinstance(error, KeyboardInterrupt):
            back = partial(moves.go, origins)
            phases.append([Step(f"returning {_places(origins)}", back, optional=True)])
        errors = interrupts.finish(Ending(phases, [error]))
        if isinstance(error, KeyboardInterrupt) and errors == [error]:
            error.add_note(f"returned {_places(origins)}")
        raise first_of(errors) or error


def _places(positions: Targets) -> str:
    """In words: `robz to 1.5 mm`."""
    shown = []
    for axis, place in positions.items():
        shown.append(f"{axis.name} to {place:.6g}{f' {axis.unit}' if axis.unit else ''}")
    return ", ".join(shown)
