"""Questions that may depend on each other in circles: each is asked until the answers agree."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial, wraps
from typing import Any, TypeVar, cast

_DEPTH = 80
_TURNS = 10

_Method = TypeVar("_Method", bound=Callable[..., Any])


class Fixpoint:
    """The answers to questions, each kept as soon as nothing that it rests on is open.

    A question that comes round to itself has the least answer there, and in the next turn what the last one
    found, until all that a turn took for granted is what it found: each circle is gone round alone, as in
    https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm. Where that takes too
    many turns, or questions lead on too far, nothing is known.
    """

    def __init__(self) -> None:
        self.kept: dict[Hashable, Any] = {}
        # The questions that are asked now, by how many were asked before them.
        self._open: dict[Hashable, int] = {}
        # What was found on the ground of open questions, with the first of these.
        self._found: dict[Hashable, tuple[Any, int]] = {}
        # What was taken for granted of open questions.
        self._granted: dict[Hashable, Any] = {}
        self._first = 0
        self._is_stale = self._is_cut = False

    def ask(self, question: Hashable, answer: Callable[[], Any], least: Any, unknown: Any) -> Any:
        """Return what ``answer`` finds; what that asks may lead back to the question."""
        if question in self.kept:
            return self.kept[question]
        if question in self._found:
            found, first = self._found[question]
            self._first = min(self._first, first)
            return found
        if question in self._open:
            self._first = min(self._first, self._open[question])
            return self._granted.setdefault(question, least)
        if len(self._open) > _DEPTH:
            # It may be known when it is asked from nearer.
            self._is_cut, self._first = True, 0
            return unknown
        if not self._open:
            self._found, self._granted, self._is_cut = {}, {}, False
        around = self._first, self._is_stale
        depth, before = len(self._open), len(self._found)
        self._open[question] = depth
        try:
            found = self._in_turns(question, answer, unknown, before)
        finally:
            del self._open[question]
        if self._first < depth:
            self._found[question] = found, self._first
            self._first, self._is_stale = min(self._first, around[0]), self._is_stale or around[1]
            return found
        while len(self._found) > before:
            each, (other, _) = self._found.popitem()
            self.kept |= {each: other} if not self._is_cut or depth else {}
        self.kept[question] = found
        self._first, self._is_stale = around
        return found

    def _in_turns(self, question: Hashable, answer: Callable[[], Any], unknown: Any, before: int) -> Any:
        """Return what an open question finds: in one turn, if a circle leads on to one asked before it."""
        depth = self._open[question]
        for _ in range(_TURNS):
            while len(self._found) > before:
                self._found.popitem()
            self._first, self._is_stale = depth, False
            found = answer()
            if self._granted.get(question, found) != found:
                self._granted[question], self._is_stale = found, True
            if self._first < depth or not self._is_stale:
                return found
        while len(self._found) > before:
            self._found.popitem()
        return unknown


def solved(least: Any, unknown: Any) -> Callable[[_Method], _Method]:
    """Let the ``answers`` of its object, a Fixpoint, keep what a method finds."""

    def decorated(method: _Method) -> _Method:
        @wraps(method)
        def asked(self: Any, *args: object) -> Any:
            question = (method, args)
            kept = self.answers.kept
            if question in kept:
                return kept[question]
            return self.answers.ask(question, partial(method, self, *args), least, unknown)

        return cast(_Method, asked)

    return decorated
