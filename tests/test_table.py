"""The lines of a running scan's table."""

import pytest

from bliss_shell.table import Column, Table, selected

COLUMNS = [Column("axis:robx", "robx[mm]"), Column("axis:roby", "roby[mm]")]


def filled(table, *points):
    for x, y in points:
        table.add("axis:robx", [x])
        table.add("axis:roby", [y])
    return table.take()


def test_rows_of_a_mesh_are_apart():
    table = Table(COLUMNS, 80, row=2)
    lines = filled(table, (0, 0), (1, 0), (0, 1)) + filled(table, (1, 1), (0, 2))
    assert [line.split() for line in lines] == [
        *(["0", "0", "0"], ["1", "1", "0"], []),
        *(["2", "0", "1"], ["3", "1", "1"], []),
        ["4", "0", "2"],
    ]
    assert table.rows == 5


def test_other_scans_have_no_rows():
    lines = filled(Table(COLUMNS, 80), *[(i, i) for i in range(5)])
    assert "" not in lines


ALL = [
    *COLUMNS,
    Column("timer:elapsed_time", "elapsed_time[s]"),
    Column("diodes:i0", "current[mA]"),
    Column("diodes:it", "it"),
]


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ([], ["robx", "roby", "elapsed_time", "i0", "it"]),
        (["it"], ["robx", "roby", "it"]),
        (["it", "diodes:i0"], ["robx", "roby", "it", "i0"]),
        (["current"], ["robx", "roby", "i0"]),
        (["i?", "*time", "it"], ["robx", "roby", "i0", "it", "elapsed_time"]),
        (["nothing"], ["robx", "roby", "elapsed_time", "i0", "it"]),
        (["axis:roby"], ["robx", "roby"]),
    ],
)
def test_columns_can_be_chosen(wanted, shown):
    columns = selected(ALL, wanted)
    assert [column.channel.rpartition(":")[2] for column in columns] == shown
