"""What is attached to a scan before it runs: presets, a watchdog, steps at the end."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bliss.common.ending import Step
from bliss.common.errors import ScanError
from bliss.scanning._recorder import Recorder
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.presets import ChainPreset, ScanPreset, blaming
from bliss.scanning.watchdog import Watch, WatchdogCallback


class Hooks:
    """Calls what is attached to one scan.

    Args:
        scan: Given to each.
        chain: Of the scan.
    """

    def __init__(self, scan: Any, chain: AcquisitionChain) -> None:
        self._scan = scan
        self._chain = chain
        self._presets: list[ScanPreset] = []
        self._prepared: list[ScanPreset] = []
        self._at_end: list[Step] = []
        self.watch: Watch | None = None

    def add_preset(self, preset: ScanPreset | ChainPreset) -> None:
        """Have `preset` called."""
        if isinstance(preset, ChainPreset):
            self._chain.add_preset(preset)
        elif isinstance(preset, ScanPreset):
            self._presets.append(preset)
        else:
            raise self._refused(preset, "be called around", "ScanPreset")

    def set_watchdog(
        self,
        callback: WatchdogCallback,
        on_enough: Callable[[str], object],
        on_error: Callable[[BaseException], object],
    ) -> None:
        """Have `callback` watch; see `Watch`."""
        if not isinstance(callback, WatchdogCallback):
            raise self._refused(callback, "watch", "WatchdogCallback")
        self.watch = Watch(callback, on_enough, on_error)

    def _refused(self, what: object, do: str, kind: str) -> ScanError:
        return ScanError(
            f"{self._scan.name}: {what!r:.60} cannot {do} a scan: expected an instance of a class "
            f"derived from bliss.scanning.scan.{kind}"
        )

    def add_step(self, step: Step) -> None:
        """Have `step` run when every device has stopped."""
        self._at_end.append(step)

    def prepare(self) -> None:
        """Prepare the presets."""
        for preset in self._presets:
            preset.acq_chain = self._chain
            self._prepared.append(preset)
            blaming(preset, preset.prepare, self._scan)

    def announce(self) -> None:
        """Tell the watchdog of the scan."""
        if self.watch:
            self.watch.announce(self._scan, self._scan.scan_info)

    def begin_watching(self, recorder: Recorder) -> None:
        """Have the watchdog watch; to be called where nothing interrupts it."""
        if self.watch:
            self.watch.begin(recorder.channel_nodes(), self._scan.scan_info)

    def start(self) -> None:
        """Start the presets."""
        for preset in self._presets:
            blaming(preset, preset.start, self._scan)

    def stop_phases(self) -> Iterator[list[Step]]:
        """What is to be done when every device has stopped."""
        for preset in reversed(self._prepared):
            yield [Step(f"stopping {type(preset).__name__}", partial(preset.stop, self._scan))]
        for step in reversed(self._at_end):
            yield [step]

    def last_words(self) -> Iterator[list[Step]]:
        """Telling the watchdog of the end, when all else is done."""
        if self.watch:
            told = partial(self.watch.tell_of_end, self._scan.scan_info)
            yield [Step("calling on_scan_end", told)]
