"""The values that pass between the stages: frozen, typed, without behaviour that touches the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from codemods.syntax.edits import Edit, apply


class Framework(StrEnum):
    """A training framework, by the name it has in the NGC catalogue and in reports."""

    TENSORFLOW = "tensorflow"
    PYTORCH = "pytorch"
    CNTK = "cntk"
    CAFFE = "caffe"
    CAFFE2 = "caffe2"
    CHAINER = "chainer"
    MXNET = "mxnet"
    THEANO = "theano"
    TORCH = "torch"


class CredentialsMode(StrEnum):
    """How a job proves to the registry who it is."""

    API_KEY = "api-key"
    KEY_VAULT = "key-vault"


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Status(StrEnum):
    """The verdict on a job; members stand from worst to best."""

    FAILED = "failed"
    BLOCKED = "blocked"
    MANUAL = "manual"
    MIGRATE = "migrate"
    MIGRATED = "migrated"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands.

    ``path`` is POSIX and relative to the root; ``cell`` is the 0-based index in a notebook's
    ``cells``, -1 for other files (reports show null); ``line`` is 1-based, in the file or the cell.
    """

    path: str
    cell: int = -1
    line: int = 1

    def __str__(self) -> str:
        cell = f" cell {self.cell}" if self.cell >= 0 else ""
        return f"{self.path}{cell}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact worth telling; ``rule`` is a key of ``migrator.catalogue.rules.RULES`` or a limitation's id."""

    rule: str
    severity: Severity
    place: Place
    message: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule's page. ``outcome`` is the status it gives to a job, or the severity of its finding.

    ``now`` says what a person does about it; ``before`` and ``after`` are examples, empty where none helps.
    """

    id: str
    outcome: Status | Severity
    title: str
    what: str
    why: str
    now: str
    url: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One place that asks Batch AI for work, with the verdict on it."""

    place: Place
    framework: Framework | None
    node_count: int | None
    vm_size: str | None = None
    image: str | None
    target: str | None
    status: Status
    rule: str
    message: str
    url: str = ""
    trace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The edits of one file against the bytes that were read.

    Nothing that stands in a private file may be shown, only what the edits add. ``is_documentation`` is a
    change of nothing else.
    """

    path: str
    before: bytes
    edits: tuple[Edit[bytes], ...]
    is_private: bool = False
    is_documentation: bool = False

    @property
    def after(self) -> bytes:
        """The bytes after the edits."""
        return apply(self.edits, self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A folder that starts jobs, or that holds a file which could not be understood."""

    path: str
    jobs: tuple[Job, ...]
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """The worst of the jobs' statuses; an error finding makes it ``failed``."""
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            return Status.FAILED
        return min((job.status for job in self.jobs), key=list(Status).index, default=Status.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCounts:
    """How many files met which fate; a folder that was left out counts as one skipped entry."""

    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    blocked: int = 0
    failed: int = 0

    @property
    def seen(self) -> int:
        """All of them."""
        return self.changed + self.unchanged + self.skipped + self.blocked + self.failed


@dataclass(frozen=True, slots=True, order=True)
class PassedOver:
    """A file (or a folder that was left out), from the root, of which no more can be told, and why."""

    path: str
    fate: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Blank:
    """What a person has to fill in, and the files (from the root, sorted) where it stands."""

    paths: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What only a person can do after the run: in words, as commands to copy, and the places."""

    title: str
    commands: tuple[str, ...] = ()
    blanks: tuple[Blank, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a run found out and would write.

    ``passed_over`` has what is skipped or failed in files; no output may show the values in ``secrets``.
    """

    root: str
    credentials: CredentialsMode
    recipes: tuple[Recipe, ...]
    changes: tuple[Change, ...]
    files: FileCounts
    next_steps: tuple[NextStep, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses of the recipes; a folder that only has something to tell is none."""
        return tuple(
            recipe.status for recipe in self.recipes if recipe.jobs or recipe.status is Status.FAILED
        )
