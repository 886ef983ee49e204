"""Names in the order in which people count."""

from __future__ import annotations

import random
import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from segstudio.core.natural import natural_key


def in_order(*names: str) -> bool:
    shuffled = list(names)
    random.Random(3).shuffle(shuffled)
    return sorted(shuffled, key=natural_key) == list(names)


def test_numbers_count_by_their_value_wherever_they_stand() -> None:
    assert in_order("img1.png", "img2.png", "img10.png", "img010a.png", "IMG11.png", "img100.png")
    assert in_order("s1_f2", "s1_f10", "s2_f1", "s10_f1")
    assert in_order("1", "09", "10", "99999999999999999999999", "100000000000000000000000")
    assert in_order("a", "a0", "a1", "b")
    assert in_order("图2", "图10")


def test_a_folder_comes_before_those_whose_names_begin_like_its() -> None:
    assert in_order("scan/9.png", "scan/10.png", "scan b/1.png", "scan-2/1.png", "scan2/1.png", "scan10/1.png")
    assert natural_key("a\\b") == natural_key("a/b")


def test_case_and_leading_zeros_alone_make_no_difference() -> None:
    assert natural_key("Img007.PNG") == natural_key("img7.png")


@given(st.lists(st.integers(0, 10**30), min_size=2), st.text(alphabet="abc_- .", max_size=4))
def test_it_agrees_with_integers(numbers: list[int], before: str) -> None:
    names = sorted((f"{before}{number}.tif" for number in numbers), key=natural_key)
    assert names == [f"{before}{number}.tif" for number in sorted(numbers)]


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=6), max_size=8))
def test_the_database_orders_keys_as_python_does(names: list[str]) -> None:
    db = sqlite3.connect(":memory:")
    try:
        db.execute("CREATE TABLE names (name TEXT)")
        db.executemany("INSERT INTO names VALUES (?)", [(natural_key(name),) for name in names])
        assert [row[0] for row in db.execute("SELECT name FROM names ORDER BY name")] == sorted(map(natural_key, names))
    finally:
        db.close()
