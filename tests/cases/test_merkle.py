"""Merkle trees against RFC 9162's own words, and proofs that hold for what is in and for nothing else."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from mingduan.cases import merkle

many = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


def as_written(contents: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1: split at the largest power of two smaller than the number of leaves."""
    if len(contents) == 1:
        return sha256(b"\x00" + contents[0]).digest()
    k = 1 << ((len(contents) - 1).bit_length() - 1)
    return sha256(b"\x01" + as_written(contents[:k]) + as_written(contents[k:])).digest()


def test_of_nothing_it_is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == sha256(b"").digest()


@given(many)
def test_the_root_is_the_one_the_standard_defines(contents: list[bytes]) -> None:
    assert merkle.root([merkle.leaf(c) for c in contents]) == as_written(contents)


@given(many, st.data())
def test_a_path_reaches_the_root_and_no_other_leaf_place_or_path_does(
    contents: list[bytes], data: st.DataObject
) -> None:
    leaves = [merkle.leaf(c) for c in contents]
    place = data.draw(st.integers(0, len(leaves) - 1))
    steps, root = merkle.path(leaves, place), merkle.root(leaves)
    assert merkle.reached(leaves[place], place, len(leaves), steps) == root
    assert merkle.reached(merkle.leaf(b"another"), place, len(leaves), steps) != root
    assert merkle.reached(leaves[place], place, len(leaves), [*steps, root]) is None
    assert merkle.reached(leaves[place], len(leaves), len(leaves), steps) is None
    if steps:
        assert merkle.reached(leaves[place], place, len(leaves), steps[:-1]) is None
