from __future__ import annotations

import ast
from pathlib import Path

import pytest

import migrator
from migrator.catalogue.limitations import LIMITATIONS, Limitation
from migrator.catalogue.rules import RULES, page_of
from migrator.model import Severity, Status

JOB_RULES = [
    "configuration-lost",
    "ngc-image",
    "already-ngc",
    "image-unknown",
    "custom-image",
    "cpu-image",
    "cpu-cluster",
    "wrong-user",
    "vault-reference-empty",
    "tag-missing",
    "image-without-registry",
    "private-registry",
    "node-count-unknown",
    "no-target-image",
    "framework-mismatch",
    "shared-constant",
    "configuration-conflict",
    "dynamic-container",
    "job-cloned",
    "no-container",
    "invalid-json",
    "syntax-error",
    "unreadable-file",
    "internal-error",
    "not-a-job-spec",
    "job-in-text",
    "job-spec-missing",
    "suppressed",
    "recipe-incomplete",
    "not-idempotent",
    "not-verified",
    "not-rewritable",
    "image-not-found",
]
FINDING_RULES = [
    "placeholder-left",
    "literal-key",
    "gpu-too-old",
    "gpu-unknown",
    "driver-too-new",
    "framework-version-changes",
    "framework-version-unknown",
    "python-changes",
    "python-unknown",
    "limitation-lifted",
    "user-name-expanded",
    "credentials-from-environment",
    "loader-not-extended",
    "configuration-missing",
    "configuration-outside",
    "configuration-written-by-code",
    "link-left-out",
    "stale-outputs",
    "old-image-in-text",
    "documentation-follows",
    "documentation-left",
    "documentation-download",
    "job-preparation",
    "jobs-disagree",
    "builder-logs-in",
    "suppression-without-reason",
    "suppression-unused",
    "suppression-unknown-rule",
    "image-found",
    "image-forbidden",
    "key-refused",
    "image-schema1",
    "registry-unreachable",
    "secret-not-found",
]


def test_every_rule_has_a_page() -> None:
    assert set(RULES) == {*JOB_RULES, *FINDING_RULES, *(row.id for row in LIMITATIONS)}


@pytest.mark.parametrize("rule_id", sorted(RULES))
def test_a_page_says_what_why_and_where_from(rule_id: str) -> None:
    rule = RULES[rule_id]
    assert rule.id == rule_id
    assert rule.title
    assert rule.what.endswith(".")
    assert rule.why.endswith(".")
    assert rule.now.endswith(".")
    assert rule.url.startswith("https://")


def test_every_page_is_of_a_rule_that_the_program_uses() -> None:
    folder = Path(migrator.__file__).parent
    words = {
        node.value
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [rule_id for rule_id in RULES if rule_id not in words] == []


def test_job_rules_have_a_status_and_finding_rules_a_severity() -> None:
    assert all(isinstance(RULES[rule_id].outcome, Status) for rule_id in JOB_RULES)
    assert all(isinstance(RULES[rule_id].outcome, Severity) for rule_id in FINDING_RULES)
    assert all(RULES[row.id].outcome is Status.BLOCKED for row in LIMITATIONS)


def test_a_users_limitation_has_a_page() -> None:
    page = page_of(Limitation(id="ours", image="a*", unless=("ab", "ac"), message="It hangs.", url=""))
    assert page.what.startswith("It concerns jobs on any number of nodes in images a* except ab, ac.")
    assert page.why == "It hangs."
