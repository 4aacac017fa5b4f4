"""`sessions.yml`: what it means, and what is said when it is wrong."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bliss.common.errors import ConfigError, UnknownSessionError
from bliss.config.static import parse_configuration, read_configuration
from bliss.server.configuration import ConfigurationFile
from bliss.server.find_config import find_configuration
from tests.beacon_process import DEMO, ROOT

FILE = "/lab/sessions.yml"

GOOD = """\
controllers:
  - name: counters
    class: pkg.Counters
    counters:
      - {name: ct, axis: $z, nested: [{deep: $x}]}
  - name: motors
    class: pkg.Motors
    axes:
      - name: x
        velocity: 1e3
      - name: z
  - name: camera
    class: pkg.Camera
    host: cam1
sessions:
  - name: all_of_it
  - name: some
    setup-file: setup/some.py
    config-objects: [ct, camera]
  - name: few
    setup-file: pkg.setup
    config-objects: [motors, x]
"""


def parse(text):
    return parse_configuration(dedent(text), FILE)


def names(session):
    return [each["name"] for each in session["controllers"]]


def test_everything_is_the_default():
    session = parse(GOOD).session("all_of_it")
    assert session["objects"] == ["x", "z", "ct", "camera"]
    assert names(session) == ["motors", "counters", "camera"]
    assert session["setups"] == []
    assert session["file"] == FILE


def test_a_session_gets_what_it_asks_for_and_what_that_refers_to():
    session = parse(GOOD).session("some")
    assert session["objects"] == ["ct", "camera"]
    assert names(session) == ["motors", "counters", "camera"]
    assert session["setups"] == ["/lab/setup/some.py"]


def test_a_controller_stands_for_its_objects():
    session = parse(GOOD).session("few")
    assert session["objects"] == ["x", "z"]
    assert session["controllers"] == [
        {
            "name": "motors",
            "class": "pkg.Motors",
            "config": {"axes": [{"name": "x", "velocity": 1000.0}, {"name": "z"}]},
        }
    ]
    assert session["setups"] == ["pkg.setup"]


INCLUDING = """\
  - name: more
    setup-file: more.py
    include-sessions: [few, some]
    config-objects: [ct]
    exclude-objects: [z]
  - name: most
    include-sessions: [more, few]
    exclude-objects: [motors]
"""


def test_a_session_includes_others():
    session = parse(GOOD + INCLUDING).session("more")
    assert session["objects"] == ["x", "ct", "camera"]
    assert session["setups"] == ["pkg.setup", "/lab/setup/some.py", "/lab/more.py"]
    assert names(session) == ["motors", "counters", "camera"]


def test_what_is_excluded_stays_out():
    session = parse(GOOD + INCLUDING).session("most")
    assert session["objects"] == ["ct", "camera"]
    assert session["setups"] == ["pkg.setup", "/lab/setup/some.py", "/lab/more.py"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[few, some]", "[few, nosuch]", r"sessions\[3\].include-sessions\[1\]: .*got 'nosuch'"),
        ("[few, some]", "[most]", "more would include itself"),
        ("[few, some]", "[more]", "more would include itself"),
        ("[z]", "[nosuch]", r"exclude-objects\[0\]: .*got 'nosuch'"),
    ],
)
def test_what_cannot_be_included_is_said(before, after, said):
    with pytest.raises(ConfigError, match=said):
        parse((GOOD + INCLUDING).replace(before, after))


def test_plain_types_only():
    session = parse(GOOD).session("few")
    velocity = session["controllers"][0]["config"]["axes"][0]["velocity"]
    assert type(velocity) is float
    assert type(session["controllers"][0]["config"]) is dict


def test_unknown_session_lists_the_known_ones():
    with pytest.raises(UnknownSessionError, match=r"'none'.*all_of_it, some, few"):
        parse(GOOD).session("none")
    assert parse(GOOD).session_names == ["all_of_it", "some", "few"]


def test_an_empty_file_has_no_sessions():
    assert parse("").session_names == []
    with pytest.raises(UnknownSessionError, match="configured sessions: none"):
        parse("# nothing").session("demo")


WRONG = {
    "not yaml": ("sessions: [\n", 2, "expected YAML"),
    "a tab": ("sessions:\n\t- name: a\n", 2, "expected YAML"),
    "a list": ("- 1\n", 1, "expected"),
    "a key twice": ("sessions: []\nsessions: []\n", 2, "duplicate key"),
    "unknown key": ("\nsession: []\n", 2, "session: .*controllers, sessions"),
    "unknown session key": ("sessions:\n - name: a\n   setup: b\n", 3, "setup-file"),
    "no class": ("controllers:\n - name: a\n", 2, r"controllers\[0\].class: .*missing"),
    "class of one word": ("controllers:\n - name: a\n   class: b\n", 3, "dotted path.*'b'"),
    "number as name": ("sessions:\n - name: 1\n", 2, "expected a valid string, got 1"),
    "name to be typed": ("sessions:\n - name: a-b\n", 2, "typed at the prompt.*'a-b'"),
    "keyword": ("sessions:\n - name: for\n", 2, "typed at the prompt.*'for'"),
    "date": ("controllers:\n - name: a\n   class: b.C\n   x: 2024-01-01\n", 4, "in quotes"),
    "tag": ("sessions: !!python/object:os.system {}\n", 1, "expected"),
    "key that is a number": ("controllers:\n - 1: a\n", 2, "expected text as a key, got 1"),
    "name of an object": (
        "controllers:\n - name: a\n   class: b.C\n   axes:\n    - name: 1x\n", 5, "'1x'"
    ),
    "object twice": (
        "controllers:\n - name: a\n   class: b.C\n   axes:\n    - name: x\n    - name: x\n",
        6, "'x' is already .* line 5",
    ),
    "object named as a controller": (
        "controllers:\n - name: a\n   class: b.C\n   axes:\n    - name: a\n", 5, "line 2"
    ),
    "session twice": ("sessions:\n - name: a\n - name: a\n", 3, "line 2"),
    "unknown object": (
        "sessions:\n - name: a\n   config-objects:\n   - rob\n", 4, r"objects\[0\]: .*'rob'"
    ),
    "unknown reference": (
        "controllers:\n - name: a\n   class: b.C\n   list: [{axis: $rob}]\n", 4,
        r"controllers\[0\].list\[0\].axis: .*\$rob",
    ),
    "reference to itself": (
        "controllers:\n - name: a\n   class: b.C\n   axes: [{name: x, of: $x}]\n", 4, "needs a"
    ),
    "circle": (
        "controllers:\n - {name: a, class: b.C, of: $b}\n - {name: b, class: b.C, of: $a}\n", 3,
        r"\$a belongs to a controller that itself needs b",
    ),
    "an alias of itself": ("sessions: &a [*a]\n", 1, "expected"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_errors_say_where_and_what(case):
    text, line, message = WRONG[case]
    with pytest.raises(ConfigError, match=message) as caught:
        parse(text)
    assert "sessions.yml" in str(caught.value)
    if case != "an alias of itself":
        assert f"sessions.yml:{line}: " in str(caught.value)


def test_several_errors_name_the_first_and_count_the_rest():
    with pytest.raises(ConfigError, match=r":2: .*\(1 more error"):
        parse("sessions:\n - name: a-b\n - name: c-d\n")


@given(st.text())
def test_any_text_is_a_configuration_or_our_error(text):
    try:
        parse_configuration(text, FILE)
    except ConfigError as error:
        assert "sessions.yml" in str(error)  # noqa: PT017


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "sessions.yml"
    with pytest.raises(ConfigError, match=r"cannot be read .*No such file"):
        read_configuration(path)
    path.write_bytes(b"sessions: \xff\n")
    with pytest.raises(ConfigError, match="expected UTF-8 text, byte 10"):
        read_configuration(path)


def test_the_file_is_read_again_when_it_changed(tmp_path):
    path = tmp_path / "sessions.yml"
    path.write_text("sessions: [{name: one}]")
    file = ConfigurationFile(path)
    first = file.current()
    assert file.current() is first
    path.write_text("sessions: [{name: one}, {name: two}]")
    assert file.current().session_names == ["one", "two"]
    path.write_text("sessions: [{name: one-}]")
    for _ in range(2):
        with pytest.raises(ConfigError):
            file.current()
    path.write_text("sessions: [{name: one}]")
    assert file.current().session_names == ["one"]


def test_which_file_is_used(tmp_path):
    def make(name):
        path = tmp_path / name / "sessions.yml"
        path.parent.mkdir()
        path.touch()
        return path

    asked, named, here = make("asked"), make("named"), make("here")
    variables = {"BLISS_CONFIG": str(named)}
    assert find_configuration(str(asked), variables, str(here.parent)) == asked
    assert find_configuration(str(asked.parent), variables, str(here.parent)) == asked
    assert find_configuration(None, variables, str(here.parent)) == named
    assert find_configuration(None, {}, str(here.parent)) == here
    assert find_configuration(None, {}, str(tmp_path)) == ROOT / "sessions.yml"
    with pytest.raises(ConfigError, match=r"--config .*missing\.yml: .*no such file"):
        find_configuration("missing.yml", variables, str(tmp_path))
    with pytest.raises(ConfigError, match=r"BLISS_CONFIG .*missing\.yml"):
        find_configuration(None, {"BLISS_CONFIG": "missing.yml"}, str(tmp_path))


def test_the_demo():
    session = read_configuration(DEMO).session("demo_session")
    assert session["objects"] == [
        "robx", "roby", "robz", "tx", "ty", "sim_ct_gauss", "sim_ct_gauss_noise", "diode1",
        "fluo_diode", "i0", "it", "fluo_norm", "mca1", "camera1", "counting", "detectors",
    ]  # fmt: skip
    assert names(session)[0] == "simulated_motors"
    axes = session["controllers"][0]["config"]["axes"]
    assert {each["velocity"] for each in axes} == {1000}
    assert {each["acceleration"] for each in axes} == {10000}
