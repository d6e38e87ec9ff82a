# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters: what they return, what they refuse, and that their documentation says the same."""

from __future__ import annotations

import base64
import importlib
import inspect
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.sfb.certificates.plugins.plugin_utils import _filters
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FOLDER = Path(_filters.__file__).parents[1] / "filter"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
END = datetime(2028, 1, 31, 12, tzinfo=timezone.utc)


def module_of(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.sfb.certificates.plugins.filter.{name}")


def call(name: str, value: Any, *arguments: Any, **options: Any) -> Any:
    """A filter as Ansible calls it."""
    filters: dict[str, Callable[..., Any]] = module_of(name).FilterModule().filters()
    assert list(filters) == [name]
    return filters[name](value, *arguments, **options)


def issue(subject: str, key: Any, issuer: str, signer: Any) -> x509.Certificate:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (subject, issuer)]
    builder = x509.CertificateBuilder(names[1], names[0], key.public_key(), 7, END - timedelta(days=600), END)
    basic = x509.BasicConstraints(ca=subject.endswith("CA"), path_length=None)
    return builder.add_extension(basic, critical=True).sign(signer, hashes.SHA256())


@pytest.fixture(scope="module")
def chain() -> list[x509.Certificate]:
    """Server, authority."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _number in range(2)]
    return [
        issue("edge.example.test", keys[0], "Example CA", keys[1]),
        issue("Example CA", keys[1], "Example CA", keys[1]),
    ]


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def pem(*certificates: x509.Certificate) -> str:
    return "".join(item.public_bytes(serialization.Encoding.PEM).decode() for item in certificates)


def test_facts_of_all_forms_are_the_same(chain: list[x509.Certificate]) -> None:
    data = der(chain[0])
    facts = call("certificate_facts", data)
    assert facts["thumbprint"] == chain[0].fingerprint(hashes.SHA1()).hex().upper()
    assert facts["not_after"] == "2028-01-31T12:00:00Z"
    for form in (pem(chain[0]), base64.b64encode(data).decode(), base64.encodebytes(data).decode(), [pem(chain[0])]):
        assert call("certificate_facts", form) == facts


def test_chain(chain: list[x509.Certificate]) -> None:
    for value in (pem(*chain), pem(*reversed(chain)), [pem(chain[1]), der(chain[0])]):
        found = call("certificate_chain", value, "2027-01-01")
        assert [row["common_names"] for row in found["certificates"]] == [["edge.example.test"], ["Example CA"]]
        assert (found["complete"], found["problems"], found["others"]) == (True, [], [])
    late = call("certificate_chain", pem(*chain), now=END + timedelta(days=1))
    assert [" expired on 2028-01-31T12:00:00Z" in text for text in late["problems"]] == [True, True]
    assert call("certificate_chain", pem(chain[0]), "2027-01-01")["complete"] is False


def test_days_left(chain: list[x509.Certificate]) -> None:
    for value in (pem(chain[0]), der(chain[0]), "2028-01-31T12:00:00Z", END):
        assert call("days_left", value, "2028-01-30") == 1
        assert call("days_left", value, now="2028-01-31T12:00:00Z") == 0
        assert call("days_left", value, now="2028-01-31T12:00:01Z") == -1
    soon = datetime.now(timezone.utc) + timedelta(days=3, hours=1)
    assert call("days_left", soon) == 3


def test_usage_names() -> None:
    assert call("usage_names", "internal, ACCESSEDGEEXTERNAL,internal,") == ["Internal", "AccessEdgeExternal"]
    assert call("usage_names", ["XMPPServer"]) == ["XmppServer"]


def test_usage_changes() -> None:
    row = {"type": "Internal", "thumbprint": "AB" * 20, "not_after": "2028-01-31T12:00:00Z"}
    assert call("usage_changes", [row], []) == ["Internal  none->ABABABAB  2028-01-31"]
    assert call("usage_changes", [row], before=[row], staged={"thumbprint": "CD" * 20}) == []
    dated = row | {"staged": True, "effective_date": "2027-01-01T00:00:00Z"}
    told = call("usage_changes", [dated], [row], {"thumbprint": "CD" * 20, "not_after": "2029-01-31T12:00:00Z"})
    assert told == ["Internal  ABABABAB->CDCDCDCD  2029-01-31  from 2027-01-01T00:00:00Z"]
    with pytest.raises(
        AnsibleFilterError, match="staged: takes the result of cs_certificate_assign, not a value of type str"
    ):
        call("usage_changes", [], [], staged="AB" * 20)
    with pytest.raises(AnsibleFilterError, match="before: it is no list of usages; give the key usages"):
        call("usage_changes", [])


def test_thumbprint() -> None:
    assert call("thumbprint", "\u200e" + "ab:" * 19 + "ab ") == "AB" * 20


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("certificate_facts", 7, "takes certificates as PEM, base64 or bytes, not a value of type int"),
        ("certificate_facts", "", "the value is empty"),
        ("certificate_facts", "hello", "the value holds no certificate data"),
        ("certificate_facts", [], "the value holds 0 certificates, not one"),
        ("certificate_chain", [], "the list of certificates is empty"),
        ("certificate_chain", {"a": 1}, "not a value of type dict"),
        ("days_left", "soon", "the value: 'soon' is no date or time"),
        ("days_left", None, "the value: 'None' is no date or time"),
        ("usage_names", "Internl", "unknown usage 'Internl'; did you mean Internal?"),
        ("usage_names", [7], "takes usages as a list or a text"),
        ("usage_names", "", "no usage is given"),
        ("usage_changes", {"usages": []}, "the value: it is no list of usages"),
        ("usage_changes", [{"thumbprint": "AB" * 20}], "the value: it is no list of usages"),
        ("thumbprint", "AB" * 19, "it has 38 hexadecimal digits"),
        ("thumbprint", 123, "put it in quotes"),
    ],
)
def test_errors_are_one_line_and_begin_with_the_name(name: str, value: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        call(name, value)
    text = str(caught.value)
    assert text.startswith(f"sfb.certificates.{name}: ")
    assert message in text
    assert "\n" not in text


def test_several_certificates_are_no_one(chain: list[x509.Certificate]) -> None:
    for name in ("certificate_facts", "days_left"):
        with pytest.raises(AnsibleFilterError, match="holds 2 certificates, not one"):
            call(name, pem(*chain))
    with pytest.raises(AnsibleFilterError, match="now: 'x' is no date"):
        call("certificate_chain", pem(*chain), now="x")


@pytest.mark.parametrize("name", NAMES)
def test_an_undefined_value_stays_undefined(name: str) -> None:
    with pytest.raises(jinja2.UndefinedError, match="nowhere"):
        call(name, jinja2.StrictUndefined(name="nowhere"))


@pytest.mark.parametrize("name", NAMES)
def test_documentation_names_the_arguments(name: str) -> None:
    module = module_of(name)
    documented = yaml.safe_load(module.DOCUMENTATION)
    assert documented["name"] == name
    arguments = list(inspect.signature(getattr(module, name)).parameters)
    assert sorted(documented["options"]) == sorted(["_input", *arguments[1:]])
    assert f"sfb.certificates.{name}" in module.EXAMPLES
    assert [task["name"] for task in yaml.safe_load(module.EXAMPLES)]
    assert set(yaml.safe_load(module.RETURN)) == {"_value"}


def test_documented_keys_of_a_chain_are_returned(chain: list[x509.Certificate]) -> None:
    documented = yaml.safe_load(module_of("certificate_chain").RETURN)["_value"]["contains"]
    assert set(documented) == set(call("certificate_chain", pem(*chain)))
