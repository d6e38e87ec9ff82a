# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook `lab` refuses, and the emulated authority as a module; test_tarball.py runs the playbook to its end."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PLAYBOOK = "sfb.certificates.lab"


def test_servers_of_the_user_are_never_touched(pool) -> None:
    mark = len(pool.journal())
    run = pool.play(PLAYBOOK, "-e", "sfb_lab_path=lab2")
    assert run.rc != 0
    assert run.message("localhost") == (
        "the inventory has servers of its own (edge1, edge2, edge3); run this playbook without it: -i localhost,"
    )
    assert len(pool.journal()) == mark
    pool.inventory.write_text("all: {}")
    run = pool.play(PLAYBOOK, "-e", "sfb_lab_path=lab2", "-e", "sfb_lab_servers=none")
    assert run.message("localhost") == "sfb_lab_servers: 'none' is no number of servers; give 1 or more"
    assert not (pool.folder / "lab2").exists()


def test_authority(pool) -> None:
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "edgepool.example.com")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    made = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    (pool.inbox / "one.req").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (pool.inbox / "two.req").write_text("no request")
    new, old = {"path": str(pool.folder / "lab2")}, {"path": str(pool.lab), "folder": str(pool.inbox)}
    given = [
        ({**new, "folder": str(pool.inbox)}, {"check_mode": True}),
        (new | {"folder": str(pool.folder / "none")}, {"check_mode": True}),
        (old, {"check_mode": True}),
        (old | {"valid_for": 100}, {}),
        (old, {}),
        (old | {"valid_for": 0}, {"ignore_errors": True}),
        (old | {"folder": str(pool.folder / "none")}, {"ignore_errors": True}),
        ({"path": str(pool.inventory)}, {"ignore_errors": True}),
    ]
    run = pool.tasks(*({"sfb.certificates.lab_authority": options} | more for options, more in given))
    assert run.rc == 0, run.output
    told = [run.result(f"task {number}") for number in range(1, len(given) + 1)]
    assert [result["changed"] for result in told[:5]] == [True, True, True, True, False]
    assert [result["signed"] for result in told[:5]] == [["one.req"], [], ["one.req"], ["one.req"], []]
    # what stood for an authority in check mode is gone
    assert told[0]["path"] == str(pool.folder / "lab2")
    assert [path for path in pool.folder.rglob("certnew.p7b") if path != pool.chain] == []
    assert told[0]["chain"].startswith(str(pool.folder / "ansible-tmp"))
    assert told[3]["chain"] == str(pool.chain)
    assert told[3]["warnings"] == [
        "two.req: is no certificate signing request; give the file that the server made",
    ]
    answer = x509.load_pem_x509_certificate((pool.inbox / "one.cer").read_bytes())
    assert (answer.not_valid_after_utc - answer.not_valid_before_utc).days == 100
    assert [result["msg"] for result in told[5:]] == [
        "valid_for: 0 is too little; give the days that a certificate lasts",
        f"{pool.folder / 'none'} is no folder; name the folder that holds the requests",
        f"path: {pool.inventory / 'adcs'} cannot be used on the controller: Not a directory",
    ]
