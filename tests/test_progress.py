"""Bars in a terminal; in a notebook they are tried in tests/live/test_kernel.py."""

from regutils import progress


def test_a_bar_in_a_terminal_counts_and_takes_itself_away(capsys):
    assert list(progress.bar(range(3), "work", delay=0)) == [0, 1, 2]
    with progress.bar(total=2, description="more", delay=0) as bar:
        bar.update(2)
    captured = capsys.readouterr()
    assert "work" in captured.err and "more" in captured.err and captured.out == ""
    assert captured.err.rsplit("\r", 2)[-2].strip() == ""
