"""What a new session begins with: files that run as they are, and say what can be put into them."""


def configuration() -> str:
    """A `sessions.yml` with a simulated axis and counter, and no session."""
    return """\
# What hardware there is, and which sessions use it.  Beacon reads this file again when it changes;
# a session that runs takes it up with reload_config().

controllers:

  # A controller has a name, the Python class that drives it, and whatever fields that class asks
  # for.  Entries with a name in any of its lists become objects of the session.
  - name: motors
    class: hardware.simulated_axes.SimulatedAxisController
    axes:
      - name: mot1
        unit: mm
        velocity: 10            # mm/s
        acceleration: 100       # mm/s2
        limits: [-50, 50]       # mm, dial positions

  # "$mot1" is the object mot1 above: a text that begins with $ always refers to another object.
  - name: counters
    class: hardware.simulated_counters.SimulatedCounterController
    counters:
      - name: ct1
        axis: $mot1
        shape: gauss
        peak: 1000              # counts at the centre
        centre: 0               # mm
        sigma: 2                # mm

sessions: []
"""


def session(name: str, setup: str) -> str:
    """An entry of `sessions`, as a YAML list of one."""
    return f"""\
# `bliss-shell -s {name}` makes the objects of this session, then runs its setup file.
- name: {name}
  setup-file: {setup}
  # Without config-objects a session has all objects; with it, these only:
  # config-objects: [mot1, ct1]
  # All but some:
  # exclude-objects: [ct1]
  # The objects and setup files of other sessions, too:
  # include-sessions: [other_session]
"""


def setup(name: str) -> str:
    """A setup file."""
    return f'''\
"""Run at the prompt of {name} before the first line is typed.

Devices and commands are there by their names, and what is defined here can be typed afterwards.
"""


def hello():
    """An example: typing `hello` runs it."""
    print("This is {name}.  Try: wa")


hello()
'''
