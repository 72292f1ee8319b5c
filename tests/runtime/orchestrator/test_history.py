"""What git remembers speaks for files, is read once for a HEAD, and is not missed elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from genesis_ssmp.heaven import Heaven
from genesis_ssmp.runtime.orchestrator.history import newest_commits
from genesis_ssmp.runtime.orchestrator.ranking import rank
from kit.repository import Repository


def commit(repository: Repository, subject: str, paths: Sequence[str]) -> None:
    for path in paths:
        before = repository.read(path) if repository.path(path).exists() else ""
        repository.write(path, before + f"{path[0]}{len(before)} = 1\n")
    repository.commit(subject)


def test_files_that_changed_with_a_hit_are_ranked_with_the_reason(
    git_repository: Repository,
) -> None:
    git_repository.write("widget.py", "def paint_widget():\n    pass\n")
    git_repository.write("zoo.py", "lion = 1\n")
    for number in range(3):
        commit(git_repository, f"step {number}", ["widget.py", "zoo.py"])
    with Heaven.open(git_repository.root) as heaven:
        files = {one.path: one.reasons for one in rank(heaven, "paint_widget").files}
    assert "changed 3 times with widget.py" in files["zoo.py"]


def test_a_commit_that_says_the_tasks_words_speaks_for_its_files(
    git_repository: Repository,
) -> None:
    commit(git_repository, "Mend the purple elephant", ["zoo.py"])
    with Heaven.open(git_repository.root) as heaven:
        found = rank(heaven, "the elephant is not purple").files
    assert [one.path for one in found] == ["zoo.py"]
    assert "Mend the purple elephant" in found[0].reasons[0]


def test_commits_are_kept_and_only_later_ones_read(git_repository: Repository) -> None:
    commit(git_repository, "one", ["a.py"])
    with Heaven.open(git_repository.root) as heaven:
        before = newest_commits(heaven)
        kept = (heaven.state / "history.json").read_text()
        # What is kept is believed: these are not read again.
        (heaven.state / "history.json").write_text(kept.replace('"one"', '"uno"'))
        commit(git_repository, "two", ["b.py"])
        after = newest_commits(heaven)
    assert before[0].subject == "one" and before[0].paths == ("a.py",)
    assert [one.subject for one in after][:2] == ["two", "uno"]


def test_a_damaged_file_of_commits_is_made_anew(git_repository: Repository) -> None:
    commit(git_repository, "one", ["a.py"])
    with Heaven.open(git_repository.root) as heaven:
        (heaven.state / "history.json").write_text("[[1]]")
        assert newest_commits(heaven)[0].subject == "one"


def test_a_directory_below_the_repositorys_top_has_its_own_paths(
    git_repository: Repository,
) -> None:
    commit(git_repository, "one", ["part/a.py", "b.py"])
    with Heaven.open(git_repository.path("part")) as heaven:
        assert newest_commits(heaven)[0].paths == ("a.py",)


def test_without_git_there_is_no_history(shop: Heaven) -> None:
    assert newest_commits(shop) == ()
