"""XML element by element; bombs do not go off."""

from __future__ import annotations

from pathlib import Path

import pytest

from segstudio.core.errors import FormatError
from segstudio.io.importers import xml_lines
from segstudio.io.importers.xml_lines import elements

DOCUMENT = """<?xml version="1.0"?>
<annotations>
 <meta><name>图</name></meta>
 <image id="0" name="a.png">
  <polygon label="cell"/>
 </image>
 <image id="1"><box/><box/>
  <attribute name="n"> two  words </attribute></image>
</annotations>
"""


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
def test_elements_come_with_lines_and_all_that_is_in_them(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_lines, "_CHUNK", chunk)
    (tmp_path / "d.xml").write_text(DOCUMENT, "utf-8")
    first, second = elements(tmp_path / "d.xml", {"image"})
    assert (first.attributes, first.line) == ({"id": "0", "name": "a.png"}, 4)
    assert (first.children[0].tag, first.children[0].line) == ("polygon", 5)
    assert len(second.all("box")) == 2
    assert second.value("attribute") == "two  words"
    assert second.child("attribute", "nothing") is None
    (meta,) = elements(tmp_path / "d.xml", {"meta"})
    assert meta.value("name") == "图"


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;">]><a>&m;</a>',
        '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>',
        '<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><a/>',
    ],
)
def test_bombs_and_foreign_files_are_refused(tmp_path: Path, bomb: str) -> None:
    (tmp_path / "d.xml").write_text(f'<?xml version="1.0"?>{bomb}')
    with pytest.raises(FormatError, match="refused for safety"):
        list(elements(tmp_path / "d.xml", {"a"}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (DOCUMENT[:150], "line 7: the document is truncated"),
        ("", "truncated"),
        ("<a>\n<b></a>", "line 2: this is not XML"),
        ("no xml", "line 1: this is not XML"),
    ],
)
def test_what_is_no_xml_is_told_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "d.xml").write_text(text, "utf-8")
    with pytest.raises(FormatError, match=reason):
        list(elements(tmp_path / "d.xml", {"image", "a"}))
