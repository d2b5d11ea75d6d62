from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies

from migrator.discover.kinds import TextKind
from migrator.understand.scripts.quoting import Quoting, quoted_regions, region_at
from tests.understand.scripts.test_find import IMAGE, SPEC, heredoc, message, the


def regions(kind: TextKind, text: str) -> list[tuple[str, Quoting]]:
    return [(text[each.start : each.end], each.quoting) for each in quoted_regions(kind, text)]


def test_what_is_never_closed_quotes_nothing() -> None:
    assert regions(TextKind.SHELL, "cat <<EOF\na \"b $'c\n") == []
    assert regions(TextKind.POWERSHELL, "@\"\na ' b <# c\n") == []


def test_a_shift_or_a_here_word_is_no_heredoc() -> None:
    assert regions(TextKind.SHELL, "x=$((1 << n))\ncat <<<EOF\nEOF\n") == []


def test_two_heredocs_of_one_line_follow_each_other() -> None:
    assert regions(TextKind.SHELL, "a <<A <<\\B\n1\nA\n2\nB\n") == [
        ("1\n", Quoting.HEREDOC),
        ("2\n", Quoting.QUOTED_HEREDOC),
    ]


def test_quotes_are_told_from_escapes_and_comments() -> None:
    assert regions(TextKind.SHELL, "a \\' \"b\\\"c\" # it's\n$'d\\'e' 'f'\n") == [
        ('b\\"c', Quoting.DOUBLE),
        (" it's", Quoting.COMMENT),
        ("d\\'e", Quoting.SINGLE),
        ("f", Quoting.SINGLE),
    ]


def test_a_position_outside_of_every_region_has_none() -> None:
    found = quoted_regions(TextKind.SHELL, "'a' 'b'")
    assert [region_at(found, position) for position in (0, 2, 3, 6, 99)] == [None] * 5
    assert region_at(found, 5) == found[1]


@given(strategies.sampled_from(TextKind), strategies.text("aE'\"\\\n\r<#>@`$- \t"))
@settings(deadline=None)
def test_regions_are_sorted_disjoint_and_inside(kind: TextKind, text: str) -> None:
    ends = [end for each in quoted_regions(kind, text) for end in (each.start, each.end)]
    assert ends == sorted(ends)
    assert all(0 <= end <= len(text) for end in ends)


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("a.sh", heredoc(SPEC), "write \\$oauthtoken, or quote the delimiter"),
        ("a.sh", heredoc(SPEC, "-EOF", "\tEOF"), "write \\$oauthtoken, or quote the delimiter"),
        ("ci.yml", heredoc(SPEC).replace("\n", "\n    "), "write \\$oauthtoken, or quote the delimiter"),
        ("a.sh", 'echo "' + SPEC.replace('"', '\\"') + '"\n', "In double quotes $oauthtoken"),
        ("a.sh", f"imageSourceRegistry={IMAGE}\n", "Outside of single quotes $oauthtoken"),
        ("Makefile", f"define SPEC\n{SPEC}endef\n", "$$oauthtoken"),
        ("a.ps1", f'$s = @"\n{SPEC}"@\n', "`$oauthtoken with the backtick, or use @'"),
        ("a.ps1", f"imageSourceRegistry = @{{ image = '{IMAGE}' }}\n", "'$oauthtoken' in single quotes"),
        ("a.json.tmpl", SPEC, "envsubst"),
    ],
)
def test_what_would_expand_the_user_name_is_said(path: str, text: str, says: str) -> None:
    assert says in message(the(path, text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", heredoc(SPEC, "'EOF'")),
        ("a.sh", heredoc("  EOF\n" + SPEC, "'EOF'")),
        ("a.sh", heredoc(SPEC, '"EOF"')),
        ("a.sh", heredoc(SPEC, "\\EOF")),
        ("a.sh", heredoc(SPEC, "-'EOF'", "\tEOF")),
        ("a.sh", f"# don't\necho '{SPEC}'\n"),
        ("a.sh", heredoc("it's\n") + f"echo '{SPEC}'\n"),
        ("a.ps1", f"$s = @'\n{SPEC}'@\n"),
        ("a.R", f"list(imageSourceRegistry = list(image = '{IMAGE}'))\n"),
        ("a.bat", f'echo "imageSourceRegistry": {{"image": "{IMAGE}"}} > job.json\n'),
    ],
)
def test_where_the_user_name_survives_nothing_is_said_of_expansion(path: str, text: str) -> None:
    said = message(the(path, text))
    assert "expand" not in said
    assert "username $oauthtoken" in said
