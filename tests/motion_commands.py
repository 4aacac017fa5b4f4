"""The commands at the prompt without a prompt: simulated axes, no server."""

import io

from bliss.common.interrupts import Interrupts
from bliss_shell.axis_tables import AxisTables
from bliss_shell.motion import Motion
from bliss_shell.move_file import MoveFile
from bliss_shell.move_log import MoveLog, Occasion
from bliss_shell.past_moves import PastMoves
from hardware.simulated_axes import SimulatedAxisController

FAST = {"velocity": 1e6, "acceleration": 1e9}  # 0.4 ms for 40 mm
ROBX = {"name": "robx", "unit": "mm", "limits": [-100, 100], **FAST}
ROBY = {"name": "roby", "unit": "mm", "limits": [-10, 10], "sign": -1, **FAST}
ROBZ = {"name": "robz", "unit": "deg", "limits": [-20, 20], "backlash": 0.5, **FAST}
SLOW = {"name": "slow", "unit": "mm", "velocity": 1.0, "acceleration": 100.0}


class SpiedController(SimulatedAxisController):
    """Notes where motors are sent, as dial positions."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.sent = []

    def start_all(self, motions):
        self.sent += [(m.axis.name, m.target / m.axis.steps_per_unit) for m in motions]
        super().start_all(motions)


class Commands:
    """All commands of a session, and what they show.

    Args:
        path: Of the file that moves are written to.
        axes: Configurations of axes.
        answer: To any question.
    """

    def __init__(self, path, axes=(ROBX, ROBY, ROBZ, SLOW), answer=True):
        self.controller = SpiedController("motors", {"axes": list(axes)}, settings=lambda _: {})
        self.axes = list(self.controller.axes.values())
        self.interrupts = Interrupts()
        self.warnings = []
        self.questions = []
        self.answer = answer
        self.occasion = Occasion("", None)
        self.log = MoveLog(
            MoveFile(path, self.warnings.append),
            user="me",
            session="test",
            occasion=lambda: self.occasion,
            interrupts=self.interrupts,
        )
        self.out = io.StringIO()
        self.motion = Motion(self.interrupts, self.log.under_way, out=self.out)
        self.show(self.axes)

    def show(self, axes):
        """Have these in the session."""
        self.log.attach(axes)
        self.tables = AxisTables(axes, self.out)
        self.past = PastMoves(self.log.file, axes, self.motion, self._answer, self.out)

    def __getitem__(self, name):
        return self.controller.axes[name]

    def _answer(self, question):
        self.questions.append(question)
        return self.answer

    def run(self, command, *args, typed=None, **kwargs):
        """Run a command; what it shows."""
        self.out.seek(0)
        self.out.truncate()
        owner = next(o for o in (self.motion, self.tables, self.past) if hasattr(o, command))
        shown = ", ".join(getattr(a, "name", repr(a)) for a in args)
        self.occasion = Occasion(typed or f"{command}({shown})", self.occasion.scan)
        getattr(owner, command)(*args, **kwargs)
        return self.out.getvalue()

    def positions(self):
        return {axis.name: axis.position for axis in self.axes}

    def close(self):
        self.log.file.close()
        self.controller.leave()
