"""What the application notes tells when fresh workers serve, and who followed whom."""

from __future__ import annotations

from pathlib import Path

from benchmarks.recycling.notes import Note, Notebook, parse, served_at, turnovers
from benchmarks.recycling.windows import Span


def test_a_line_that_is_being_written_waits() -> None:
    """Half a number is a wrong number."""
    assert parse("1 20 0.5 1.5\n2 21 0.5 1.") == [Note(1, 20, 0.5, 1.5)]


def test_a_notebook_reads_on_where_it_was(tmp_path: Path) -> None:
    """Also in the middle of a line, and before there is a file."""
    path = tmp_path / "notes"
    book = Notebook(path)
    assert book.read() == []
    path.write_text("1 20 0.5 1.5\n1 2")
    assert book.read() == [Note(1, 20, 0.5, 1.5)]
    with path.open("a") as file:
        file.write("1 2.0 2.5\n")
    assert book.read() == [Note(1, 20, 0.5, 1.5), Note(1, 21, 2.0, 2.5)]
    assert book.pids == {20, 21}


def test_all_fresh_workers_must_have_answered() -> None:
    """The last first answer counts; those who were known before do not."""
    notes = [Note(1, 20, 0, 1), Note(1, 30, 1, 2), Note(1, 30, 2, 3), Note(2, 31, 3, 4)]
    assert served_at(notes, {20, 21}, 2) == 4
    assert served_at(notes, {20, 21}, 1) == 2
    assert served_at(notes, {20, 21}, 3) is None


def test_who_followed_whom() -> None:
    """Each number has its own row of processes; a request that ends late is in order, too."""
    notes = [
        Note(1, 20, 0, 1),
        Note(2, 21, 0, 2),
        Note(1, 30, 4, 5),
        Note(1, 30, 5, 6),
        Note(2, 31, 6, 7),
        Note(2, 32, 8, 9),
    ]
    assert turnovers(notes) == [Span(1, 5), Span(2, 7), Span(7, 9)]
    assert turnovers(reversed(notes)) == turnovers(notes)
