"""Tokens in one text: found exactly once, at their true place, wherever the reads end."""

from __future__ import annotations

import io
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from planted import checksum, foreign_token, our_token

from tokenward.scanning import scan_bytes, scan_paths, scan_stream
from tokenward.scanning.spots import Spot, spots_of_bytes, spots_of_file, spots_of_stream

OURS, FOREIGN = our_token(1), foreign_token(1)
WINDOW = 100
SHAPE = re.compile(r"(?<!\w)hf_[A-Za-z]{34}(?!\w)")


def naive(data: bytes) -> list[Spot]:
    """The same, from the contract's sentence and a regular expression."""
    text = data.decode("utf-8", "surrogateescape")
    spots = []
    for match in SHAPE.finditer(text):
        before = text[: match.start()].encode("utf-8", "surrogateescape")
        line = before[before.rfind(b"\n") + 1 :]
        column = 1 + sum(byte & 0xC0 != 0x80 for byte in line)
        token = match[0]
        spots.append(Spot(before.count(b"\n") + 1, column, token, checksum(token[:31]) == token[31:]))
    return spots


def in_windows(data: bytes, folder: Path) -> list[Spot]:
    path = folder / "text"
    path.write_bytes(data)
    fd = os.open(path, os.O_RDONLY)
    try:
        return list(spots_of_file(fd, WINDOW))
    finally:
        os.close(fd)


def in_pieces(data: bytes, piece: int) -> list[Spot]:
    stream = io.BytesIO(data)
    return list(spots_of_stream(lambda size: stream.read(min(size, piece)), WINDOW))


def test_the_contracts_vector_is_ours() -> None:
    assert our_token(1).startswith("hf_") and checksum("hf_" + "A" * 28) == "IwOvtj"


@pytest.mark.parametrize("around", ["", " ", "x", "_", "é", "\udcff", "\n", "😀", "ж", "“"])
def test_a_token_at_every_offset_around_a_border_is_found_once(around: str, tmp_path: Path) -> None:
    bound = around.encode("utf-8", "surrogateescape")
    for offset in range(2 * WINDOW + 50):
        data = b"." * offset + bound + OURS.encode() + bound + b"." * 150
        expected = naive(data)
        assert len(expected) == (0 if around in ("x", "_", "é", "ж") else 1)
        assert in_windows(data, tmp_path) == expected, offset
        assert in_pieces(data, WINDOW) == expected, offset


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 44, 45, 46, 99, 1000])
def test_a_stream_may_come_in_pieces_of_any_length(piece: int) -> None:
    data = f"é{OURS}é {OURS}\n{FOREIGN} {'.' * 90}{OURS}".encode()
    assert in_pieces(data, piece) == naive(data)
    assert len(naive(data)) == 3


@pytest.mark.parametrize("length", [0, 1, 3, 36, 37, 44, 45, 46, 55, 56, 57, 99, 100, 101, 200])
def test_a_token_at_the_very_end_is_found(length: int, tmp_path: Path) -> None:
    data = b" " * length + OURS.encode()
    assert in_windows(data, tmp_path) == in_pieces(data, 10) == naive(data) != []


def test_random_texts_are_searched_as_a_regular_expression_would(tmp_path: Path) -> None:
    chance = random.Random(7)
    parts: list[Callable[[], bytes]] = [
        lambda: our_token(chance.random()).encode(),
        lambda: foreign_token(chance.random()).encode(),
        lambda: our_token(chance.random()).encode()[: chance.randrange(37)],
        lambda: b"hf_",
        lambda: chance.choice([b"\xff", b"\xc3", b"\xe2\x82", b"\x80", b"\x00", b"\xc2\xa0"]),
        lambda: chance.choice(["\n", "\r\n", "\r", " ", "_", "a", "é", "ß", "漢", "😀", "=", "7"]).encode(),
        lambda: b"." * chance.randrange(120),
    ]
    for _ in range(1500):
        data = b"".join(chance.choice(parts)() for _ in range(chance.randrange(1, 14)))
        # The mark of another encoding at the front would be another test.
        data = b"#" + data
        expected = naive(data)
        assert list(spots_of_bytes(data)) == expected, data
        assert in_windows(data, tmp_path) == expected, data
        assert in_pieces(data, chance.randrange(1, 200)) == expected, data


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_columns_count_characters_and_lines_end_as_they_may(newline: str) -> None:
    text = newline.join(["ein Schlüssel 😀 für ihn:", f"żółć {OURS} und", "", f"{FOREIGN}"])
    found = [(one.line, one.column, one.ours) for one in scan_bytes(text.encode(), "t").findings]
    assert found == [(2, 6, True), (4, 1, False)]


def test_a_byte_order_mark_counts_as_no_column() -> None:
    assert [(f.line, f.column) for f in scan_bytes(b"\xef\xbb\xbfx " + OURS.encode(), "t").findings] == [(1, 3)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("filler", [0, 30, 5000])
def test_wide_texts_with_a_mark_are_read(encoding: str, filler: int, tmp_path: Path) -> None:
    text = "\ufeff" + "ü\r\n" * filler + f"naïve😀 {OURS}\r\nx{OURS}\r\n{FOREIGN}"
    data = text.encode(encoding)
    expected = [Spot(filler + 1, 8, OURS, True), Spot(filler + 3, 1, FOREIGN, False)]
    assert list(spots_of_bytes(data)) == expected
    assert in_windows(data, tmp_path) == expected
    assert in_pieces(data, 33) == expected


def test_what_only_looks_like_a_wide_text_is_searched_byte_by_byte_too() -> None:
    assert [f.last4 for f in scan_bytes(b"\xff\xfe\x00 " + OURS.encode() + b"\xff", "t").findings] == [OURS[-4:]]


def test_bytes_that_are_no_text_bound_a_token() -> None:
    data = b"\xff\xc3" + OURS.encode() + b"\x80\x00" + FOREIGN.encode() + b"\xe9\xe9"
    assert [f.ours for f in scan_bytes(data, "t").findings] == [True, False]


def test_two_tokens_with_one_character_between_are_both_found() -> None:
    assert len(scan_bytes(f"{OURS},{OURS}".encode(), "t").findings) == 2


def test_a_line_longer_than_many_windows_has_true_columns(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_text("é" * 3_000_000 + " " + OURS + "\n" + OURS)
    places = [(f.line, f.column) for f in scan_paths([path]).findings]
    assert places == [(1, 3_000_002), (2, 1)]
    with path.open("rb") as stream:
        assert [(f.line, f.column) for f in scan_stream(stream).findings] == places


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"." * 150)
    fd = os.open(path, os.O_RDONLY)

    def growing() -> Iterator[Spot]:
        with path.open("ab") as more:
            more.write(b" " + OURS.encode() + b" " + b"." * 300)
        yield from spots_of_file(fd, WINDOW)

    assert [spot.token for spot in growing()] == [OURS]
    os.close(fd)


def test_no_finding_prints_its_token() -> None:
    report = scan_bytes(OURS.encode(), "t")
    for text in (repr(report), str(report.to_dict()), repr(report.findings[0].secret)):
        assert OURS[3:-4] not in text
    assert report.findings[0].secret.reveal() == OURS


def test_a_fingerprint_is_stable_and_not_the_digest_that_a_server_knows() -> None:
    one, again = scan_bytes(OURS.encode(), "a").findings[0], scan_bytes(b"x " + OURS.encode(), "b").findings[0]
    assert one.fingerprint == again.fingerprint
    assert re.fullmatch("[0-9a-f]{32}", one.fingerprint)
    assert one.fingerprint not in one.secret.digest
