"""Presets of every scan of the standard commands."""

from typing import TYPE_CHECKING

from bliss.common.errors import ScanError
from bliss.scanning.presets import ChainPreset

if TYPE_CHECKING:
    from bliss.scanning.chain import AcquisitionChain


class DefaultPresets:
    """What `DEFAULT_CHAIN` knows of presets."""

    presets: tuple[ChainPreset, ...] = ()  #: of every scan that is made from now on

    def add_preset(self, preset: ChainPreset) -> None:
        """Have `preset` called around every scan of the standard commands that is made from now on.

        Raises:
            ScanError: If it is no `ChainPreset`.
        """
        if not isinstance(preset, ChainPreset):
            raise ScanError(
                f"{preset!r:.60} cannot be called around a chain: expected an instance of a class "
                "derived from bliss.scanning.presets.ChainPreset"
            )
        self.presets = (*self.presets, preset)

    def remove_preset(self, preset: ChainPreset) -> None:
        """The opposite of `add_preset`; harmless when it was not added."""
        self.presets = tuple(each for each in self.presets if each is not preset)

    def apply_presets(self, chain: "AcquisitionChain") -> None:
        """Have them called around this chain."""
        for preset in self.presets:
            chain.add_preset(preset)
