"""What each kind of device with counters does in a scan.

The first entry of `KINDS` whose capability the device has makes its acquisition object.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bliss.common.errors import ScanError
from bliss.common.protocols import (
    Counter,
    is_acquisition_provider,
    is_calculating_controller,
    is_integrating_controller,
    is_sampling_controller,
    is_sampling_counter,
)
from bliss.scanning.acquisition._counted import channel_name
from bliss.scanning.acquisition.calculated import CalculatingSlave
from bliss.scanning.acquisition.counters import SamplingSlave
from bliss.scanning.acquisition.counting import CountingMaster
from bliss.scanning.chain import AcquisitionObject
from bliss.scanning.channel import AcquisitionChannel


@dataclass(frozen=True, slots=True)
class Request:
    """What a scan wants of a device."""

    controller: Any
    counters: Sequence[Counter]  #: those of the device that take part
    count_time: float  #: s a point
    npoints: int  #: 0 for as many as come
    settings: Mapping[str, Any] = field(default_factory=dict)  #: the user's own for this device
    known: Mapping[str, AcquisitionChannel] = field(default_factory=dict)  #: channels so far


def acquisition_object(request: Request) -> AcquisitionObject:
    """What the device does in the scan.

    Raises:
        ScanError: If it is of no kind that can take part, or does not take its settings.
    """
    for has_capability, make in KINDS:
        if has_capability(request.controller):
            return make(request)
    who = request.counters[0].name if request.counters else _name_of(request.controller)
    raise ScanError(
        f"{who}: its controller {request.controller!r:.60} cannot be read in a scan: expected one "
        "with read_all(counters), or with prepare_counting and the like; see "
        "docs/writing_a_counter.md"
    )


def _provided(request: Request) -> AcquisitionObject:
    create = request.controller.create_acquisition
    times = {"count_time": request.count_time, "npoints": request.npoints}
    _check_settings(request, create, request.counters, **times)
    made = create(request.counters, **times, **request.settings)
    if not isinstance(made, AcquisitionObject):
        raise ScanError(
            f"{_name_of(request.controller)}: its create_acquisition gave {made!r:.60}; expected "
            "an AcquisitionSlave or AcquisitionMaster"
        )
    return made


def _sampling(request: Request) -> AcquisitionObject:
    _check_no_settings(request)
    for counter in request.counters:
        if not is_sampling_counter(counter):
            raise ScanError(f"{counter.name}: has no mode, which a counter that is sampled needs")
    sampling = [counter for counter in request.counters if is_sampling_counter(counter)]
    return SamplingSlave(request.controller, sampling, request.count_time)


def _integrating(request: Request) -> AcquisitionObject:
    prepare = request.controller.prepare_counting
    _check_settings(request, prepare, request.count_time, request.npoints)
    return CountingMaster(
        request.controller, request.counters, request.count_time, request.npoints, request.settings
    )


def _calculating(request: Request) -> AcquisitionObject:
    _check_no_settings(request)
    channels = {}
    for name, counter in request.controller.inputs.items():
        channel = request.known.get(channel_name(counter))
        if channel is None:
            raise ScanError(
                f"{_name_of(request.controller)}: its input {counter.name} has no channel "
                f"{channel_name(counter)} in the scan; there are {', '.join(request.known)}"
            )
        channels[name] = channel
    return CalculatingSlave(request.controller, request.counters, channels)


Capability = Callable[[object], bool]

KINDS: Sequence[tuple[Capability, Callable[[Request], AcquisitionObject]]] = (
    (is_acquisition_provider, _provided),
    (is_calculating_controller, _calculating),
    (is_integrating_controller, _integrating),
    (is_sampling_controller, _sampling),
)


def _name_of(controller: Any) -> str:
    return str(getattr(controller, "name", repr(controller)))


def _check_no_settings(request: Request) -> None:
    if request.settings:
        raise ScanError(
            f"{_name_of(request.controller)}: takes no acquisition settings; got "
            f"{', '.join(request.settings)}"
        )


def _check_settings(request: Request, taker: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Refuse settings before anything is prepared, in words of who typed them."""
    try:
        inspect.signature(taker).bind(*args, **kwargs, **request.settings)
    except TypeError as problem:
        known = [
            name
            for name, parameter in inspect.signature(taker).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and name not in kwargs
        ]
        raise ScanError(
            f"{_name_of(request.controller)}: acquisition settings {dict(request.settings)!r:.60} "
            f"do not fit ({problem}); it knows {', '.join(known) or 'none'}"
        ) from None
