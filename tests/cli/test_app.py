from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import PROJECT, block, git, job, last_line, refused, run, spec, work_tree

VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-1"
URL = "https://kv-1.vault.azure.net/secrets/ngc"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return work_tree(tmp_path)


def test_an_empty_folder_is_no_failure(tmp_path: Path) -> None:
    ran = run(cwd=tmp_path)
    assert ran.returncode == 0
    assert last_line(ran) == "No Batch AI recipe found in 0 files."


@pytest.mark.parametrize(
    "words", [(), ("--dry-run",), ("plan", "recipes"), ("recipes", "--dry-run"), ("--", "recipes")]
)
def test_a_plan_writes_nothing(tree: Path, words: tuple[str, ...]) -> None:
    ran = run(*words, cwd=tree)
    assert ran.returncode == 0
    assert b"  tensorflow:18.07-py2" in ran.stdout
    assert job(tree).read_text() == spec()
    assert git("status", "--porcelain", cwd=tree) == b""


@pytest.mark.parametrize(
    ("words", "is_shown"),
    [
        ((), False),
        (("--dry-run",), False),
        (("-v",), True),
        (("apply", "--dry-run"), True),
        (("apply", "--dry-run", "-q"), False),
        (("apply",), False),
    ],
)
def test_what_no_terminal_shows_has_diffs_where_they_are_asked_for(
    tree: Path, words: tuple[str, ...], is_shown: bool
) -> None:
    assert (b'\n+        "image": "nvcr.io/' in run(*words, cwd=tree).stdout) is is_shown


def test_the_closing_sentence_counts_and_says_the_next_command(tree: Path) -> None:
    ran = run("recipes", cwd=tree)
    *_, counts, commands = ran.stderr.decode().splitlines()
    assert counts.startswith("1 recipe: 1 to migrate (")
    assert counts.endswith(" in 1 file).")
    assert commands == "Review: ngc-migrate --diff recipes    Write: ngc-migrate apply recipes"
    assert b"Write: " not in ran.stdout


def test_commands_that_do_not_fit_one_line_have_one_each(tree: Path) -> None:
    image = ("--image", "cntk=nvcr.io/nvidia/cntk:18.08-py3")
    review, write = run("recipes", *image, cwd=tree).stderr.decode().splitlines()[-2:]
    assert review == f"Review: ngc-migrate --diff {' '.join(image)} recipes"
    assert write == f"Write: ngc-migrate apply {' '.join(image)} recipes"


def test_the_next_command_holds_the_options_quoted(tree: Path) -> None:
    (tree / "my recipes").mkdir()
    vault = ("--credentials", "key-vault", "--key-vault-id", VAULT, "--secret-url", URL)
    image = ("--image", "cntk=nvcr.io/nvidia/cntk:18.08-py3")
    ran = run("recipes", "my recipes", *vault, *image, "--exclude", "old*", "--format", "json", cwd=tree)
    words = " ".join((*vault, *image))
    assert last_line(ran).endswith(f"ngc-migrate apply {words} --exclude 'old*' recipes 'my recipes'")


def test_apply_writes_what_the_patch_says(tree: Path) -> None:
    shown = run("--diff", cwd=tree)
    assert shown.returncode == 1
    ran = run("apply", cwd=tree)
    assert ran.returncode == 0
    said = ran.stderr.decode().splitlines()
    assert said[0].startswith("1 recipe: 1 migrate (")
    assert said[0].endswith(" in 1 file written).")
    assert said[1:] == ["Look: git diff -- .    Take back: ngc-migrate undo"]
    after = job(tree).read_bytes()
    assert after != spec().encode()
    git("checkout", "-q", ".", cwd=tree)
    subprocess.run(["git", "apply"], cwd=tree, input=shown.stdout, check=True)
    assert job(tree).read_bytes() == after


def test_a_second_apply_has_nothing_to_do(tree: Path) -> None:
    assert run("apply", cwd=tree).returncode == 0
    ran = run("apply", "--allow-dirty", "--check", cwd=tree)
    assert ran.returncode == 0
    assert last_line(ran) == "Read why: ngc-migrate explain placeholder-left"
    job(tree).write_text(job(tree).read_text().replace("<Your API Key>", "0000"))
    assert last_line(run("--check", cwd=tree)) == "1 recipe: 1 migrated. Nothing is left to do."


def test_a_dry_apply_writes_nothing(tree: Path) -> None:
    ran = run("apply", "--dry-run", cwd=tree)
    assert ran.returncode == 0
    assert job(tree).read_text() == spec()
    assert last_line(ran).endswith("Write: ngc-migrate apply")


def test_apply_refuses_work_that_is_not_committed(tree: Path) -> None:
    dirty = spec().replace("train.py", "other.py")
    job(tree).write_text(dirty)
    ran = run("apply", "recipes", cwd=tree)
    assert ran.returncode == 2
    assert "Digits/job.json" in last_line(ran)
    assert "--allow-dirty" in last_line(ran)
    assert job(tree).read_text() == dirty
    assert run("apply", "recipes", "--allow-dirty", cwd=tree).returncode == 0
    assert job(tree).read_text() != dirty


def test_apply_refuses_files_that_nothing_keeps(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(spec())
    ran = run("apply", cwd=tmp_path)
    assert ran.returncode == 2
    assert "--allow-no-vcs" in last_line(ran)
    assert (tmp_path / "job.json").read_text() == spec()
    assert run("apply", "--allow-no-vcs", cwd=tmp_path).returncode == 0
    assert (tmp_path / "job.json").read_text() != spec()


def test_a_patch_applies_in_the_folder_that_it_was_made_in(tree: Path) -> None:
    for place, words in (
        (tree, ["recipes"]),
        (tree / "recipes", ["."]),
        (tree / "recipes", [str(tree / "recipes")]),
    ):
        ran = run("--diff", *words, cwd=place)
        subprocess.run(["git", "apply", "--check"], cwd=place, input=ran.stdout, check=True)


def test_a_patch_of_a_tree_elsewhere_says_what_it_is_relative_to(tree: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    ran = run("--diff", str(tree), cwd=here)
    assert b"note: the paths in the patch are relative to" in ran.stderr
    subprocess.run(["git", "apply", "--check"], cwd=tree, input=ran.stdout, check=True)


def test_an_empty_patch_is_a_success(tmp_path: Path) -> None:
    ran = run("--diff", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, b"")


def test_check_tells_pending_blocked_and_done(tree: Path) -> None:
    assert run("--check", cwd=tree).returncode == 1
    assert run("apply", "--check", cwd=tree).returncode == 0
    assert run("--check", cwd=tree).returncode == 0
    block(tree)
    assert run("--check", cwd=tree).returncode == 1
    assert run(cwd=tree).returncode == 0


def test_what_is_blocked_leads_to_its_explanation(tree: Path) -> None:
    job(tree).unlink()
    block(tree)
    ran = run("--check", cwd=tree)
    said = ["1 recipe: 1 blocked.", "Read why: ngc-migrate explain cntk-distributed"]
    assert ran.stderr.decode().splitlines() == said


def test_a_failed_file_wins_over_pending_changes(tree: Path) -> None:
    (tree / "recipes" / "broken.json").write_text('{"containerSettings": {"imageSourceRegistry": ')
    for words in ((), ("--check",), ("--diff",), ("--format", "json"), ("-q",)):
        assert run(*words, cwd=tree).returncode == 2


def test_a_missing_path_is_refused(tree: Path) -> None:
    assert "nowhere: there is no such file or folder" in refused(
        "nowhere/at/all", "recipes", cwd=tree
    ).replace("nowhere/at/all", "nowhere")


@pytest.mark.parametrize(("word", "command"), [("aply", "apply"), ("explan", "explain"), ("image", "images")])
def test_a_missing_path_that_resembles_a_command_says_so(tree: Path, word: str, command: str) -> None:
    assert f"did you mean the command {command}?" in refused(word, cwd=tree)


def test_the_word_apply_is_the_command_and_a_path_is_the_folder(tree: Path) -> None:
    (tree / "recipes").rename(tree / "apply")
    git("add", "-A", cwd=tree)
    git("commit", "-qm", "renamed", cwd=tree)
    ran = run("./apply", cwd=tree)
    assert b"18.07-py2" in ran.stdout
    assert git("status", "--porcelain", cwd=tree) == b""
    ran = run("apply", "./apply", cwd=tree)
    assert b"note: 'apply' is taken as the command; for the folder write ./apply" in ran.stderr
    assert git("status", "--porcelain", cwd=tree) != b""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--key-vault-id", VAULT, "--secret-url", URL), "need --credentials key-vault"),
        (("--credentials", "key-vault", "--key-vault-id", VAULT), "together"),
        (("--credentials", "key-vault", "--key-vault-id", "x"), "must have the form"),
        (("--credentials", "password"), "password"),
        (("--image", "tensorflo=nvcr.io/nvidia/tensorflow:17.10"), "did you mean tensorflow?"),
        (("--image", "tensorflow"), "FRAMEWORK=IMAGE"),
        (("--format", "xml"), "text, json"),
        (("--diff", "--format", "json"), "choose one"),
        (("-q", "-v"), "exclude each other"),
        (("-j", "-1"), "-1"),
        (("-j", "many"), "many"),
        (("--config", "none.toml"), "none.toml"),
        (("--nonsense",), "--nonsense"),
        (("apply", "--color", "blue"), "blue"),
        (("",), "PATH must not be empty"),
        (("explain", "cntk-distribute"), "did you mean cntk-distributed"),
        (("images", "tensorflo"), "did you mean tensorflow?"),
    ],
)
def test_a_bad_word_is_refused_and_named(tree: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused(*words, cwd=tree)


def test_the_nearest_pyproject_file_is_followed(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.ngc-migrate]\nexclude = ["recipes/"]\n')
    (tree / "recipes" / "pyproject.toml").write_text("[tool.ngc-migrate]\ncredentials = 'key-vault'\n")
    assert json.loads(run("--format", "json", cwd=tree).stdout)["recipes"] == []
    near = json.loads(run("--format", "json", "recipes/Digits", cwd=tree).stdout)
    assert near["credentials"] == "key-vault"
    other = run("--config", "pyproject.toml", "--format", "json", "recipes/Digits", cwd=tree)
    assert json.loads(other.stdout)["credentials"] == "api-key"


def test_a_bad_settings_file_is_refused_with_its_name(tree: Path) -> None:
    (tree / "pyproject.toml").write_text("[tool.ngc-migrate]\nimage = 1\n")
    said = refused(cwd=tree)
    assert "pyproject.toml: unknown key 'image'" in said


def test_an_image_can_be_named(tree: Path) -> None:
    target = "nvcr.io/nvidia/tensorflow:17.10"
    ran = run("--image", f"tensorflow={target}", "--format", "json", cwd=tree)
    assert json.loads(ran.stdout)["recipes"][0]["jobs"][0]["target"] == target


def test_the_catalogue_is_printed(tmp_path: Path) -> None:
    whole = run("images", cwd=tmp_path).stdout
    part = run("images", "caffe2", cwd=tmp_path).stdout
    assert b"nvcr.io/nvidia/caffe2" in part or b"caffe2" in part
    assert len(part) < len(whole)


def test_a_rule_is_explained(tmp_path: Path) -> None:
    ran = run("explain", "cntk-distributed", cwd=tmp_path)
    assert ran.returncode == 0
    assert b"cntk-distributed" in ran.stdout


def test_without_a_word_everything_that_can_be_explained_is_listed(tmp_path: Path) -> None:
    listed = run("explain", cwd=tmp_path)
    assert listed.returncode == 0
    assert b"\n  batch-ai-retired" in listed.stdout
    assert json.loads(run("explain", "json-schema", cwd=tmp_path).stdout)["title"]


def test_undo_takes_the_last_apply_back_from_where_the_user_stands(tree: Path) -> None:
    (tree / ".gitignore").write_text("configuration.json\n")
    git("add", "-A", cwd=tree)
    git("commit", "-qm", "more", cwd=tree)
    assert run("apply", "recipes", cwd=tree).returncode == 0
    assert job(tree).read_text() != spec()
    assert git("status", "--porcelain", cwd=tree) == b" M recipes/Digits/job.json\n"
    for place in (tree, tree / "recipes" / "Digits"):
        ran = run("undo", cwd=place)
        assert (ran.returncode, ran.stdout) == (0, b"")
        assert last_line(ran).startswith("1 file taken back below ")
        assert job(tree).read_text() == spec()
        assert not (tree / "recipes" / ".ngc-migrate").exists()
        assert last_line(run("undo", cwd=place)).startswith("Nothing to take back")
        assert run("apply", "recipes", cwd=tree).returncode == 0
    assert run("undo", "recipes/Digits/job.json", cwd=tree).returncode == 0
    assert job(tree).read_text() == spec()
    assert "no such file" in refused("undo", "nowhere", cwd=tree)


def test_undo_names_and_leaves_what_changed_since(tree: Path) -> None:
    place = tree / "recipes" / "Other"
    place.mkdir()
    (place / "job.json").write_text(spec())
    assert run("apply", "--allow-dirty", cwd=tree).returncode == 0
    job(tree).write_text("mine")
    ran = run("undo", cwd=tree)
    assert ran.returncode == 2
    assert b"error: recipes/Digits/job.json: is not as it was; it is left as it is" in ran.stderr
    assert job(tree).read_text() == "mine"
    assert (place / "job.json").read_text() == spec()


def interrupted(tree: Path) -> None:
    """Leave the tree as an apply that was killed after its first file left it."""
    place = tree / "recipes" / "Other"
    place.mkdir()
    (place / "job.json").write_text(spec())
    assert run("apply", "--allow-dirty", "recipes", cwd=tree).returncode == 0
    (place / "job.json").write_text(spec())
    journal = tree / "recipes" / ".ngc-migrate" / "closed"
    journal.rename(journal.with_name("open"))


def test_a_plan_tells_of_an_interrupted_apply_and_the_two_ways_out(tree: Path) -> None:
    interrupted(tree)
    for place, words in ((tree, "recipes"), (tree, "."), (tree / "recipes" / "Digits", ".")):
        ran = run(words, cwd=place)
        assert ran.returncode == 0
        assert b"was ended before its end: 1 of 2 files were written" in ran.stderr
        assert b"ngc-migrate apply" in ran.stderr
        assert b"ngc-migrate undo" in ran.stderr
    assert (tree / "recipes" / "Other" / "job.json").read_text() == spec()
    assert b"warning" not in run("explain", "cntk-distributed", cwd=tree).stderr
    assert b"1 of 2 files" in run("explain", "cntk-distributed", cwd=tree / "recipes").stderr
    assert b"1 of 2 files" in run("images", "caffe", cwd=tree / "recipes" / "Digits").stderr


def test_apply_finishes_an_interrupted_apply(tree: Path) -> None:
    interrupted(tree)
    ran = run("apply", "--dry-run", cwd=tree)
    assert b"1 of 2 files" in ran.stderr
    assert (tree / "recipes" / "Other" / "job.json").read_text() == spec()
    ran = run("apply", cwd=tree)
    assert ran.returncode == 0
    assert b"1 of 2 files were written; " in ran.stderr
    assert b"note: finished it by writing 1 more" in ran.stderr
    assert (tree / "recipes" / "Other" / "job.json").read_bytes() == job(tree).read_bytes()
    assert b"warning" not in run(cwd=tree).stderr


def test_undo_takes_an_interrupted_apply_back(tree: Path) -> None:
    interrupted(tree)
    assert last_line(run("undo", cwd=tree)) == "1 file taken back below recipes."
    assert job(tree).read_text() == spec()
    assert git("status", "--porcelain", cwd=tree) == b"?? recipes/Other/\n"


def test_what_the_journal_keeps_is_no_input(tree: Path) -> None:
    before = run("--format", "json", cwd=tree).stdout
    own = tree / ".ngc-migrate"
    own.mkdir(mode=0o700)
    (own / "job.json").write_text(spec())
    assert run("--format", "json", cwd=tree).stdout == before
    assert b"No Batch AI recipe found" in run(".ngc-migrate", cwd=tree).stderr
    assert b"No Batch AI recipe found" in run(".ngc-migrate/job.json", cwd=tree).stderr


def test_only_what_was_reviewed_is_written(tree: Path) -> None:
    other = tree / "recipes" / "Other"
    other.mkdir()
    (other / "job.json").write_text(spec())
    git("add", "-A", cwd=tree)
    git("commit", "-qm", "more", cwd=tree)
    assert run("--format", "json", "-o", "../report.json", cwd=tree).returncode == 0
    (tree / "report.txt").write_text("{}")
    reviewed = ("apply", "--allow-dirty", "--reviewed", "../report.json")
    assert "is not a JSON report" in refused("apply", "--reviewed", "report.txt", cwd=tree)
    assert "No such file" in refused("apply", "--reviewed", "none.json", cwd=tree)
    image = ("--image", "tensorflow=nvcr.io/nvidia/tensorflow:17.10")
    for words, change, said in (
        (image, None, b"would not become what was reviewed"),
        (("--exclude", "Other"), None, b"Other/job.json: would not change, and is in the reviewed report"),
        ((), spec().replace("train.py", "other.py"), b"Digits/job.json: is not as it was reviewed"),
    ):
        if change:
            job(tree).write_text(change)
        ran = run(*reviewed, *words, cwd=tree)
        assert ran.returncode == 2
        assert said in ran.stderr
        assert (other / "job.json").read_text() == spec()
    job(tree).write_text(spec())
    (tree / "recipes" / "new.json").write_text(spec())
    assert b"new.json: would change, and is not in the reviewed report" in run(*reviewed, cwd=tree).stderr
    (tree / "recipes" / "new.json").unlink()
    assert run(*reviewed, cwd=tree).returncode == 0
    assert job(tree).read_text() != spec()
    assert run(*reviewed, cwd=tree).returncode == 2


def test_a_check_that_finds_no_recipe_is_a_failure(tmp_path: Path) -> None:
    ran = run("--check", cwd=tmp_path)
    assert ran.returncode == 2
    assert last_line(ran) == "error: --check found no recipe to check"


def test_an_exclude_that_matches_nothing_is_told(tree: Path) -> None:
    assert (
        b"warning: exclude matches nothing: nowhere/**\n" in run("--exclude", "nowhere/**", cwd=tree).stderr
    )
    assert b"warning" not in run("--exclude", "Digits/", "recipes", cwd=tree).stderr


def test_a_report_in_a_file_is_told(tree: Path) -> None:
    assert b"wrote r.md\n" in run("--format", "markdown", "-o", "r.md", cwd=tree).stderr


def test_a_report_does_not_overwrite_what_is_looked_at(tree: Path) -> None:
    assert "would overwrite" in refused("-o", "recipes/Digits/job.json", cwd=tree)
    assert job(tree).read_text() == spec()


def test_the_version_is_data() -> None:
    ran = run("--version", cwd=PROJECT)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.startswith(b"ngc-migrate 0.")


@pytest.mark.parametrize("words", [("--help",), ("plan", "--help"), ("apply", "--help"), ("recipes", "-h")])
def test_help_is_data_and_fits_a_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = run(*words, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert max(map(len, ran.stdout.decode().splitlines())) <= 80


START = ["cli.app", "cli.console", "cli.options", "cli.signals", "report.wording"]
EMPTY = [
    *("cli.closing", "cli.run", "cli.settings", "model", "options", "pipeline"),
    *("discover.git", "discover.kinds", "discover.reading"),
    *("discover.relevance", "discover.tree"),
]
HEAVY = {"libcst", "azure", "msrest", "rich", "pygments", "tree_sitter", "tomllib", "multiprocessing"}


@pytest.mark.parametrize(
    ("words", "modules"),
    [(["--version"], START), (["--help"], START), (["apply", "--help"], START), ([], START + EMPTY)],
)
def test_a_start_loads_these_modules_and_no_heavy_library(
    tmp_path: Path, words: list[str], modules: list[str]
) -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "migrator", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        check=True,
    )
    names = {line.rpartition("|")[2].strip() for line in ran.stderr.decode().splitlines()}
    rooms = {module.partition(".")[0] for module in modules if "." in module}
    ours = {name.removeprefix("migrator.") for name in names if name.startswith("migrator.")}
    assert sorted(ours - rooms) == sorted(modules)
    assert {name.partition(".")[0] for name in names} & HEAVY == set()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("ap", ["apply"]),
        ("--cred", ["--credentials", "--credential-helpers"]),
        ("recipes --format s", ["sarif"]),
        ("apply --allow-d", ["--allow-dirty"]),
        ("apply --credentials key", ["key-vault"]),
        ("apply rec", []),
    ],
)
def test_bash_completes_commands_options_and_values(tmp_path: Path, typed: str, completed: list[str]) -> None:
    command = tmp_path / "ngc-migrate"
    command.write_text(f"#!{sys.executable}\nfrom migrator.__main__ import main\nmain()\n")
    command.chmod(0o755)
    script = f"""
        eval "$(ngc-migrate --show-completion)"
        complete -p ngc-migrate | grep -q -- '-o default'
        words="ngc-migrate {typed}"
        COMP_WORDS=($words); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        $(complete -p ngc-migrate | sed 's/.*-F \\([^ ]*\\) .*/\\1/') ngc-migrate
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    ran = subprocess.run(
        ["bash", "--norc", "-e", "-c", script],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        check=True,
    )
    assert (ran.stdout.decode().split(), ran.stderr) == (completed, b"")


def test_help_shows_the_options_of_the_default_command_with_examples(tmp_path: Path) -> None:
    page = run("--help", cwd=tmp_path).stdout.decode()
    for word in ("--credentials", "--format", "--check", "Examples:", "ngc-migrate apply recipes"):
        assert word in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--zzzz",), "no such option: --zzzz"),
        (("--gpu",), "option '--gpu' requires an argument"),
        (("undo", "a", "b"), "got unexpected extra argument(s) (b)"),
    ],
)
def test_a_word_that_cannot_be_parsed_has_one_line_like_every_other_error(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    ran = run(*words, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.decode() == f"error: {said}; `ngc-migrate --help` shows what there is\n"
