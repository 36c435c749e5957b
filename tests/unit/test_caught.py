"""Calls left by an exception that their caller caught, on plain Python code (no Spark)."""

from __future__ import annotations

from pathlib import Path

from test_frames import Watch

from spark_lineage.model import CallEnded, CallSeen

PROGRAM = """
    import contextlib

    def broken(kind=ValueError):
        probe()
        raise kind("own")

    def between():
        probe()
        broken()

    def keeps():
        probe()
        try:
            broken()
        except ValueError as error:
            kept = error
        return 1

    def turns():
        try:
            between()
        except ValueError as error:
            raise KeyError("other") from error

    def fine(depth=0):
        probe()
        return fine(depth + 1) if depth < 2 else depth

    def stream():
        probe()
        yield 1

    def consumes():
        probe()
        for item in stream():
            raise LookupError(item)

    def asks():
        try:
            broken()
        except ValueError:
            return fine(1)

    try:
        broken()
    except ValueError:
        fine()
    try:
        between()
    except (KeyError, ValueError) as error:
        fine()
    with contextlib.suppress(ValueError):
        broken()
    keeps()
    try:
        turns()
    except KeyError:
        pass
    try:
        consumes()
    except LookupError as error:
        print(error)
    asks()
    for _ in range(2):
        try:
            broken()
        except ValueError:
            continue
    """


def test_calls_left_by_a_caught_exception_are_told(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.run(PROGRAM)
    names = {seen.call: seen.function for seen in watch.seen if isinstance(seen, CallSeen)}
    left = [names[seen.call] for seen in watch.seen if isinstance(seen, CallEnded) and seen.error]
    returned = [names[seen.call] for seen in watch.seen if isinstance(seen, CallEnded) and not seen.error]
    # ``keeps`` keeps the exception, and so the frame of ``broken``: nobody sees that one's end in time.
    assert sorted(left) == sorted(["broken"] * 7 + ["between", "between", "turns", "consumes"])
    assert set(returned) <= {"<module>", "fine", "keeps", "stream", "asks", "broken"}
    assert returned.count("broken") <= 1 and "fine" in returned and "asks" in returned


def test_an_operation_in_a_handler_tells_the_text(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    probe = watch.probe

    def looking(*args: object) -> object:
        import sys

        if (error := sys.exc_info()[1]) is not None:
            watch.frames.left_by_caught(error, str)
        return probe(*args)

    watch.probe = looking  # type: ignore[method-assign]
    watch.run(
        """
        def inner():
            probe()
            raise ValueError("first")
        def outer():
            probe()
            try:
                inner()
            except ValueError as error:
                raise KeyError("second") from error
        try:
            outer()
        except KeyError:
            probe()
        """
    )
    names = {seen.call: seen.function for seen in watch.seen if isinstance(seen, CallSeen)}
    told = {names[seen.call]: seen.error for seen in watch.seen if isinstance(seen, CallEnded)}
    assert told == {"inner": "first", "outer": "'second'", "<module>": None}
