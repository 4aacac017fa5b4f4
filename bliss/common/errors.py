"""Every error we raise: one root, families under it, built-in exceptions mixed in.

A message says who, what was expected, what came, and what to type or do next:
`robz: 30.0 mm is beyond the high limit (20.0 mm); see robz.limits`.
"""


class BlissError(Exception):
    """Root of all errors raised by this project."""


class BeaconError(BlissError):
    """Beacon refused a request or cannot be used."""


class BeaconNotFoundError(BeaconError, ConnectionError):
    """Nothing, or something that is not Beacon, answers at the address."""


class SessionLockedError(BeaconError):
    """Another process holds the session."""


class ConsumerTakenError(BeaconError):
    """Another process announces itself as that consumer of the session."""


class ConfigError(BlissError, ValueError):
    """The configuration is wrong; the message gives file, line and what was expected."""


class UnknownSessionError(ConfigError, KeyError):
    """No session of that name is configured; the message lists those that are."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


class DataError(BlissError):
    """Data in Redis is not what the format says."""


class FormatError(DataError, ValueError):
    """Bytes that cannot be decoded as the format's version says."""


class NodeNotFoundError(DataError, KeyError):
    """No node of that name: it never was, or it has expired."""

    __str__ = Exception.__str__


class PointError(DataError, IndexError):
    """A point that is not there."""


class PointTrimmedError(PointError):
    """The point was there; it was trimmed or has expired."""


class PointNotYetError(PointError):
    """The point may still come: the scan runs."""


class PointNeverError(PointError):
    """The point will never come: the scan ended before it."""


class DataLostError(DataError):
    """The data server came back empty, or without a stream that a running scan writes to."""


class DeviceError(BlissError):
    """A device failed; the message names it."""


class LimitError(DeviceError, ValueError):
    """A position outside the limits of an axis."""


class SettingError(DeviceError, ValueError):
    """A value that a device's setting cannot have."""


class NotSupportedError(DeviceError, NotImplementedError):
    """The device cannot do what was asked, whatever the value."""


class ScanError(BlissError):
    """A scan cannot be made, run or followed as asked."""


class ScanStateError(ScanError):
    """The scan's state does not allow what was asked."""


class ArgumentError(ScanError, ValueError):
    """An argument of a command is not what the command needs."""


class NoPeakError(ScanError, ValueError):
    """The data has no peak, dip or edge of the kind asked for; the message says why."""
