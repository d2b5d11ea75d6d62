"""What programs of any language may set in JSON that they load and write again."""

from __future__ import annotations

import re
from collections import defaultdict

_DUMPED = re.compile(r"json\.dump|JSON\.stringify|ConvertTo-Json|jsonencode|to_json|toJSON")
_BINDING = r"\b(?P<name>\w+)[ \t]*(?::=|=(?![=~])|<-)"
_LOADED = re.compile(
    rf"(?:{_BINDING}[ \t]*(?P<bare>[^\n=(]{{0,80}}?))?"
    r"\b(?:json\.loads?|JSON\.parse|ConvertFrom-Json|jsondecode|(?(name)(?:require|\w*(?:load|read)\w*)(?=\()|(?!)))\b"
)
_KEYS = (
    r"""(?:(?:\[["']|\??\.get\w*\(["']|\??\.(?!get\w*\())(?P<key>\w+)"""
    r"""(?:["'](?:,[^()\n]{0,40})?[\])]|(?![\w"'(])))*"""
)
_USE = re.compile(rf"\w+{_KEYS}")
_WORD = re.compile(r"""(?<![\w"'])[A-Za-z_]\w*\b(?!["'])""")
_WHOLE = (None, "properties")
# Where the whole is written out, read, or goes on under another name, nothing in it is set.
_BEFORE = re.compile(r"(?:\b(?:dumps?|stringify|print|len|deepcopy)\([ \t]*|\b(?:return|in|not|if)[ \t]+)\Z")
_BEHIND = re.compile(r"\)(?!\.)|[ \t]*(?:,|$|:|in\b|is\b|[=!]=|\.(?:items|keys|values|copy)\()", re.MULTILINE)
_BOUND = re.compile(rf"[ \t]*(?:\w+[ \t]+)?\$?{_BINDING}[ \t]*\Z")
_ANEW = re.compile(r"[ \t]*(?::=|=(?!=)|<-)")


def unseen_changes(text: str) -> list[int]:
    """Return the places where a program that writes JSON may set anything in what it has loaded, in order.

    What stands under another key than the properties of a job is not the job: only the whole counts,
    unless it is surely only read there.
    """
    loaded = list(_LOADED.finditer(text)) if _DUMPED.search(text) else []
    changes = [each.start() for each in loaded if not each["name"] and not _is_read(text, each)]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for word in _WORD.finditer(text if loaded else ""):
        places[word[0]].append(word.start())
    waiting = [each["name"] for each in loaded if each["name"]]
    while waiting:
        for use in filter(None, (_USE.match(text, place) for place in places.pop(waiting.pop(), ()))):
            bound = _BOUND.match(_before(text, use)) if use["key"] in _WHOLE else None
            is_anew = use["key"] is None and _ANEW.match(text, use.end())
            if bound and _BEHIND.match(text, use.end()):
                waiting.append(bound["name"])
            elif use["key"] in _WHOLE and not is_anew and not _is_read(text, use):
                changes.append(use.start())
    return sorted(changes)


def _is_read(text: str, use: re.Match[str]) -> bool:
    return bool(_BEFORE.search(_before(text, use)) and _BEHIND.match(text, use.end()))


def _before(text: str, use: re.Match[str]) -> str:
    return text[max(0, text.rfind("\n", 0, use.start()) + 1, use.start() - 300) : use.start()]
