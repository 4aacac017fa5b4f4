"""What drives axes: the part that differs from one make of motor controller to the next.

A controller is a small class derived from `AxisController`.  Positions, velocities and
accelerations are here those of the hardware: in steps, steps/s and steps/s2.  Units, signs,
offsets, limits, backlash and waiting are the business of `hardware.axis.Axis`, the same for all.
docs/writing_a_controller.md goes from nothing to a controller of one's own.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from gevent.lock import RLock

from bliss.common.errors import ConfigError, DeviceError, NotSupportedError
from hardware.axis_config import ControllerConfig
from hardware.axis_settings import Store, in_settings_server
from hardware.axis_state import AxisState
from hardware.configuration import checked

if TYPE_CHECKING:
    from hardware.axis import Axis
    from hardware.driven_axis import DrivenAxis


class Motion(NamedTuple):
    """A motion that a controller is to begin."""

    axis: "DrivenAxis"
    target: float  #: where to, in steps
    delta: float  #: how far that is from here, in steps, with its sign


class AxisController:
    """Drives one or more axes.

    Derived classes write the first four methods; the others only where the hardware can do it.
    A method returns at once: what takes long, such as a motion, is begun by one and asked for
    with `state`.  What fails raises `DeviceError` with a sentence that names the axis.  Methods
    are called from several greenlets; a connection that serves one request at a time needs a lock.

    Nothing is asked of the hardware before an axis is used for the first time.

    Args:
        name: Of the controller, `"simulated_motors"`.
        config: Its fields in `sessions.yml`; `Config` says which there may be.
        settings: Where the settings of the axis of a name are kept; in the settings server if
            not given.

    Raises:
        ConfigError: If the configuration is wrong; it names controller, axis, field and value.
    """

    Config: ClassVar[type[ControllerConfig]] = ControllerConfig
    #: Whether the hardware itself knows its positions while no session runs; one that is not where
    #: it was last seen is told then.
    remembers: ClassVar[bool] = True

    def __init__(
        self, name: str, config: Mapping[str, Any], *, settings: Store | None = None
    ) -> None:
        from hardware.axis import Axis  # noqa: PLC0415 - an axis has a controller, and this makes it

        self.name = name
        self.config: Any = checked(self.Config, name, config)
        self.axes: dict[str, Axis] = {}
        self.in_use: set[str] = set()  #: names of the axes that are initialized
        self._is_initialized = False
        self._beginning: set[str] = set()  #: axes that are being initialized
        self._lock = RLock()
        for entry in self.config.axes:
            if entry.name in self.axes:
                raise ConfigError(f"{name}: there are two axes of the name {entry.name!r}")
            try:
                self.axes[entry.name] = Axis(
                    entry.name, self, entry, (settings or in_settings_server)(entry.name)
                )
            except DeviceError as problem:
                raise ConfigError(f"{name}: {problem}") from None

    @property
    def is_dormant(self) -> bool:
        """Whether using an axis would first have to start something; scans do not ask it then."""
        return False

    @property
    def devices(self) -> dict[str, object]:
        """The axes by name: what the controller brings into a session."""
        return dict(self.axes)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {', '.join(self.axes)}>"

    # What every controller can do

    def read_position(self, axis: "DrivenAxis") -> float:
        """Where the axis is now, in steps: `-4980.0`."""
        raise NotImplementedError

    def state(self, axis: "DrivenAxis") -> AxisState:
        """What the axis does now: `AxisState("READY")`, `AxisState(("FAULT", "no power"))`."""
        raise NotImplementedError

    def start_one(self, motion: Motion) -> None:
        """Begin a motion."""
        raise NotImplementedError

    def stop(self, axis: "DrivenAxis") -> None:
        """Begin to decelerate; harmless on an axis at rest."""
        raise NotImplementedError

    # What many can do

    def initialize(self) -> None:
        """Connect; called once, before anything else is asked."""

    def initialize_axis(self, axis: "DrivenAxis") -> None:
        """Make an axis ready to be used; called once, before anything is asked of it."""

    def close(self) -> None:
        """Disconnect; called when the session ends, if `initialize` was."""

    def leave(self) -> None:
        """Store what is to be stored of the axes, and disconnect."""
        for axis in self.axes.values():
            axis.settings.close()
        if self._is_initialized:
            self.start_over()
            self.close()

    def start_all(self, motions: Sequence[Motion]) -> None:
        """Begin several motions, as nearly at the same time as the hardware can."""
        for motion in motions:
            self.start_one(motion)

    def motion_end(self, axis: "DrivenAxis") -> float | None:  # noqa: ARG002
        """When the motion under way ends, on the clock of `bliss.common.clock.now`, if known."""
        return None

    def read_velocity(self, axis: "DrivenAxis") -> float:
        """Velocity of the next motion, in steps/s."""
        raise self._cannot(axis, "has no velocity")

    def set_velocity(self, axis: "DrivenAxis", velocity: float) -> None:  # noqa: ARG002
        """Set the velocity of the next motion, in steps/s, above 0."""
        raise self._cannot(axis, "has no velocity that can be set")

    def read_acceleration(self, axis: "DrivenAxis") -> float:
        """Acceleration and deceleration of the next motion, in steps/s2."""
        raise self._cannot(axis, "has no acceleration")

    def set_acceleration(self, axis: "DrivenAxis", acceleration: float) -> None:  # noqa: ARG002
        """Set the acceleration and deceleration of the next motion, in steps/s2, above 0."""
        raise self._cannot(axis, "has no acceleration that can be set")

    def set_position(self, axis: "DrivenAxis", position: float) -> None:  # noqa: ARG002
        """Have the hardware call the place where the axis is `position`, in steps."""
        raise self._cannot(axis, "cannot be told where it is")

    def read_encoder(self, axis: "DrivenAxis") -> float:
        """What the axis' encoder says, in the encoder's steps."""
        raise self._cannot(axis, "has no encoder")

    def set_on(self, axis: "DrivenAxis") -> None:
        """Give the axis power."""
        raise self._cannot(axis, "cannot be switched on and off")

    def set_off(self, axis: "DrivenAxis") -> None:
        """Take its power away."""
        raise self._cannot(axis, "cannot be switched on and off")

    def home_search(self, axis: "DrivenAxis", direction: int) -> None:  # noqa: ARG002
        """Begin to look for the home switch, at first upwards (1) or downwards (-1), in steps."""
        raise self._cannot(axis, "has no home switch")

    def limit_search(self, axis: "DrivenAxis", direction: int) -> None:  # noqa: ARG002
        """Begin to move to the upper (1) or lower (-1) limit switch, in steps."""
        raise self._cannot(axis, "has no limit switches that can be searched")

    def start_jog(self, axis: "DrivenAxis", velocity: float) -> None:  # noqa: ARG002
        """Begin to move at a velocity, in steps/s with its sign, until stopped."""
        raise self._cannot(axis, "cannot move without an end")

    def info(self, axis: "DrivenAxis") -> str:  # noqa: ARG002
        """What else a user wants to see of the axis, a line or more: `"firmware 3.1"`."""
        return ""

    def can(self, method: str) -> bool:
        """Whether this controller has a method of its own: `can("set_velocity")`."""
        return getattr(type(self), method) is not getattr(AxisController, method)

    def _cannot(self, axis: "DrivenAxis", what: str) -> NotSupportedError:
        return NotSupportedError(f"{axis.name}: {what}; see the manual of {type(self).__name__}")

    # What the axis asks for

    def ensure(self, axis: "DrivenAxis") -> None:
        """Initialize the controller and the axis, unless that was done before.

        Raises:
            DeviceError: If it fails; it is tried again the next time.
        """
        if axis.name in self.in_use:
            return
        with self._lock:
            if axis.name in self._beginning:  # it asks for itself
                return
            if not self._is_initialized:
                self.initialize()
                self._is_initialized = True
            in_use = self.in_use
            if axis.name in in_use:
                return
            self._beginning.add(axis.name)
            try:
                self.initialize_axis(axis)
                axis.apply_settings()
            finally:
                self._beginning.discard(axis.name)
            in_use.add(axis.name)  # a set that nobody looks at, if all starts over meanwhile

    def start_over(self, axis: "DrivenAxis | None" = None) -> None:
        """Have an axis initialized again before its next use, or the controller and all its axes.

        A controller calls it without an axis when its connection was lost: nobody knows what
        happened to the hardware since.
        """
        if axis is None:
            self._is_initialized, self.in_use = False, set()
        else:
            self.in_use.discard(axis.name)

    # What calculated axes change

    def expected_time(self, axis: "Axis", start: float, target: float) -> float:  # noqa: ARG002
        """Seconds that a calculated axis should need between two user positions."""
        return 0.0

    @property
    def real_axes(self) -> "list[Axis]":
        """The real axes behind those of this controller, if they are calculated."""
        return []

    def real_targets(self, targets: "Mapping[Axis, float]") -> "dict[Axis, float] | None":  # noqa: ARG002
        """User positions of the real axes behind these; None: the axes are real themselves."""
        return None
