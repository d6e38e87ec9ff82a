# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the modules says what the action plugins take and return."""

from __future__ import annotations

import base64
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import urlsplit

import jinja2
import pytest
import yaml
from ansible_collections.sfb.certificates.plugins.module_utils._haproxy.change import Change, ServerSpec
from ansible_collections.sfb.certificates.plugins.module_utils._haproxy.servers import SHOW_STAT, SHOW_STATES
from ansible_collections.sfb.certificates.plugins.module_utils._state.request_paths import request_files
from ansible_collections.sfb.certificates.plugins.module_utils._state.service import Service
from ansible_collections.sfb.certificates.plugins.module_utils._state.state import (
    Assignment,
    RequestFile,
    State,
    Topology,
)
from ansible_collections.sfb.certificates.plugins.module_utils._state.stored import Key, StoredCertificate
from ansible_collections.sfb.certificates.plugins.module_utils._x509.certificate import Certificate
from ansible_collections.sfb.certificates.plugins.plugin_utils import _action
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.ca.certsrv import Settings, serve
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.runner.runner import run_contract
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.folder import KEY_POOL_VARIABLE, LabFolder
from ansible_collections.sfb.certificates.plugins.plugin_utils._lab.server.pool import (
    AuthorityDescription,
    PoolDescription,
)
from ansible_collections.sfb.certificates.plugins.plugin_utils._operation_kinds import MAKERS
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

COLLECTION = "sfb.certificates"
ROOT = Path(_action.__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py"))
RUNNER = "cs_invoke"
#: Modules that run where they are sent, as modules usually do; they have no action plugin.
ORDINARY = sorted({path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} - set(MODULES))
CONTROLLER_ONLY = {
    "certsrv_certificate",
    "certsrv_chain",
    "cs_certificate_answer",
    "cs_certificate_folder",
    "cs_certificate_plan",
    "cs_certificate_report",
    "cs_rollover_plan",
    "lab_authority",
    "local_ca_certificate",
    "tls_endpoint_info",
}
#: Set by Ansible or documented there for all modules.
COMMON_KEYS = {"changed", "failed", "msg", "warnings", "invocation", "_ansible_no_log"}
#: Names that Jinja takes for methods, or that belong to Ansible's own results.
TAKEN_KEYS = {"items", "keys", "values", "get", "pop", "update", "copy", "results", "started", "finished", "stdout"}
TASK_KEYWORDS = {
    "name",
    "register",
    "when",
    "loop",
    "loop_control",
    "no_log",
    "delegate_to",
    "retries",
    "delay",
    "until",
    "ignore_unreachable",
    "run_once",
    "vars",
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "dict": dict,
    "list": list,
    "raw": object,
}


@pytest.fixture(scope="module")
def docs() -> dict[str, dict[str, Any]]:
    """What ansible-doc knows of each module, fragments merged."""
    names = [f"{COLLECTION}.{name}" for name in [*MODULES, *ORDINARY, RUNNER]]
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--json", "--type", "module", *names],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sorted(found) == sorted(names), done.stderr
    return {name.rsplit(".", 1)[1]: entry for name, entry in found.items()}


def action_of(name: str) -> Any:
    """The class of an action plugin."""
    return importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.action.{name}").ActionModule


def module_of(name: str) -> Any:
    """A module that runs where it is sent."""
    return importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")


def shape_of(options: Mapping[str, Any], nested: str) -> dict[str, Any]:
    """Options as documentation and argument spec both can tell them."""
    return {
        name: {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "aliases": option.get("aliases", []),
            "suboptions": shape_of(option.get(nested) or {}, nested),
        }
        for name, option in options.items()
    }


def texts_of(value: Any) -> Iterator[str]:
    """All texts in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_of(item)


def dict_pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """All keys in plain data, with what they stand for."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from dict_pairs(item)
        if isinstance(value, dict):
            yield from value.items()


def return_keys(rows: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All documented keys of a result with their paths."""
    for name, row in rows.items():
        yield above + name, row
        yield from return_keys(row.get("contains", {}), f"{above}{name}.")


def test_each_action_has_its_documentation_and_nothing_else_has() -> None:
    documented = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert set(MODULES) <= documented
    assert ORDINARY == ["haproxy_server"]
    assert (ROOT / "plugins" / "modules" / f"{RUNNER}.yml").is_file()


@pytest.mark.parametrize("name", [*MODULES, *ORDINARY])
def test_options_are_those_of_the_code(name: str, docs: dict[str, dict[str, Any]]) -> None:
    spec = module_of(name).ARGUMENT_SPEC if name in ORDINARY else action_of(name).ARGUMENT_SPEC
    assert shape_of(docs[name]["doc"]["options"], "suboptions") == shape_of(spec, "options")


@pytest.mark.parametrize("name", MODULES)
def test_options_that_exclude_each_other_say_so(name: str, docs: dict[str, dict[str, Any]]) -> None:
    options = docs[name]["doc"]["options"]
    for group in action_of(name).CONSTRAINTS.get("mutually_exclusive", []):
        for option in group:
            told = " ".join(options[option]["description"])
            assert all(f"O({other})" in told for other in group if other != option), option


@pytest.mark.parametrize("name", MODULES)
def test_options_that_need_each_other_say_so(name: str, docs: dict[str, dict[str, Any]]) -> None:
    constraints = action_of(name).CONSTRAINTS
    told = {option: " ".join(row["description"]) for option, row in docs[name]["doc"]["options"].items()}
    for option, others in constraints.get("required_by", {}).items():
        assert all(f"O({other})" in told[option] for other in others), option
    for option, value, others, *_any_of_them in constraints.get("required_if", []):
        assert all(f"O({option}={value})" in told[other] for other in others), option


@pytest.mark.parametrize("name", MODULES)
def test_attributes_tell_how_the_action_behaves(name: str, docs: dict[str, dict[str, Any]]) -> None:
    attributes = docs[name]["doc"]["attributes"]
    assert {key: row["support"] for key, row in attributes.items() if key not in ("diff_mode", "idempotent")} == {
        "action": "full",
        "action_group": "full",
        "async": "none",
        "bypass_host_loop": "none",
        "check_mode": "full",
        "platform": "full",
    }
    assert attributes["platform"]["platforms"] == ("posix" if name in CONTROLLER_ONLY else "windows")
    assert attributes["action_group"]["membership"] == [f"{COLLECTION}.certificates"]


@pytest.mark.parametrize("name", ORDINARY)
def test_attributes_of_an_ordinary_module(name: str, docs: dict[str, dict[str, Any]]) -> None:
    attributes = docs[name]["doc"]["attributes"]
    assert {key: row["support"] for key, row in attributes.items()} == {
        "check_mode": "full",
        "diff_mode": "full",
        "platform": "full",
    }
    assert attributes["platform"]["platforms"] == "posix"


def test_action_group_has_all_modules_with_an_action() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert sorted(runtime["action_groups"]["certificates"]) == MODULES


@pytest.mark.parametrize("name", [*MODULES, *ORDINARY, RUNNER])
def test_examples_are_named_tasks_with_documented_options(name: str, docs: dict[str, dict[str, Any]]) -> None:
    tasks = yaml.safe_load(docs[name]["examples"])
    assert isinstance(tasks, list)
    used = set()
    for task in tasks:
        assert re.match(r"[A-Z]", task["name"])
        (module,) = set(task) - TASK_KEYWORDS
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+", module), task["name"]
        if not module.startswith(f"{COLLECTION}."):
            continue
        short = module.rsplit(".", 1)[1]
        used.add(short)
        options = docs[short]["doc"]["options"]
        given = task[module] or {}
        assert set(given) <= set(options), task["name"]
        assert {key for key, option in options.items() if option.get("required")} <= set(given), task["name"]
        operations = list(dict_pairs(given.get("operations", [])))
        exported = short == "cs_certificate_export" and given.get("format", "pfx") == "pfx"
        exported = exported or any(key == "export" for key, _item in operations)
        pairs = [*given.items(), *operations]
        secret = exported or any(
            item for key, item in pairs if key in ("passphrase", "answer_passphrase", "ca_password")
        )
        assert task.get("no_log", False) is bool(secret), task["name"]
    assert name in used


@pytest.mark.parametrize("name", [*MODULES, *ORDINARY, RUNNER])
def test_examples_hold_templates_that_parse(name: str, docs: dict[str, dict[str, Any]]) -> None:
    engine = jinja2.Environment()  # only parsed, never rendered
    for task in yaml.safe_load(docs[name]["examples"]):
        for condition in texts_of(task.get("when", "true")):
            engine.parse("{{ " + condition + " }}")
        for text in texts_of(task):
            engine.parse(text)


@pytest.mark.parametrize("name", [*MODULES, *ORDINARY, RUNNER])
def test_each_key_of_the_result_is_described(name: str, docs: dict[str, dict[str, Any]]) -> None:
    for path, row in return_keys(docs[name]["return"]):
        assert row.get("description"), path
        assert row.get("returned"), path
        assert row.get("type") in TYPES, path
        assert ("elements" in row) == (row["type"] == "list"), path
        assert ("sample" in row) != ("contains" in row), path
        assert path not in TAKEN_KEYS, path
        sample = row.get("sample")
        assert sample is None or isinstance(sample, TYPES[row["type"]]), path
        if path.endswith("thumbprint") and sample:
            assert re.fullmatch(r"[0-9A-F]{40}", sample), path
        if path.endswith("sha256") and sample:
            assert re.fullmatch(r"[0-9A-F]{64}", sample), path


# ---- the step runner ----


def test_runner_takes_the_documented_options(docs: dict[str, dict[str, Any]]) -> None:
    script = (ROOT / "powershell" / f"{RUNNER}.ps1").read_text(encoding="ascii")
    options = docs[RUNNER]["doc"]["options"]
    taken = set(re.findall(r"Get-Field \$Call '([a-z]\w*)'", script))
    assert taken == set(options)
    defaults = dict(re.findall(r"Get-Field \$Call '([a-z]\w*)' '([^']*)'\)", script))
    assert defaults == {key: options[key]["default"] for key in ("lock", "store_location")}
    fields = set(re.findall(r"Get-Field \$Step '(\w+)'", script))
    assert fields == set(options["steps"]["suboptions"])
    operations = re.search(r"switch -CaseSensitive \(\$op\) \{(.*?)\n    \}", script, re.DOTALL)
    assert operations is not None
    assert re.findall(r"^\s+'(\w+)' \{", operations[1], re.MULTILINE) == options["steps"]["suboptions"]["op"]["choices"]


# ---- what the actions return ----

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
FQDN = "edgepool.example.com"
CA = "ca1.example.com\\Example Issuing CA"
PASSPHRASE = "of no use to anybody"
KINDS = ["pfx", "chain", "p7b"]


@dataclass(frozen=True)
class Pki:
    """A root, two certificates that it issued, and a request with its answer, all with the same names."""

    root: Certificate
    old: Certificate
    new: Certificate
    csr: bytes
    answer: Certificate


@pytest.fixture(scope="module")
def pki() -> Pki:
    """Made at run time, with EC keys."""
    authority = ec.generate_private_key(ec.SECP256R1())
    root = _issue("Example Root CA", authority, "Example Root CA", authority)
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(_name(FQDN)).sign(key, hashes.SHA256())
    leaves = [_issue(FQDN, ec.generate_private_key(ec.SECP256R1()), "Example Root CA", authority) for _leaf in range(2)]
    return Pki(
        root, *leaves, csr.public_bytes(serialization.Encoding.PEM), _issue(FQDN, key, "Example Root CA", authority)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _issue(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey
) -> Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=10))
        .not_valid_after(NOW + timedelta(days=700))
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
    )
    if subject != issuer:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    made = builder.sign(signer, hashes.SHA256())
    return Certificate.from_der(made.public_bytes(serialization.Encoding.DER))


def _authority(folder: Path) -> dict[str, str]:
    """A local authority in files, as options name it."""
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.cer").write_bytes(_issue("Site CA", key, "Site CA", key).der)
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.key").write_bytes(key.private_bytes(*form))
    return {"ca_certificate": str(folder / "ca.cer"), "ca_private_key": str(folder / "ca.key")}


def _stored(store: str, certificate: Certificate, **more: Any) -> StoredCertificate:
    return StoredCertificate.of(certificate, store, **more)


@pytest.fixture(scope="module")
def served(pki: Pki) -> State:
    """A server whose internal interface has a certificate, and that has another one ready."""
    computer = dict.fromkeys(
        ("fqdn", "joined", "domain", "elevated", "os_version", "ps_version", "module", "module_version", "time_zone")
    )
    key = Key(exportable=True)
    return State(
        computer={**computer, "utc_offset": 0, "time": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"},
        certificates=(
            _stored("Root", pki.root),
            _stored("My", pki.old, has_key=True, key=key),
            _stored("My", pki.new, has_key=True, key=key),
        ),
        assignments=(Assignment("Internal", pki.old.thumbprint),),
        requests=(RequestFile(request_files(["Internal"]).name),),
        topology=Topology(pool_fqdn=FQDN),
    )


def _turning(served: State, pki: Pki) -> dict[str, dict[str, Any]]:
    """A set of three servers, the last of which has not turned to the new certificate yet."""
    uses = ("Internal", "AudioVideoAuthentication")
    old, new = pki.old.thumbprint, pki.new.thumbprint
    turned = replace(served, assignments=tuple(Assignment(use, new, old, NOW - timedelta(days=2)) for use in uses))
    last = replace(served, assignments=tuple(Assignment(use, old) for use in uses))
    return {"edge1": turned.to_dict(), "edge2": turned.to_dict(), "edge3": last.to_dict()}


@pytest.fixture(scope="module")
def waiting(pki: Pki, served: State) -> State:
    """A server that has a request and no certificate."""
    request = _stored("REQUEST", pki.answer, has_key=True, key=Key(exportable=True))
    record = {"asked": {}, "friendly_name": "Internal", "requested": "2026-06-01T00:00:00Z", "usages": ["Internal"]}
    return replace(
        served,
        certificates=(_stored("Root", pki.root), request),
        assignments=(),
        requests=(RequestFile(request_files(["Internal"]).name, record, pki.csr),),
    )


def _operations(pki: Pki) -> list[list[dict[str, Any]]]:
    """Operations of each kind, as they follow each other in a procedure."""
    use = {"type": ["Internal"]}
    old = {"thumbprint": pki.old.thumbprint}
    imported = [{"key": "new", "import": {"content": _pfx(), "passphrase": PASSPHRASE, **use}}, {"export": {}}]
    turn = [{"claim": {"turn": True}}, {"assign": {**use, **old}}, {"release": {}}]
    note = {"made_by": "edge2", "public_key_sha256": pki.answer.public_key_sha256}
    return [[{"chain": {"content": _pem(pki.root)}}, {"request": {**use, **note}}, *imported], turn]


def _pfx() -> str:
    """A PFX in base64."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = x509.load_der_x509_certificate(_issue(FQDN, key, "Example Root CA", key).der)
    locked = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    return base64.b64encode(serialize_key_and_certificates(None, key, certificate, None, locked)).decode("ascii")


def run(
    name: str, arguments: Mapping[str, Any], lab: LabFolder | None = None, number: int = 0, *, fails: bool = False
) -> dict[str, Any]:
    """The result of an action: for real on an emulated server, else in check mode, with the state of a server given."""
    task = MagicMock(args=dict(arguments), check_mode=lab is None, async_val=0, delegate_to=None)
    action = action_of(name)(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), None)
    action.find_file = str  # files are named by their whole path
    if lab is not None:
        # the authority issues only after a while
        authority = AuthorityDescription(config=CA, policy="pending" if number < 3 else "issued")
        role = "front_end" if name == "cs_replication_info" else "edge"  # it needs the Central Management Store
        pool = PoolDescription(pool_fqdn=FQDN, fqdn="edge1.example.com", ca=authority, role=role)
        action._execute_module = lambda module_args, **_more: run_contract(module_args, pool, lab, "edge1")
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "edge1"})
    assert bool(result.get("failed")) is fails, result.get("msg")
    return result


def _pem(*certificates: Certificate) -> str:
    texts = (base64.b64encode(item.der).decode("ascii") for item in certificates)
    return "".join(f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n" for text in texts)


@pytest.fixture(scope="module")
def certsrv(
    pki: Pki, tmp_path_factory: pytest.TempPathFactory, key_pool: Path
) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Arguments for an emulated web enrolment that has issued the first of its requests."""
    folder = tmp_path_factory.mktemp("certsrv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_POOL_VARIABLE, str(key_pool))
        with serve(LabFolder(folder / "lab"), Settings(tls=False, auth=("none",))) as server:
            server.desk.submit(pki.csr.decode(), user="anonymous", attributes="CertificateTemplate:WebServer")
            site = {"url": server.url, "auth": "none", "allow_http": True}
            request = {**site, "csr": pki.csr.decode(), "chain": True}
            rows = [{**request, "request_id": 1}, {**request, "record": str(folder / "record.json")}]
            yield {"certsrv_chain": [site], "certsrv_certificate": rows}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory, key_pool: Path) -> Iterator[dict[str, Any]]:
    """Arguments for an endpoint with TLS: that of an emulated web enrolment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_POOL_VARIABLE, str(key_pool))
        with serve(LabFolder(tmp_path_factory.mktemp("endpoint")), Settings(auth=("none",))) as server:
            yield {"host": "127.0.0.1", "port": urlsplit(server.url).port}


@pytest.fixture(scope="module")
def on_server(
    served: State, tmp_path_factory: pytest.TempPathFactory, key_pool: Path
) -> dict[str, list[dict[str, Any]]]:
    """Results of what happens on a server only, here on an emulated one."""
    lab = LabFolder(tmp_path_factory.mktemp("lab"))
    online = {"type": ["Internal"], "ca": CA}
    runs: dict[str, list[dict[str, Any]]] = {
        "cs_certificate_info": [{"type": ["Internal"]}],
        "cs_certificate_request": [
            {"type": ["Internal"], "report": True},
            online,
            {"state": "listed"},
            {"state": "retrieved"},
            {**online, "wait": True, "force": True},
        ],
        "cs_certificate_operations": [{"operations": [{"services": {"state": "stopped"}}]}],
        "cs_replication_info": [{}],
        "cs_windows_service": [{"state": "stopped"}],
    }
    report = {"report": True, "type": ["Internal"], "server": served.to_dict()}
    runs["cs_certificate_assign"] = [{**report, "state": "absent"}]
    runs["cs_certificate_import"] = [{**report, "method": "product", "content": _pfx(), "passphrase": PASSPHRASE}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_POOL_VARIABLE, str(key_pool))
        return {name: [run(name, item, lab, number) for number, item in enumerate(rows)] for name, rows in runs.items()}


@pytest.fixture(scope="module")
def results(
    pki: Pki,
    served: State,
    waiting: State,
    certsrv: dict[str, list[dict[str, Any]]],
    on_server: dict[str, list[dict[str, Any]]],
    endpoint: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, list[dict[str, Any]]]:
    """Results of all modules, which have each key at least once."""
    server, other, fresh = (state.to_dict() for state in (served, waiting, replace(waiting, certificates=())))
    up = {**server, "services": [Service("RTCSRV").to_dict()]}
    expired = replace(_stored("Root", pki.root), thumbprint="0" * 40, not_after=NOW, der=None)
    stray = (_stored("CA", pki.root), _stored("Root", pki.old), expired)
    untidy = replace(served, certificates=(*served.certificates, *stray)).to_dict()
    folder = tmp_path_factory.mktemp("folder")
    (folder / "answer.txt").write_text(_pem(pki.answer), encoding="ascii")
    (folder / "internal.req").write_bytes(pki.csr)
    use = {"type": ["Internal"]}
    note = {"made_by": "edge2", "public_key_sha256": pki.answer.public_key_sha256}
    asked = {"folder": str(folder), "public_keys": [pki.answer.public_key_sha256]}
    answer = {"name": "answer.txt", "content": _pem(pki.answer)}
    chain = {"chain_content": _pem(pki.root)}
    due = _turning(served, pki)
    part = run("cs_certificate_plan", {"servers": {"edge1": server, "edge2": other}, **use})["parts"]["edge2"]
    av = {"type": ["AudioVideoAuthentication"]}
    runs: dict[str, list[dict[str, Any]]] = {
        **certsrv,
        "cs_certificate_answer": [{"csr": pki.csr.decode(), "content": _pem(pki.answer), **use}],
        "cs_certificate_assign": [
            {"server": server, **use, "thumbprint": pki.new.thumbprint},
            {"server": server, **use, "state": "absent"},
        ],
        "cs_certificate_chain": [{"server": untidy, "content": _pem(pki.root, pki.old)}],
        "cs_certificate_export": [
            {"server": server, "thumbprint": pki.old.thumbprint, "format": kind} for kind in KINDS
        ],
        "cs_certificate_folder": [{"folder": str(folder), "csr": pki.csr.decode()}, asked],
        "cs_certificate_import": [{"server": other, "content": _pem(pki.answer)}],
        "cs_certificate_info": [{"server": untidy, **use, "query": "usages"}, {"server": other, **use}],
        "cs_certificate_operations": [{"server": up, "operations": rows} for rows in _operations(pki)],
        "cs_certificate_plan": [
            {"servers": {"edge1": server, "edge2": server}, **use, **chain, "force": True},
            {"servers": {"edge1": fresh, "edge2": other}, **use, **chain, "answers": [answer]},
            {"servers": {"edge1": fresh, "edge2": other}, **use, **chain, "csrs": [pki.csr.decode()]},
            {"servers": due, "host": "edge3", "predict": False, **av},
            {"servers": {**due, "edge3": due["edge1"]}, "host": "edge1", **av},
        ],
        "cs_certificate_report": [
            {
                "servers": {"edge1": run("cs_certificate_info", {"server": server, **use}), "edge2": {}},
                "json_path": str(folder / "report.json"),
                "query": "status",
            }
        ],
        "cs_certificate_remove": [{"server": server, "thumbprints": [pki.new.thumbprint]}],
        "cs_certificate_request": [{"server": other, **use, **more} for more in ({}, note)]
        + [{"server": server, **use}],
        "cs_certificate_verify": [
            {"server": server, **use, "thumbprint": pki.old.thumbprint},
            {"server": other, "part": part},
        ],
        "cs_replication_info": [],
        "cs_rollover_plan": [
            {"servers": due, "certificates": [{**use, "plan": run("cs_certificate_plan", {"servers": due, **use})}]}
        ],
        "cs_server_claim": [{"server": server}, {"server": server, "state": "absent"}],
        "cs_windows_service": [{"server": up, "state": "restarted"}],
        "lab_authority": [{"path": str(folder / "lab")}],
        "local_ca_certificate": [{**_authority(folder), "csr": pki.csr.decode(), "answer": str(folder / "made.pem")}],
        "tls_endpoint_info": [endpoint],
    }
    assert sorted(runs) == MODULES
    made = {name: [run(name, arguments) for arguments in rows] for name, rows in runs.items()}
    keyless = replace(served, certificates=tuple(replace(row, has_key=False) for row in served.certificates))
    refused = {"assign": {**use, "thumbprint": pki.new.thumbprint}}
    arguments = {"server": keyless.to_dict(), "operations": [refused]}
    made["cs_certificate_operations"].append(run("cs_certificate_operations", arguments, fails=True))
    return {name: [*rows, *on_server.get(name, [])] for name, rows in made.items()}


def _keys_of(value: Any, rows: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of all keys of a result; each must be documented, and be of the documented type."""
    for name, item in value.items():
        path = above + name
        assert name in rows, path
        row = rows[name]
        assert item is None or isinstance(item, TYPES[row["type"]]), path
        yield path
        if "contains" in row and item is not None:
            for inner in item if isinstance(item, list) else [item]:
                yield from _keys_of(inner, row["contains"], f"{path}.")


@pytest.fixture(scope="module")
def haproxy() -> list[dict[str, Any]]:
    """Results of haproxy_server, without a socket."""
    answers = {
        SHOW_STATES: "1\n# be_name srv_name srv_admin_state\nsip edge1 0\n",
        SHOW_STAT: "# pxname,svname,scur,status,check_desc\nsip,edge1,0,UP,Layer6 check passed\n",
    }
    spec = ServerSpec(server="edge1", state="drain")
    change = Change(spec, lambda command: answers.get(command, ""), lambda seconds: None, lambda: 0.0)
    return [change.run(check_mode).result() for check_mode in (True, False)]


def test_results_of_haproxy_server_have_the_documented_keys(
    docs: dict[str, dict[str, Any]], haproxy: list[dict[str, Any]]
) -> None:
    rows = docs["haproxy_server"]["return"]
    found = [{key: item for key, item in result.items() if key not in (*COMMON_KEYS, "diff")} for result in haproxy]
    seen = {path for result in found for path in _keys_of(result, rows)}
    assert seen == {path for path, _row in return_keys(rows)}


@pytest.mark.parametrize("name", MODULES)
def test_results_have_the_documented_keys(
    name: str, docs: dict[str, dict[str, Any]], results: dict[str, list[dict[str, Any]]]
) -> None:
    rows = docs[name]["return"]
    seen = {
        path
        for result in results[name]
        for path in _keys_of({key: item for key, item in result.items() if key not in COMMON_KEYS}, rows)
    }
    documented = {path for path, _row in return_keys(rows) if path.split(".")[0] != "error"}
    assert seen == documented


#: What the module is called that tells of an operation.
OF_OPERATIONS = {"claim": "cs_server_claim", "release": "cs_server_claim", "services": "cs_windows_service"}
#: What a task tells once of all its operations.
OF_THE_TASK = {"commands", "diff", "error", "reasons", "server"}


def test_operations_tell_what_the_modules_of_the_same_names_do(
    docs: dict[str, dict[str, Any]], results: dict[str, list[dict[str, Any]]]
) -> None:
    told = [row for result in results["cs_certificate_operations"] for row in result.get("outcomes", ())]
    assert {row["operation"] for row in told} == set(MAKERS)
    for row in told:
        module = OF_OPERATIONS.get(row["operation"], f"cs_certificate_{row['operation']}")
        assert set(row) - {"operation", "key", "changed"} <= set(docs[module]["return"]) - OF_THE_TASK, module


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_operations_take_the_options_that_are_documented(name: str, docs: dict[str, dict[str, Any]]) -> None:
    options, _constraints, _make = MAKERS[name]
    told = " ".join(
        docs["cs_certificate_operations"]["doc"]["options"]["operations"]["suboptions"][name]["description"]
    )
    module = OF_OPERATIONS.get(name, f"cs_certificate_{name}")
    known = set(docs[module]["doc"]["options"]) - {"server", "work_folder"}
    assert f"M({COLLECTION}.{module})" in told or f"O({COLLECTION}.{module}#module:" in told
    named = set(re.findall(r"C\((\w+)(?:=\w+)?\)", told))
    if "It takes neither" in told:
        assert known - set(options) - {"state"} <= named
    elif "It takes no options" in told:
        assert not options
    elif "It takes" in told:
        assert set(options) <= named
    else:
        assert set(options) == known


#: Results with a few fixed values, each of which is documented as C(V(value)).
VALUES = [("cs_certificate_plan", "steps"), ("cs_certificate_request", "request_state")]


@pytest.mark.parametrize(("name", "key"), VALUES)
def test_values_are_the_documented_ones(
    name: str, key: str, docs: dict[str, dict[str, Any]], results: dict[str, list[dict[str, Any]]]
) -> None:
    described = docs[name]["return"][key]["description"]
    told = set(re.findall(r"V\((\w+)\)", " ".join([described] if isinstance(described, str) else described)))
    found = [result[key] for result in results[name] if key in result]
    assert {value for item in found for value in ([item] if isinstance(item, str) else item)} == told


def test_an_export_is_hidden_unless_nothing_of_it_is_secret(results: dict[str, list[dict[str, Any]]]) -> None:
    assert [result.get("_ansible_no_log", False) for result in results["cs_certificate_export"]] == [True, False, False]
