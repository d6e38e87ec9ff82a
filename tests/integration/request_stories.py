# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to requests at a CA, task by task, and how it is told."""

from __future__ import annotations

from typing import Any

MODULE = "sfb.certificates.cs_certificate_request"


CA = "ca1.example.com\\Lab Issuing CA"


WEB = {"type": ["WebServicesExternal"], "ca": CA, "friendly_name": "Web"}


NAMELESS = {"type": ["WebServicesExternal"], "ca": CA}


def ca(policy: str, **more: str) -> dict[str, Any]:
    """A variable that says what the authority does now."""
    return {"sfb_lab_ca": {"config": CA, "policy": policy} | more}


def ask(name: str, options: dict[str, Any], policy: str = "issued", **more: Any) -> dict[str, Any]:
    """A task that may fail."""
    return {"name": name, MODULE: options, "vars": ca(policy), "ignore_errors": True} | more


def cycle(name: str, options: dict[str, Any], policy: str = "issued") -> list[dict[str, Any]]:
    """The same task in check mode, for real, and again in both ways."""
    return [
        ask(f"{name}: check", options, policy, check_mode=True),
        ask(f"{name}: run", options, policy),
        ask(f"{name}: again", options, policy),
        ask(f"{name}: again in check mode", options, policy, check_mode=True),
    ]


LIST, RETRIEVE, CLEAR = ({"state": state} for state in ("listed", "retrieved", "absent"))
WAIT = {"wait": True, "wait_timeout": 1, "wait_sleep": 1}


NO_OBJECT = {"sfb_lab_switches": {"request_returns_object": False}}


#: By server: its variables, and its tasks.
STORIES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "issued": (
        {},
        [
            *cycle("request", WEB | {"assign": True}),
            {"name": "chain", "sfb.certificates.cs_certificate_chain": {"path": "{{ edge_chain_file }}"}},
            *cycle("assign", WEB | {"assign": True}),
            *cycle("changed", WEB | {"assign": True, "city": "Bern"}),
        ],
    ),
    "trusting": (
        NO_OBJECT,
        [
            {"name": "chain", "sfb.certificates.cs_certificate_chain": {"path": "{{ edge_chain_file }}"}},
            *cycle("request", NAMELESS | {"assign": True, "names": ["webext.example.com"]}),
            ask("changed", NAMELESS | {"city": "Bern"}, check_mode=True),
        ],
    ),
    "pending": (
        {},
        [
            ask("foretold", WEB, "pending", check_mode=True),
            ask("request", WEB, "pending"),
            ask("again", WEB, "pending"),
            ask("again in check mode", WEB | WAIT, "pending", check_mode=True),
            ask("too impatient", WEB | WAIT, "pending"),
            ask("list", LIST, "pending"),
            ask("list another", LIST | {"request_id": 4711}, "pending", check_mode=True),
            ask("retrieve in vain", RETRIEVE, "pending"),
            *cycle("retrieve", RETRIEVE),
            ask("list then", LIST),
            ask("request then", WEB),
        ],
    ),
    "nameless": (
        NO_OBJECT,
        [
            ask("request", NAMELESS, "pending"),
            ask("again", NAMELESS, "pending"),
            ask("another", NAMELESS | {"force": True}, "pending"),
            ask("after another", NAMELESS, "pending"),
            ask("elsewhere", NAMELESS | {"city": "Bern"}, "pending", check_mode=True),
            ask("retrieve", RETRIEVE | WAIT),
        ],
    ),
    "patient": ({}, [ask("request", WEB, "pending"), ask("wait", WEB | WAIT), ask("again", WEB | WAIT)]),
    "revoked": (
        {},
        [
            ask("request", WEB, "pending"),
            ask("retrieve", RETRIEVE, "revoked"),
            ask("clear nothing", CLEAR | {"request_id": 4711}, "revoked"),
            *cycle("clear", CLEAR | {"request_id": 7}, "revoked"),
        ],
    ),
    "denied": (
        {},
        [
            ask("request", WEB, "pending"),
            ask("another", {"type": ["Default"], "ca": CA}, "pending"),
            ask("wait", WEB | WAIT, "denied"),
            ask("retrieve", RETRIEVE, "denied"),
            *cycle("clear", CLEAR | {"all_requests": True}, "denied"),
        ],
    ),
    "refused": (
        {},
        [
            ask("unreachable", WEB, "unreachable"),
            ask("template", WEB | {"template": "Web Server 2"}, "template"),
            ask("policy", WEB, "denied"),
            ask(
                "credentials",
                WEB | {"ca_account": "EXAMPLE\\clerk", "ca_password": "Wrong-Secret"},
                vars=ca("issued", account="EXAMPLE\\clerk", password="Right-Secret"),
            ),
            ask("usage", WEB | {"type": ["Internal"]}),
            ask("folder", {"type": ["Default"], "output": "C:\\nowhere\\a.req"}),
            ask("no type", {"ca": CA}),
            ask("no backslash", WEB | {"ca": "ca1.example.com"}),
            ask("relative", {"type": ["Default"], "output": "a.req"}),
            ask("both", WEB | {"output": "C:\\a.req"}),
            ask("no number", CLEAR),
            ask("number", WEB | {"request_id": 7}),
            ask("nothing to wait for", {"type": ["Default"], "wait": True}),
            ask("no pause", WEB | WAIT | {"wait_sleep": 0}),
            ask("no account", WEB | {"ca_password": "Wrong-Secret"}),
        ],
    ),
}
