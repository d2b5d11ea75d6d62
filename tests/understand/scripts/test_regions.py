from __future__ import annotations

from hypothesis import given, settings, strategies

from migrator.discover import Language, Role, language_of
from migrator.understand.scripts.regions import region_at, regions

PATHS = ("a.sh", "Makefile", "a.ps1", "a.bat", "a.R", "a.yml", "a.tmpl", "a.toml")


def language(path: str) -> Language:
    found = language_of(path, b"")
    assert found is not None
    return found


def pieces(path: str, text: str) -> list[tuple[str, Role]]:
    return [(text[each.start : each.end], each.role) for each in regions(language(path), text)]


def test_what_is_never_closed_quotes_nothing() -> None:
    assert pieces("a.sh", "cat <<EOF\na \"b $'c\n") == []
    assert pieces("a.ps1", "@\"\na ' b <# c\n") == []


def test_a_shift_or_a_here_word_is_no_heredoc() -> None:
    assert pieces("a.sh", "x=$((1 << n))\ncat <<<EOF\nEOF\n") == []


def test_two_heredocs_of_one_line_follow_each_other() -> None:
    assert pieces("a.sh", "a <<A <<\\B\n1\nA\n2\nB\n") == [("1\n", Role.EXPANDING), ("2\n", Role.LITERAL)]


def test_a_heredoc_of_a_shell_script_ends_where_the_shell_ends_it() -> None:
    text = "cat <<EOF\n  EOF\nEOF\n"
    assert pieces("a.sh", text) == [("  EOF\n", Role.EXPANDING)]
    assert pieces("a.sh", text.replace("<<", "<<-"))[0] == ("", Role.EXPANDING)
    assert pieces("a.yml", text) == [("", Role.EXPANDING)]


def test_quotes_are_told_from_escapes_and_comments() -> None:
    assert pieces("a.sh", "a \\' \"b\\\"c\" # it's\n$'d\\'e' 'f'\n") == [
        ('b\\"c', Role.EXPANDING),
        (" it's", Role.COMMENT),
        ("d\\'e", Role.LITERAL),
        ("f", Role.LITERAL),
    ]
    assert pieces("a.ps1", "<# it's #> @\"\na\n\"@ 'b''c' `' \"d`\"e\"") == [
        (" it's ", Role.COMMENT),
        ("a\n", Role.EXPANDING),
        ("b''c", Role.LITERAL),
        ('d`"e', Role.EXPANDING),
    ]


def test_a_position_outside_of_every_region_has_none() -> None:
    found = regions(language("a.sh"), "'a' 'b'")
    assert [region_at(found, position) for position in (0, 2, 3, 6, 99)] == [None] * 5
    assert region_at(found, 5) == found[1]


@given(strategies.sampled_from(PATHS), strategies.text("aE'\"\\\n\r<#>@`$- \t"))
@settings(deadline=None)
def test_regions_are_sorted_disjoint_and_inside(path: str, text: str) -> None:
    ends = [end for each in regions(language(path), text) for end in (each.start, each.end)]
    assert ends == sorted(ends)
    assert all(0 <= end <= len(text) for end in ends)
