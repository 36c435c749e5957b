"""What was observed is on the disk and not in memory, whatever happens to the disk."""

from __future__ import annotations

import builtins
import errno
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from observing import shop

from spark_lineage.agent import Agent, Program
from spark_lineage.capture.deferred import DeferredQueue
from spark_lineage.config import Config
from spark_lineage.graph import assemble
from spark_lineage.model import Observation, Outcome, Probed, ProbedColumn, ProgramEnded, PythonGap
from spark_lineage.store import Store, observation_lines
from spark_lineage.store.recording import Recording
from spark_lineage.store.wal import NAME, SLOT, WriteAhead, read


def running(rows: int, dataset: str = "d1") -> Probed:
    """As the JVM half tells of a measurement that is not over."""
    detail = f"{rows // 10} of 100000 partitions read to their end"
    return Probed(dataset, f"p1.{dataset}", 7, rows, False, "partial", detail, (), (), None, None, "0123456789abcdef")


def over(rows: int) -> Probed:
    column = ProbedColumn("id", "bigint", 0, "xxh64:0000000000000001")
    return replace(running(rows), complete=True, reason=None, detail=None, columns=(column,))


# --------------------------------------------------------------------------- in, and out again


def test_all_that_goes_in_comes_out_and_nothing_is_held(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    seen = shop()
    for observation in seen:
        recording.add([observation])
    assert recording.kept == 0
    assert list(recording.observations()) == seen
    assert assemble(recording.observations()) == assemble(seen)


def test_it_is_read_though_its_folder_is_gone(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "run")
    recording.add(shop())
    shutil.rmtree(tmp_path / "run")
    recording.add([running(1)])
    assert list(recording.observations()) == [*shop(), running(1)]


def test_what_comes_after_the_journal_is_sealed_is_left_out(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.remove()
    recording.add(shop())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", range(len(shop())))
def test_without_compiled_libraries_it_reads_the_same(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    observation = shop()[number]
    made = observation_lines.maker(type(observation))
    assert made(json.loads(observation_lines.encode(observation))) == observation


def test_a_driver_without_msgspec_reads_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(tmp_path)
    recording.add([*shop(), replace(running(5), detail="\ud800")])
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setitem(sys.modules, "msgspec.json", None)
    cached = [value for value in vars(observation_lines).values() if hasattr(value, "cache_clear")]
    for function in cached:
        function.cache_clear()
    try:
        assert list(recording.observations()) == [*shop(), replace(running(5), detail="\ud800")]
    finally:
        monkeypatch.undo()
        for function in cached:
            function.cache_clear()


# --------------------------------------------------------------------------- measurements that run


def test_a_measurement_that_runs_takes_its_place_again(tmp_path: Path) -> None:
    ahead = WriteAhead(tmp_path)
    ahead.append([running(0), running(0, "d2")])
    size = ahead.path.stat().st_size
    for rows in range(0, 1_000_000, 100):
        ahead.append([running(rows), running(rows, "d2")])
    assert ahead.path.stat().st_size == size <= 4 * SLOT
    assert list(read(tmp_path)) == [running(999_900), running(999_900, "d2")]


def test_a_line_that_has_grown_too_long_gets_another_place(tmp_path: Path) -> None:
    ahead = WriteAhead(tmp_path)
    longer = replace(running(3), detail="x" * 4 * SLOT)
    for probed in (running(1), longer, running(4)):
        ahead.append([probed])
    assert list(read(tmp_path)) == [running(1), running(4)]


def test_the_last_word_comes_after_the_running_ones_and_is_not_written_over(tmp_path: Path) -> None:
    ahead = WriteAhead(tmp_path)
    for probed in (running(1), over(10), running(2)):  # the same plan runs again
        ahead.append([probed])
    ahead.append([running(3), over(20)])
    assert [probed for probed in read(tmp_path) if isinstance(probed, Probed)][-1] == over(20)
    assert over(10) in list(read(tmp_path))


# --------------------------------------------------------------------------- a disk that is full


class FullDisk:
    """The file of a write-ahead that takes no more than ``room`` bytes, as a disk does: first a part, then nothing."""

    def __init__(self, file: Any, room: int) -> None:
        self.file = file
        self.room = room

    def write(self, content: bytes) -> int:
        at = self.file.tell()
        if content and at >= self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written: int = self.file.write(content[: self.room - at])
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def full_after(recording: Recording, room: int) -> FullDisk:
    disk = FullDisk(recording._ahead._file, room)
    recording._ahead._file = disk  # type: ignore[assignment]
    return disk


def test_while_the_disk_is_full_a_bounded_number_is_kept(tmp_path: Path) -> None:
    recording = Recording(tmp_path, most=50)
    seen = [replace(running(rows), instance=f"p{rows}") for rows in range(200)]
    disk = full_after(recording, 2_000)
    for observation in seen:
        recording.add([observation])
    recording.add([ProgramEnded(1.0, Outcome.COMPLETE, None)])
    assert recording.kept == 51
    left = list(recording.observations())
    kept = [observation for observation in left if isinstance(observation, Probed)]
    assert kept == seen[: len(kept)]
    gaps = [observation for observation in left if isinstance(observation, PythonGap)]
    dropped = len(seen) - len(kept)
    assert [gap.why for gap in gaps] == [
        "it cannot be written (No space left on device): a killed driver would lose what comes now",
        f"{dropped} were dropped: {NAME} could not be written, and 50 waited in memory",
    ]
    assert ProgramEnded(1.0, Outcome.COMPLETE, None) in left
    disk.room = 10_000_000
    recording.add([running(1)])
    assert recording.kept == 0
    assert [observation for observation in read(tmp_path) if isinstance(observation, Probed)] == [*kept, running(1)]
    assert None not in list(read(tmp_path))


def test_a_run_whose_disk_was_full_for_a_while_is_whole(tmp_path: Path) -> None:
    agent = Agent(Config(store=str(tmp_path)), Program("job", "job.py"))
    disk = full_after(agent._recording, 500)
    for observation in shop(run=agent.run)[:-1]:
        agent._queue.put(observation)
        agent.flush()
    disk.room = 10_000_000
    agent.end(Outcome.COMPLETE, None, None)
    graph = Store(tmp_path).open("last").graph
    gaps = {gap.what for gap in graph.gaps}
    assert NAME in gaps
    assert [step.step for step in graph.steps] == [step.step for step in assemble(shop(run=agent.run)).steps]


def test_one_that_cannot_be_written_does_not_take_others_with_it(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    unwritable: Observation = PythonGap("x", builtins.object())  # type: ignore[arg-type]
    recording.add([running(1), unwritable, over(2)])
    left = list(recording.observations())
    assert left[:2] == [running(1), over(2)]
    assert isinstance(left[2], PythonGap) and "a PythonGap cannot be written ahead" in left[2].why
    assert left[3:] == [unwritable]


def test_a_writer_that_is_broken_loses_nothing_up_to_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(tmp_path, most=50)
    monkeypatch.setattr(recording._ahead, "append", lambda observations: 1 // 0)
    seen = [replace(running(rows), instance=f"p{rows}") for rows in range(60)]
    for observation in seen:
        recording.add([observation])
    left = list(recording.observations())
    assert [observation for observation in left if isinstance(observation, Probed)] == seen[:49]
    gaps = [observation.why for observation in left if isinstance(observation, PythonGap)]
    assert gaps[0] == "a Probed cannot be written ahead (ZeroDivisionError: integer division or modulo by zero)"
    assert gaps[1].startswith("11 were dropped")


# --------------------------------------------------------------------------- notes


def test_notes_beyond_the_bound_are_dropped_and_counted() -> None:
    notes = DeferredQueue(most=3)
    for number in range(5):
        notes.put(PythonGap("x", str(number)))
    notes.put_always(PythonGap("x", "end"))
    assert notes.take_dropped() == 2
    assert notes.take_dropped() == 0
    assert [note.why for note in notes.take(10) if isinstance(note, PythonGap)] == ["0", "1", "2", "end"]


def test_dropped_notes_are_a_gap_of_the_run(tmp_path: Path) -> None:
    agent = Agent(Config(store=str(tmp_path)), Program("job", "job.py"))
    agent._queue._most = len(shop())
    for observation in shop(run=agent.run)[:-1]:
        agent._queue.put(observation)
    for _ in range(10):
        agent.gap("x", "y")
    agent.end(Outcome.COMPLETE, None, None)
    graph = Store(tmp_path).open("last").graph
    assert [gap.why for gap in graph.gaps if gap.what == "observations"] == [
        "9 of the Python half were dropped: more came at once than it could take"
    ]
