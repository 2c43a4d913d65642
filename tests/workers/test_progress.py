"""Progress in lines: how much is done, and how long the rest takes."""

import io

import pytest

from report_utils.workers import progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def lines_of(clock, capsys, reports, total=1000.0):
    with progress.shown_progress("Training", total) as show:
        for clock[0], units in reports:
            show.reports([units])
    return capsys.readouterr().err.splitlines()


def test_at_a_steady_pace_the_time_left_is_what_it_takes(clock, capsys):
    lines = lines_of(clock, capsys, [(second, 1.0) for second in range(1, 401)])
    assert len(lines) == 20  # one in twenty seconds
    assert lines[-1] == "Training:  40%, about 10.0 min left"


def test_what_an_earlier_sitting_did_is_no_part_of_the_pace(clock, capsys):
    waiting = [(second / 4, 0.0) for second in range(20)]
    lines = lines_of(clock, capsys, [*waiting, (5, 500.0)] + [(second, 1.0) for second in range(6, 106)])
    assert lines[-1] == "Training:  60%, about 6.8 min left"


def test_a_pace_that_changes_is_followed(clock, capsys):
    fast = [(second, 5.0) for second in range(1, 101)]
    slow = [(100 + 10 * i, 1.0) for i in range(1, 101)]
    lines = lines_of(clock, capsys, [*fast, *slow])
    assert lines[-1] == "Training:  60%, about 66.7 min left"


def test_in_a_terminal_a_message_stands_above_the_bar(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    with progress.shown_progress("Training", 4.0) as show:
        show.reports([1.0, "[bold]as it is[/bold] :warning:"])
    shown = terminal.getvalue()
    assert "[bold]as it is[/bold] :warning:" in shown
    assert shown.rindex("Training") > shown.index("as it is")


def test_before_there_is_a_pace_no_time_is_told(clock, capsys):
    assert lines_of(clock, capsys, [(30, 500.0)]) == ["Training:  50%"]
