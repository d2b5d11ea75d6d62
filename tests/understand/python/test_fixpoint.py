"""Questions that depend on each other in circles."""

from __future__ import annotations

from collections import Counter

import pytest

from migrator.understand.python.fixpoint import Fixpoint, solved

UNKNOWN = frozenset({"unknown"})


class Graph:
    """What can be reached from a node, asked node by node."""

    def __init__(self, edges: dict[str, str]) -> None:
        self.answers = Fixpoint()
        self.edges = edges
        self.asked: Counter[str] = Counter()

    @solved(frozenset(), UNKNOWN)
    def reached(self, node: str) -> frozenset[str]:
        self.asked[node] += 1
        if node == "!":
            raise LookupError
        return frozenset(self.edges.get(node, "")).union(*map(self.reached, self.edges.get(node, "")))


def chain(length: int) -> dict[str, str]:
    return {chr(1000 + i): chr(1001 + i) for i in range(length)}


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({"a": "b", "b": "c"}, {"a": "bc", "b": "c", "c": ""}),
        ({"a": "a"}, {"a": "a"}),
        ({"a": "b", "b": "a"}, {"a": "ab", "b": "ab"}),
        # Two circles that share a node, asked from without.
        ({"s": "a", "a": "bc", "b": "a", "c": "a"}, {"s": "abc", "a": "abc", "b": "abc", "c": "abc"}),
        # A circle within a circle: it is found out last what lies behind the inner one.
        ({"a": "b", "b": "c", "c": "bd", "d": "a"}, {"a": "abcd", "c": "abcd", "b": "abcd", "d": "abcd"}),
        ({"a": "b", "b": "cd", "c": "a", "d": "bx"}, {"c": "abcdx", "d": "abcdx", "a": "abcdx"}),
    ],
)
def test_every_node_of_a_circle_has_all_that_can_be_reached(
    edges: dict[str, str], expected: dict[str, str]
) -> None:
    graph = Graph(edges)
    for node, reached in expected.items():
        assert graph.reached(node) == frozenset(reached)
        assert Graph(edges).reached(node) == frozenset(reached)


def test_what_a_circle_does_not_lead_back_to_is_asked_once() -> None:
    graph = Graph({"a": "bx", "b": "a", "x": "y"})
    graph.reached("a")
    graph.reached("y")
    assert graph.asked["x"] == graph.asked["y"] == 1
    assert graph.asked["a"] > 1


def test_what_leads_on_too_far_is_unknown_until_it_is_asked_from_nearer() -> None:
    edges = chain(200)
    graph, first, near = Graph(edges), *(list(edges)[0::150])
    assert graph.reached(first) > UNKNOWN
    assert UNKNOWN.isdisjoint(graph.reached(near))
    assert len(graph.reached(near)) == 50


def test_an_answer_that_never_settles_is_unknown() -> None:
    class Restless(Graph):
        @solved(frozenset(), UNKNOWN)
        def reached(self, node: str) -> frozenset[str]:
            return frozenset(f"{each}+" for each in self.reached(node)) or frozenset("a")

    assert Restless({}).reached("a") == UNKNOWN


def test_questions_that_an_error_left_open_are_asked_anew() -> None:
    graph = Graph({"a": "b!", "b": "a"})
    with pytest.raises(LookupError):
        graph.reached("a")
    graph.edges["a"] = "b"
    assert graph.reached("a") == frozenset("ab")
