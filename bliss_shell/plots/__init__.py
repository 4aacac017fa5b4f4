"""Pictures of curves and meshes in characters; arrays in, lines out, no terminal needed."""

from bliss_shell.plots._curve import draw
from bliss_shell.plots._mesh import draw_mesh
from bliss_shell.plots._style import ASCII, Mark, Style

__all__ = ["ASCII", "Mark", "Style", "draw", "draw_mesh"]
