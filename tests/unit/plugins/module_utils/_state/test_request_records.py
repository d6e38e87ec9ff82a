# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of requests are found as if all of them were looked at in their order."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.sfb.certificates.plugins.module_utils._state.request_records import (
    Requests,
    read_request,
    record_for,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import RequestFile
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ..rolling import ACCESS, DATA, INTERNAL, stored

NUMBERS = range(4)
THUMBPRINTS = ["A" * 40, "B" * 40, "C" * 40]
NAMES = ["", "edge", "edge 2026-11-21"]


@functools.cache
def csr(number: int) -> bytes:
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    signed = made.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def public_key(number: int) -> str:
    asked = read_request(RequestFile("x", {}, csr(number)))
    assert asked
    return asked.public_key_sha256


# ---- what lies on servers ----

PLAIN = st.fixed_dictionaries(
    {"friendly_name": st.sampled_from(NAMES), "usages": st.sampled_from([[INTERNAL], [ACCESS, DATA], [DATA, ACCESS]])},
    optional={
        "ca": st.sampled_from(["", "ca1\\CA"]),
        "known_certificates": st.lists(st.sampled_from(THUMBPRINTS), max_size=3),
        "public_key_sha256": st.sampled_from(NUMBERS).map(public_key),
    },
)
RECORD = st.builds(
    lambda record, former: record | ({"previous": former} if former else {}), PLAIN, st.one_of(st.none(), PLAIN)
)
CSR = st.one_of(st.none(), st.just(b"damaged"), st.sampled_from(NUMBERS).map(csr))
ENTRIES = st.lists(st.builds(RequestFile, st.just("x"), st.one_of(st.none(), RECORD), CSR), max_size=6)


# ---- one after the other ----


def first_record(public_key: str, requests: Sequence[RequestFile]) -> Mapping[str, Any] | None:
    found = (record_for(entry, public_key) for entry in requests)
    return next((record for record in found if record is not None), None)


def first_online(name: str, thumbprint: str, usages: Sequence[str], requests: Sequence[RequestFile]) -> Any:
    for entry in requests:
        own = entry.record or {}
        for record in (own, own.get("previous") or {}):
            if not record.get("ca") or set(record["usages"]) != set(usages):
                continue
            asked = record["friendly_name"]
            if name == asked if asked else thumbprint not in record.get("known_certificates", ()):
                return record
    return None


@given(ENTRIES)
def test_by_public_key(entries: list[RequestFile]) -> None:
    requests = Requests(entries)
    for number in NUMBERS:
        assert requests.record_of(public_key(number)) == first_record(public_key(number), entries)
    assert requests.record_of("none") is None


@given(ENTRIES, st.sampled_from([(INTERNAL,), (ACCESS, DATA)]))
def test_online(entries: list[RequestFile], usages: tuple[str, ...]) -> None:
    requests = Requests(entries)
    for name in (*NAMES, "another"):
        for thumbprint in (*THUMBPRINTS, "D" * 40):
            row = stored(thumbprint, friendly_name=name)
            found = requests.online_record(row, usages)
            assert found == first_online(name, thumbprint, usages, entries)
            if found and not any(found == (entry.record or {}).get("previous") for entry in entries):
                assert any(found is entry.record for entry in entries), "the record itself, no copy"


def test_a_search_is_prepared_once() -> None:
    requests = Requests([RequestFile("x", {"usages": [INTERNAL]}, csr(1))])
    assert Requests.of(requests) is requests
    assert Requests.of(tuple(requests)) == requests
