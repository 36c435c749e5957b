"""The git repository around a program, whether its files are those of the commit, and the address of a step in it."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from observing import FILE, shop
from validating import check_event

from spark_lineage.events import build, read, samples
from spark_lineage.graph import assemble
from spark_lineage.model import PythonGap, RepositorySeen
from spark_lineage.surroundings import repository, work_tree

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def looked_at(folder: Path) -> RepositorySeen | PythonGap:
    """As the agent does it: from git's files, and then from git."""
    seen = repository.read(folder / "jobs" / "job.py")
    assert seen is not None
    assert seen.dirty is None
    return work_tree.compared(seen)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "jobs").mkdir(parents=True)
    (folder / "jobs" / "job.py").write_text("pass\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "remote", "add", "origin", "https://ada:hunter2@example.org/shop/jobs.git")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_commit_branch_and_remote_without_credentials(project: Path) -> None:
    seen = looked_at(project)
    assert seen == RepositorySeen(
        str(project.resolve()), git(project, "rev-parse", "HEAD"), "main", "https://example.org/shop/jobs.git", False
    )


def test_packed_refs_worktrees_and_detached_heads(project: Path, tmp_path: Path) -> None:
    commit = git(project, "rev-parse", "HEAD")
    git(project, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    git(project, "pack-refs", "--all")
    git(project, "worktree", "add", "-q", "--detach", str(tmp_path / "detached"))
    found = [
        repository.read(folder / "jobs" / "job.py") for folder in (project, tmp_path / "other", tmp_path / "detached")
    ]
    assert [(each.commit, each.branch) for each in found if each] == [
        (commit, "main"),
        (commit, "other"),
        (commit, None),
    ]


def test_no_repository_or_none_with_a_commit_is_none(tmp_path: Path) -> None:
    assert repository.read(tmp_path / "job.py") is None
    git(tmp_path, "init", "-q")
    assert repository.read(tmp_path / "job.py") is None
    (tmp_path / ".git" / "HEAD").write_bytes(b"\xff\xfe")
    assert repository.read(tmp_path / "job.py") is None


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("git@example.org:shop/jobs.git", f"https://example.org/shop/jobs/blob/{COMMIT}/ada/job.py#L20"),
        ("ssh://git@example.org:22/shop/jobs", f"https://example.org/shop/jobs/blob/{COMMIT}/ada/job.py#L20"),
        ("https://example.org/shop/jobs.git", f"https://example.org/shop/jobs/blob/{COMMIT}/ada/job.py#L20"),
        ("/srv/git/jobs.git", f"file://{FILE}"),
        (None, f"file://{FILE}"),
    ],
)
def test_a_function_has_an_address_in_its_repository(remote: str | None, url: str) -> None:
    seen = RepositorySeen("/home", COMMIT, "main", remote)
    graph = assemble([*shop(), seen])
    events = list(build(graph))
    clean = next(e for e in events if e["job"]["name"] == "job.clean" and e["eventType"] == "COMPLETE")
    assert clean["job"]["facets"]["sourceCodeLocation"]["url"] == url
    assert clean["job"]["facets"]["sourceCodeLocation"]["path"] == "ada/job.py"
    assert read(events, samples(graph)).run.repository == seen


def test_a_file_outside_of_the_repository_has_none() -> None:
    graph = assemble([*shop(), RepositorySeen("/srv", COMMIT, None, None)])
    assert not any("sourceCodeLocation" in each["job"].get("facets", {}) for each in build(graph))


def test_the_facets_are_by_the_specification() -> None:
    graph = assemble([*shop(), RepositorySeen("/home", COMMIT, None, "git@example.org:shop/jobs.git")])
    for each in build(replace(graph, run=replace(graph.run, labels={"team": "risk"}))):
        check_event(each)


# --- whether the files are those of the commit


def dirty(folder: Path) -> bool | None:
    seen = looked_at(folder)
    assert isinstance(seen, RepositorySeen)
    # Git's own word for it, besides.
    status = git(folder, "--no-optional-locks", "status", "--porcelain", "--untracked-files=no")
    assert seen.dirty == bool(status), status
    return seen.dirty


def test_dirty_or_not(project: Path) -> None:
    job, link = project / "jobs" / "job.py", project / "link"
    assert dirty(project) is False
    (project / "untracked.py").write_text("pass\n")
    job.touch()
    assert dirty(project) is False
    job.write_text("PASS\n")  # the same size
    assert dirty(project) is True
    git(project, "add", "jobs")
    assert dirty(project) is True
    git(project, "commit", "-q", "-m", "second")
    assert dirty(project) is False
    job.chmod(0o755)
    assert dirty(project) is True
    job.chmod(0o644)
    link.symlink_to("jobs")
    git(project, "add", "-N", "link")
    assert dirty(project) is True
    git(project, "reset", "-q")
    link.unlink()
    assert dirty(project) is False
    git(project, "rm", "-q", "--cached", "jobs/job.py")
    assert dirty(project) is True


def test_dirty_in_packed_clones_worktrees_and_newer_indexes(project: Path, tmp_path: Path) -> None:
    for name in ("a.txt", "a/b.txt", "a0", "z/é.py"):
        (project / name).parent.mkdir(exist_ok=True, parents=True)
        (project / name).write_text(name)
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "more")
    git(tmp_path, "clone", "-q", "--no-local", str(project), "clone")
    clone = tmp_path / "clone"
    assert list((clone / ".git" / "objects" / "pack").glob("*.pack"))
    git(clone, "update-index", "--index-version", "4")
    git(project, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    for folder in (clone, tmp_path / "other"):
        assert dirty(folder) is False
        (folder / "z" / "é.py").unlink()
        assert dirty(folder) is True


def gap(folder: Path) -> str:
    seen = looked_at(folder)
    assert isinstance(seen, PythonGap)
    assert (seen.what, seen.why.partition(": ")[2]) == (
        "git",
        "whether files differ from those of the commit is not known",
    )
    return seen.why.partition(": ")[0]


def test_where_it_cannot_be_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = repository.read(project / "jobs" / "job.py")
    assert seen is not None
    with pytest.raises(work_tree.NotKnown, match="another commit"):
        work_tree.is_dirty(seen.root, COMMIT)
    before = signal.signal(signal.SIGCHLD, lambda *_: None)
    try:
        assert "child processes" in gap(project)
    finally:
        signal.signal(signal.SIGCHLD, before)
    (project / ".git" / "index").write_bytes(b"DIRC\0\0\0\7")
    assert gap(project) == "git failed with exit status 128"
    monkeypatch.setenv("PATH", str(project))
    assert gap(project) == "git is not installed"
    (project / "git").write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    (project / "git").chmod(0o755)
    with pytest.raises(work_tree.NotKnown, match=r"longer than 0\.2 s"):
        work_tree.is_dirty(seen.root, seen.commit, seconds=0.2)


def test_looking_runs_nothing_and_writes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = project / "ran"
    trap = project / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {ran}\n")
    trap.chmod(0o755)
    hooks = project / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "post-index-change").write_bytes(trap.read_bytes())
    (hooks / "post-index-change").chmod(0o755)
    git(project, "config", "core.fsmonitor", str(trap))
    os.utime(project / "jobs" / "job.py", (10**9, 10**9))  # git would write the other time into its index
    monkeypatch.setenv("GIT_DIR", str(project / "elsewhere"))
    monkeypatch.setenv("GIT_TRACE", str(project / "trace"))
    files = sorted(project.rglob("*"))
    index = (project / ".git" / "index").read_bytes()
    seen = looked_at(project)
    assert isinstance(seen, RepositorySeen)
    assert seen.dirty is False
    assert (project / ".git" / "index").read_bytes() == index
    assert sorted(project.rglob("*")) == files


def test_later_word_counts(project: Path) -> None:
    """The first is there when the program begins; git's own comes when it has looked."""
    early = RepositorySeen("/home", COMMIT, "main", None)
    late = replace(early, dirty=True)
    assert assemble([*shop(), early, late]).run.repository == late
