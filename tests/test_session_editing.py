"""Sessions are added and taken out; the rest of the file stays as it is."""

import pytest

from bliss.common.errors import ConfigError, UnknownSessionError
from bliss.config.session_editing import with_session, without_session
from bliss.config.static import parse_configuration
from bliss_shell import templates
from tests.beacon_process import DEMO

FILE = "/lab/sessions.yml"
ENTRY = "# mine\n- name: new\n  # config-objects: [a]\n"

SESSIONS = """\
# head

sessions:   # who

  # about all of them

  # the first
  - name: first
    setup-file: a.py   # its own

    # exclude-objects: [x]

  # the second
  - name: second
    include-sessions: [first]
  - name: third

# about controllers
controllers: []
"""


def names(text):
    return parse_configuration(text, FILE).session_names


def test_a_session_is_added_as_the_last_one():
    changed = with_session(SESSIONS, FILE, ENTRY)
    assert names(changed) == ["first", "second", "third", "new"]
    added = "\n  # mine\n  - name: new\n    # config-objects: [a]\n"
    assert changed == SESSIONS.replace("- name: third\n", f"- name: third\n{added}")


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "sessions: []\n", "sessions:\n", "sessions:   # none\ncontrollers: []\n",
     "controllers: []\n", "sessions:\n- name: old\n", "sessions:\n    - name: old\n# end"],
)  # fmt: skip
def test_it_is_added_to_any_layout(text):
    changed = with_session(text, FILE, ENTRY)
    assert names(changed)[-1] == "new"
    kept = {line.replace("sessions: []", "sessions:").rstrip() for line in text.splitlines()}
    assert not kept - set(changed.splitlines())


def test_a_session_is_taken_out_with_its_comments():
    assert without_session(SESSIONS, FILE, "second") == SESSIONS.replace(
        "  # the second\n  - name: second\n    include-sessions: [first]\n", ""
    )
    assert without_session(SESSIONS, FILE, "third") == SESSIONS.replace("  - name: third\n", "")
    first = SESSIONS[SESSIONS.index("  # the first") : SESSIONS.index("  # the second")]
    without = SESSIONS.replace("    include-sessions: [first]\n", "")
    assert without_session(without, FILE, "first") == without.replace(first, "")


def test_the_last_session_can_be_taken_out():
    text = "sessions:  # none\n  - name: only\ncontrollers: []\n"
    assert without_session(text, FILE, "only") == "sessions: []  # none\ncontrollers: []\n"


def test_adding_and_taking_out_leaves_what_was():
    for text in (DEMO.read_text(), templates.configuration()):
        added = with_session(text, FILE, templates.session("mine", "mine_setup.py"))
        taken = without_session(added, FILE, "mine")
        assert taken.split("\n") == text.split("\n")


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (SESSIONS, "nosuch", "no session 'nosuch'.*first, second, third"),
        (SESSIONS, "first", "expected the name of a session, got 'first'"),
        ("sessions: [{name: a}]\n", "a", "edit the file by hand"),
        ("sessions:\n -\n   name: a\n", "a", "edit the file by hand"),
    ],
)
def test_what_cannot_be_taken_out_is_said(text, name, said):
    with pytest.raises((ConfigError, UnknownSessionError), match=said):
        without_session(text, FILE, name)


def test_what_cannot_be_added_is_said():
    with pytest.raises(ConfigError, match="'first' is already the name"):
        with_session(SESSIONS, FILE, "- name: first\n")
    with pytest.raises(ConfigError, match="edit the file by hand"):
        with_session("sessions: [{name: a}]\n", FILE, ENTRY)
