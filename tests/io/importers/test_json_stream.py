"""Long JSON documents entry by entry: what json reads, with places that can be read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segstudio.core.errors import FormatError
from segstudio.io.importers import json_stream
from segstudio.io.importers.json_stream import entries, read_entry

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(
    document=st.dictionaries(st.text(max_size=6), values, max_size=4) | st.lists(values, max_size=5),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    chunk=st.sampled_from([1, 3, 1 << 20]),
)
@settings(max_examples=150, deadline=None)
def test_entries_put_together_are_the_document(
    tmp_path_factory: pytest.TempPathFactory, document: object, indent: int | None, ascii_only: bool, chunk: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "document.json"
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    path.write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", chunk)
        found = list(entries(path))
    rebuilt: dict[str, object] = {}
    for entry in found:
        if isinstance(document, list) or isinstance(document[entry.key], list):
            rebuilt.setdefault(entry.key, []).append(entry.value)  # type: ignore[attr-defined]
        else:
            rebuilt[entry.key] = entry.value
        assert read_entry(path, entry.start, entry.length) == entry.value
        assert text.encode()[: entry.start].count(b"\n") == entry.line - 1
    wanted = {"": document} if isinstance(document, list) else document
    assert rebuilt == {k: v for k, v in wanted.items() if v != []}


@given(cut=st.integers(0, 120))
def test_a_truncated_document_gives_what_came_before_and_says_so(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    text = json.dumps(
        {"images": [{"id": n, "name": "图" * 3} for n in range(4)], "done": True}, ensure_ascii=False, indent=1
    )
    data = text.encode()[: -1 - cut]
    path = tmp_path_factory.getbasetemp() / "cut.json"
    path.write_bytes(data)
    found = []
    with pytest.raises(FormatError, match=r"line \d+: .*(truncated|UTF-8)"):
        found.extend(entry.value for entry in entries(path) if entry.key == "images")
    assert found == [{"id": n, "name": "图图图"} for n in range(len(found))]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a JSON object"),
        ("hello", "not a JSON object"),
        ('{"a": [1, 2}', r"line 1: ',' or '\]' is expected"),
        ('{\n"a": [1,\n nonsense and much more of it behind]}', "line 3: this is not JSON"),
        ("[1] [2]", "more text behind"),
        ('{"a" 1}', "':' is expected"),
        ("{1: 2}", "name in quotes"),
        ("[" + "[" * 100_000, "nested deeper|truncated"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "d.json").write_text(text)
    with pytest.raises(FormatError, match=reason):
        list(entries(tmp_path / "d.json"))


def test_bytes_that_are_no_text_and_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(b'["\xff\xfe"]')
    with pytest.raises(FormatError, match="UTF-8"):
        list(entries(tmp_path / "d.json"))
    (tmp_path / "b.json").write_bytes(b'\xef\xbb\xbf["a", {"b": 1}]')
    (first, second) = entries(tmp_path / "b.json")
    assert (first.value, read_entry(tmp_path / "b.json", second.start, second.length)) == ("a", {"b": 1})
