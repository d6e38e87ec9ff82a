# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of Sphinx for the pages that ``make docs`` builds."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

project = "sfb.certificates"
html_title = "sfb.certificates"
html_theme = "sphinx_rtd_theme"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_use_index = False

extensions = ["myst_parser", "sphinx_antsibull_ext"]
root_doc = "index"
pygments_style = "ansible"
default_role = "any"

# a link to #a-heading leads there as on the web pages of the repository
myst_heading_anchors = 4

#: Pages of Ansible's own documentation, by the labels that antsibull-docs names; nothing is downloaded to find them.
_ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
_PLUGIN = re.compile(r"ansible_collections\.ansible\.builtin\.(?P<name>\w+?)(__parameter-.+)?")


def _page_of_ansible(reference: nodes.Element) -> str | None:
    """The page of Ansible's own documentation that a reference means, None if it means no such page."""
    target = reference["reftarget"]
    if reference["reftype"] == "envvar" and target.startswith("ANSIBLE_"):
        return f"reference_appendices/config.html#envvar-{target}"
    plugin = _PLUGIN.fullmatch(target)
    return f"collections/ansible/builtin/{plugin['name']}.html" if plugin else _LABELS.get(target)


def _resolve(_app: Sphinx, _environment: object, reference: nodes.Element, text: nodes.Element) -> nodes.Element | None:
    page = _page_of_ansible(reference)
    return nodes.reference("", "", text, refuri=f"{_ANSIBLE}/{page}") if page else None


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", _resolve)
