"""The probe's packets, and answers of a real responder, cut and bent in every place."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ike import Answer, NotForUs, NotIke, first_message, read_answer
from tests.gateway import pluto_answers as recorded
from tests.gateway.pluto_answers import SPI_SENT

REAL = [
    (recorded.IKEV1_SA, Answer(1, "SA")),
    (recorded.IKEV1_NO_PROPOSAL, Answer(1, "NO_PROPOSAL_CHOSEN")),
    (recorded.IKEV2_SA, Answer(2, "SA")),
    (recorded.IKEV2_NO_PROPOSAL, Answer(2, "NO_PROPOSAL_CHOSEN")),
    (recorded.IKEV2_COOKIE, Answer(2, "COOKIE")),
]


@pytest.mark.parametrize(("packet", "expected"), REAL, ids=[str(answer) for _, answer in REAL])
def test_real_answers_are_understood(packet: bytes, expected: Answer) -> None:
    assert read_answer(packet, expected.version, SPI_SENT) == expected


def test_only_a_chosen_proposal_is_acceptance() -> None:
    assert [answer.accepted for _, answer in REAL] == [True, False, True, False, False]


@pytest.mark.parametrize(("packet", "answer"), REAL, ids=[str(answer) for _, answer in REAL])
def test_every_cut_of_an_answer_is_refused(packet: bytes, answer: Answer) -> None:
    for length in range(len(packet)):
        with pytest.raises(NotIke):
            read_answer(packet[:length], answer.version, SPI_SENT)
        # The same with a header that fits its length.
        if length >= 28:
            bent = packet[:24] + struct.pack("!I", length) + packet[28:length]
            _read_or_refuse(bent, answer.version)


def _read_or_refuse(packet: bytes, version: int) -> None:
    """No other exception than the two that callers know."""
    try:
        read_answer(packet, version, SPI_SENT)
    except NotIke:
        return


@given(data=st.data())
def test_bent_answers_raise_nothing_else(data: st.DataObject) -> None:
    packet, answer = data.draw(st.sampled_from(REAL))
    bent = bytearray(packet)
    for place in data.draw(st.lists(st.integers(16, len(packet) - 1), min_size=1, max_size=6)):
        bent[place] = data.draw(st.integers(0, 255))
    _read_or_refuse(bytes(bent), answer.version)


@given(packet=st.binary(max_size=200), version=st.sampled_from([1, 2]))
def test_chance_raises_nothing_else(packet: bytes, version: int) -> None:
    _read_or_refuse(packet, version)


def test_another_conversations_answer_is_not_ours() -> None:
    with pytest.raises(NotForUs, match="another SPI"):
        read_answer(recorded.IKEV1_SA, 1, b"\2" * 8)


@pytest.mark.parametrize("version", [1, 2])
def test_our_own_message_is_no_answer(version: int) -> None:
    """What an echo service sends back."""
    with pytest.raises(NotIke):
        read_answer(first_message(version, SPI_SENT), version, SPI_SENT)


def test_an_answer_of_the_other_version_is_none() -> None:
    with pytest.raises(NotIke):
        read_answer(recorded.IKEV2_SA, 1, SPI_SENT)


@pytest.mark.parametrize(("version", "exchange", "flags"), [(1, 2, 0), (2, 34, 0x08)])
def test_header(version: int, exchange: int, flags: int) -> None:
    message = first_message(version, SPI_SENT)
    assert message[:16] == SPI_SENT + bytes(8)
    assert message[17] == version << 4
    assert (message[18], message[19]) == (exchange, flags)
    assert struct.unpack_from("!II", message, 20) == (0, len(message))


def test_the_public_value_is_of_group_14_and_never_twice() -> None:
    """From 1 to p - 1, whose first 64 bits are all ones (RFC 3526)."""
    values = set()
    for _ in range(50):
        message = first_message(2, SPI_SENT)
        start = message.index(struct.pack("!HHH", 256 + 8, 14, 0)) + 6
        values.add(int.from_bytes(message[start : start + 256], "big"))
    assert len(values) == 50
    assert all(1 < value < 2**2047 for value in values)
