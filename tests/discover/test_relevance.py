from __future__ import annotations

from pathlib import Path

from migrator.discover.tree import discover
from migrator.options import Options
from migrator.pipeline import plan
from tests.discover.test_tree import found, make

SETTINGS = b'"containerSettings": {"imageSourceRegistry": {"image": "$IMAGE"}}\n'


def test_scripts_that_ask_for_jobs_are_texts(tmp_path: Path) -> None:
    make(tmp_path, "a.sh", "Makefile", "b.mk", "c.PS1", "d.bat", "e.R", "f.yml", "g.j2", data=SETTINGS)
    make(tmp_path, "h.tmpl", "i.toml", "job.json.template", "k.txt", data=b"{" + SETTINGS)
    make(tmp_path, "run", data=b"#!/usr/bin/env bash\naz batchai job create\n")
    make(tmp_path, "wide.ps1", data=SETTINGS.decode().encode("utf-16"))
    tree = discover([tmp_path])
    names = "Makefile a.sh b.mk c.PS1 d.bat e.R f.yml g.j2 h.tmpl i.toml job.json.template k.txt run wide.ps1"
    assert [source.path for source in tree.texts] == names.split()
    assert (found(tree), tree.documents, tree.others) == (["job.json.template"], (), 0)


def test_files_that_ask_for_no_job_are_no_texts(tmp_path: Path) -> None:
    make(tmp_path, "a.sh", "b.R", data=b"echo Batch AI\n")
    make(tmp_path, "notes", "data.bin", "c.txt", "d.rst", "#!.c", data=SETTINGS)
    tree = discover([tmp_path])
    assert (tree.texts, tree.sources, tree.others) == ((), (), 7)


def test_pages_with_blocks_that_may_follow_are_documents(tmp_path: Path) -> None:
    make(tmp_path, "a.md", "b.Markdown", "c.rst", data=SETTINGS)
    make(tmp_path, "d.md", data=b"Batch AI\n")
    assert [source.path for source in discover([tmp_path]).documents] == ["a.md", "b.Markdown"]


def test_pages_that_show_a_framework_image_are_documents(tmp_path: Path) -> None:
    make(tmp_path, "a.md", "b.rst", "c.TXT", "d.html", data=b"runs in bvlc/caffe:gpu\n")
    make(tmp_path, "e.md", data=b"FROM batchaitraining/chainermn\n")
    make(tmp_path, "f.md", data="caffe2ai/caffe2".encode("utf-16"))
    make(tmp_path, "g.md", "h.adoc", data=b"nvcr.io/nvidia/caffe:17.12\n")
    make(tmp_path, "i.sh", data=b"docker pull bvlc/caffe:gpu\n")
    tree = discover([tmp_path])
    assert [source.path for source in tree.documents] == ["a.md", "b.rst", "c.TXT", "d.html", "e.md", "f.md"]
    assert (tree.texts, tree.others) == ((), 3)


def test_every_file_is_counted_once_whatever_it_is_looked_at_for(tmp_path: Path) -> None:
    make(tmp_path, "a.sh", "job.json.template", "b.txt", data=b'{"batchai": 1, ' + SETTINGS)
    make(tmp_path, "c.txt", data=b"{" + SETTINGS + b"bvlc/caffe")
    make(tmp_path, "d.md", "e", data=b"bvlc/caffe")
    tree = discover([tmp_path])
    assert (len(tree.sources), len(tree.texts), len(tree.documents), tree.others) == (1, 4, 2, 1)
    counts = plan(tree, Options()).files
    assert (counts.seen, counts.unchanged) == (6, 6)
