# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays the documented interface of community.crypto.acme_certificate; the directory is the file with the answer."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule

CHALLENGE = {"edge-site1.example.com": {"http-01": {"resource_value": "token 1"}}}


def main() -> None:
    """First call: an order and its challenge. Second call, with data: the certificate."""
    options = {
        "account_key_src": {"type": "path"},
        "acme_directory": {"type": "str", "required": True},
        "acme_version": {"type": "int", "required": True},
        "terms_agreed": {"type": "bool"},
        "csr_content": {"type": "str"},
        "fullchain_dest": {"type": "path"},
        "data": {"type": "dict"},
    }
    module = AnsibleModule(options)
    given = module.params
    if given["acme_directory"] == "refuse":
        module.fail_json(msg="the directory refuses")
    if os.path.exists(given["fullchain_dest"]):
        module.exit_json(changed=False)
    if given["data"] is None:
        module.exit_json(changed=True, challenge_data=CHALLENGE)
    if given["data"].get("challenge_data") != CHALLENGE:
        module.fail_json(msg="no order")
    with open(given["acme_directory"], encoding="ascii") as answer, open(given["fullchain_dest"], "w") as target:
        target.write(answer.read())
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
