"""Scans that belong together: a node of type `scan_group` that names its members.

from bliss.scanning.group import Group, Sequence

seq = Sequence(title="before and after")
with seq.sequence_context() as members:
    members.add_and_run(ascan(robz, -1, 1, 20, .1, diode1, run=False))
    umv(robx, 1)
    members.add_and_run(ascan(robz, -1, 1, 20, .1, diode1, run=False))

Group(SCANS[-2], SCANS[-1])
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

from bliss.common.errors import ScanError, ScanStateError
from bliss.data.node import DataNode
from bliss.scanning.chain import AcquisitionChain, AcquisitionMaster
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.scan import Scan
from bliss.scanning.session import ScanListener, Session, current_session
from bliss.scanning.states import ScanState

Member: TypeAlias = "Scan | DataNode | Sequence | Group"
"""What can be in a group: a scan that was made here, or the node of one that has ended."""


class GroupMaster(AcquisitionMaster):
    """Emits the members' numbers and where they are in the data."""

    def __init__(self) -> None:
        super().__init__("subscans")
        self._numbers = AcquisitionChannel("subscans:scan_numbers", dtype="<i8")
        self._names = AcquisitionChannel("subscans:scans", dtype="str")
        self.channels = [self._numbers, self._names]

    def add(self, number: int, db_name: str) -> None:
        """Emit one member."""
        self._numbers.emit(number)
        self._names.emit(db_name)


class GroupScan(Scan):
    """What is in the data of a group; it runs from `open` to `close`.

    Args:
        name: Of its kind.
        title: What it is about.
        save: Whether a writer is to store it.
        scan_info: Metadata of the user's own.
        session: Where it runs.
    """

    node_type = "scan_group"

    def __init__(
        self,
        *,
        name: str,
        title: str | None,
        save: bool,
        scan_info: Mapping[str, Any] | None,
        session: Session,
    ) -> None:
        self.members: list[str] = []  #: `db_name` of each, in the order of their beginning
        self._master = GroupMaster()
        super().__init__(
            AcquisitionChain(self._master, 0),
            name=name,
            title=title,
            save=save,
            scan_info=dict(scan_info or {}),
            session=session,
        )

    def add(self, node: DataNode) -> None:
        """Publish that a scan is a member."""
        if node.db_name not in self.members:
            self.members.append(node.db_name)
            self._master.add(int(node.info["scan_nb"]), node.db_name)

    def open(self) -> None:
        """Make it known; everything until `close` is part of it."""
        interrupts = self._session.interrupts
        with interrupts.shielded():
            self._enter()
            error = interrupts.attempt(self._prepare)
            if error:
                self._leave(error)

    def close(self, error: BaseException | None) -> None:
        """End it, by the error that ended what it is made of, if there is one."""
        if self.state is ScanState.STARTING:
            with self._session.interrupts.shielded():
                self._leave(error)


class Group:
    """Scans that have run, put together afterwards.

    Args:
        scans: Scans, or nodes of scans.
        name: Of its node.
        title: What it is about.
        save: Whether a writer is to store it.
        scan_info: More metadata.

    Raises:
        ScanError: If there is none, or one that has not run.
    """

    def __init__(
        self,
        *scans: Member,
        name: str = "group_of_scans",
        title: str | None = None,
        save: bool = True,
        scan_info: Mapping[str, Any] | None = None,
    ) -> None:
        if not scans:
            raise ScanError("a group needs members, as in Group(SCANS[-2], SCANS[-1])")
        nodes = [_node_of(scan) for scan in scans]
        self.scan = GroupScan(
            name=name, title=title, save=save, scan_info=scan_info, session=current_session()
        )
        try:
            self.scan.open()
            for node in nodes:
                self.scan.add(node)
        except BaseException as error:
            self.scan.close(error)
            raise
        self.scan.close(None)

    @property
    def node(self) -> DataNode:
        """Its data node, of type `scan_group`."""
        return self.scan.node

    def __repr__(self) -> str:
        return f"<{self.scan.name}: {self.scan.scan_info['title']}, {len(self.scan.members)} scans>"


class Sequence:
    """Scans that follow each other, put together while they run.

    Args:
        name: Of its node.
        title: What it is about.
        save: Whether a writer is to store it.
        scan_info: More metadata.
    """

    def __init__(
        self,
        *,
        name: str = "sequence_of_scans",
        title: str | None = None,
        save: bool = True,
        scan_info: Mapping[str, Any] | None = None,
    ) -> None:
        self.scan = GroupScan(
            name=name, title=title, save=save, scan_info=scan_info, session=current_session()
        )
        self._session = current_session()

    @property
    def node(self) -> DataNode:
        """Its data node, of type `scan_group`.

        Raises:
            ScanStateError: If its context has not been entered.
        """
        return self.scan.node

    @property
    def state(self) -> ScanState:
        """Where it is in its life."""
        return self.scan.state

    def sequence_context(self) -> "SequenceContext":
        """For `with`: all that is added inside is part of the sequence, which ends with it."""
        return SequenceContext(self.scan, self._session)

    def __repr__(self) -> str:
        return repr(self.scan)


class SequenceContext(ScanListener):
    """The inside of a sequence.

    Args:
        group: What is published.
        session: Where the scans run.
    """

    def __init__(self, group: GroupScan, session: Session) -> None:
        self._group = group
        self._session = session
        self._waiting: list[Scan] = []  #: added, and not begun
        self._begun: list[Scan] = []

    def __enter__(self) -> Self:
        try:
            self._group.open()
            self._session.listeners.append(self)
        except BaseException as error:
            self._group.close(error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            error = self._session.interrupts.attempt(self.wait_all_subscans)
        self._session.listeners.remove(self)
        try:
            self._group.close(error)
        except BaseException as problem:
            if problem is not error or kind is None:
                raise

    def add(self, scan: Member) -> None:
        """Have a scan be part of it: now, or once it begins; one that never does is left out."""
        if isinstance(scan, Scan):
            if scan.state in (ScanState.IDLE, ScanState.PREPARING):
                self._waiting.append(scan)
                return
            self._begun.append(scan)
        self._group.add(_node_of(scan))

    def add_and_run(self, scan: Scan) -> None:
        """Add a scan and run it.

        Raises:
            ScanStateError: If it has run before.
            Exception: As `scan.run()`.
        """
        if scan.state is not ScanState.IDLE:
            raise ScanStateError(
                f"{scan.name}: is {scan.state.value}; make it with run=False, or use add()"
            )
        self.add(scan)
        scan.run()

    def wait_all_subscans(self, timeout: float | None = None) -> None:
        """Wait until all scans that were added and have begun have ended.

        Raises:
            ScanStateError: If one has not within `timeout` seconds.
        """
        for scan in self._begun:
            scan.wait_state(ScanState.DONE, timeout=timeout)

    def on_scan_new(self, scan: Scan) -> None:
        """One that was added before it began is a member from now on."""
        if scan in self._waiting:
            self._waiting.remove(scan)
            self._group.add(scan.node)
            self._begun.append(scan)


def _node_of(scan: Any) -> DataNode:
    node = scan if isinstance(scan, DataNode) else getattr(scan, "node", None)
    if not isinstance(node, DataNode) or "scan_nb" not in node.info.get_all():
        raise ScanError(f"{scan!r:.60} is no scan; expected one that has run, or its node")
    return node
