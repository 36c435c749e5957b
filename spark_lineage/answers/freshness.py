"""Whether the code on disk is still the code that ran.

The record has hashes of the program's files, made with the secret of the store, of the text as it was and of the code
in it. A file whose text is the same is not looked into; where it is another one, comments and formatting do not count.
"""

from __future__ import annotations

import os
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from spark_lineage.answers.documents import Document
from spark_lineage.config import resolve
from spark_lineage.model import CheckResult, CheckStatus, Freshness, LineageGraph, ProgramFile, StepKind
from spark_lineage.privacy import keys
from spark_lineage.privacy.hashes import key_id, keyed, rekeyed, text_hash
from spark_lineage.refusals import Refusal

UNREADABLE = (OSError, SyntaxError, UnicodeDecodeError)
CHECK = "fresh"  # the name of the check
NOT_RECORDED = "the record has no hashes of the program's files"
NO_KEY = "the mask.key that the hashes of the program's files were made with is not there"
TYPED = "code that was typed in a notebook or a shell is in no file"
_NOT_LOOKED_AT = Freshness(unknown="nobody has looked at the program's files")


def looked_at(graph: LineageGraph, folder: Path) -> LineageGraph:
    """The graph of the run in a folder of a store, with how the program's files are now."""
    return replace(graph, freshness=_freshness(graph, folder.parent.parent))


def _freshness(graph: LineageGraph, store: Path) -> Freshness:
    if not graph.run.files:
        return Freshness(unknown=TYPED if TYPED in _in_no_file(graph) else NOT_RECORDED)
    key = _key(store)
    if key is None or not graph.run.files[0].text_hash.startswith(f"{key_id(key)}:"):
        return Freshness(unknown=NO_KEY)
    changed: list[str] = []
    functions: list[str] = []
    gone: list[str] = []
    unknown: list[str] = []
    folders = {os.path.dirname(file.file) for file in graph.run.files if os.path.isfile(file.file)}
    for file in graph.run.files:
        try:
            text = _text(file.file)
        except FileNotFoundError:
            above = map(str, Path(file.file).parents)
            there = os.path.isdir(os.path.dirname(file.file)) or not folders.isdisjoint(above)
            (gone if there else unknown).append(file.file if there else f"{file.file} is not on this machine")
        except UNREADABLE as error:
            unknown.append(f"{file.file} cannot be read ({error.__class__.__name__})")
        else:
            if keyed(text_hash(text), key) != file.text_hash:
                now = _hashes(file.file, text)
                if file.source_hash is None or keyed(now.get("<module>", ""), key) != file.source_hash:
                    changed.append(file.file)
                    functions.extend(_other_functions(graph, file, now, key))
    unknown += _in_no_file(graph)
    return Freshness(tuple(changed), tuple(functions), tuple(gone), unknown[0] if unknown else None)


def _in_no_file(graph: LineageGraph) -> Iterator[str]:
    """Code that ran, and of which no file was noted."""
    noted = {file.file for file in graph.run.files}
    for step in graph.steps:
        if step.kind is not StepKind.APPLICATION and step.file and os.path.abspath(step.file) not in noted:
            typed = step.file.startswith(("<", "In[")) or "ipykernel_" in step.file
            yield TYPED if typed else f"the record has no hash of {step.file}"


def _key(store: Path) -> bytes | None:
    try:
        configured = resolve().mask_key
    except Refusal:  # what is wrong there is no matter of this question
        configured = None
    return configured.encode("utf-8") if configured else keys.kept(store)


def _text(file: str) -> str:
    try:
        with tokenize.open(file) as source:
            return source.read()
    except NotADirectoryError:
        from spark_lineage.static.archives import text_of  # with all that reads code, which is long to import

        return text_of(file)


def _hashes(file: str, text: str) -> Mapping[str, str]:
    """The hash of each function by its qualname, of the last of several; nothing for what is no Python."""
    from spark_lineage.static.definitions import defined  # seldom needed, and long to import
    from spark_lineage.static.normalised import Normaliser

    try:
        module = defined(file, text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    normaliser = Normaliser()
    return {function.qualname: normaliser.hash(function.node) for function in module.functions}


def _other_functions(graph: LineageGraph, file: ProgramFile, now: Mapping[str, str], key: bytes) -> Iterator[str]:
    """The functions of a file that ran, as steps or in them, and are not there as they were."""
    ran = {step.function: step for step in graph.steps if step.kind is StepKind.FUNCTION}
    seen = [(step.function, step.file, step.source_hash) for step in ran.values()]
    seen += [(used.name, used.file, used.source_hash) for used in graph.run.functions]
    for name, where, before in dict.fromkeys(seen):
        if os.path.abspath(where) == file.file and before is not None:
            after = now.get(name)
            if after is None or before not in (after, rekeyed(after, key)):
                yield name


def of_code(graph: LineageGraph) -> CheckResult:
    """Whether the code on disk is still the code that ran, as a check that was asked for."""
    found = graph.freshness or _NOT_LOOKED_AT
    status = {True: CheckStatus.FAILED, False: CheckStatus.PASSED, None: CheckStatus.UNKNOWN}[found.stale]
    actual = sentence(found) or found.unknown or "it is"
    return CheckResult(CHECK, graph.run.app, None, status, "the code on disk is the code that ran", actual, rule=True)


def document(freshness: Freshness | None) -> Document:
    """``stale`` and why, for the documents of all readers. ``stale`` is null where it could not be told."""
    found = freshness or _NOT_LOOKED_AT
    return {
        "stale": found.stale,
        "stale_files": [*found.changed, *found.gone],
        "stale_functions": list(found.functions),
        "stale_unknown": found.unknown,
    }


def sentence(found: Freshness | None) -> str | None:
    """One line for people; None where nothing is known to be stale."""
    if found is None or not found.stale:
        return None
    files = [*found.changed, *found.gone]
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    happened = "changed since it ran" if found.changed else "is gone"
    functions = ", ".join(found.functions[:3]) + (" and more" if len(found.functions) > 3 else "")
    return f"{files[0]}{more} {happened}{f': other code in {functions}' if functions else ''}"
