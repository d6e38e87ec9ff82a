# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the page of the report looks. **PRIVATE** to the collection."""

from __future__ import annotations

from collections.abc import Sequence

#: Contrast of all texts is at least 7:1 (WCAG 2.2, level AAA). States differ by word, border and pattern.
STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1a1a1a; font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
dl div { border: 1px solid #767676; border-radius: .3rem; padding: .3rem .7rem; }
dt { font-size: .85rem; color: #444; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: #444; padding-bottom: .3rem; overflow-wrap: anywhere; }
th, td { border: 1px solid #a0a0a0; padding: .35rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead th { background: #efefef; overflow-wrap: normal; }
tbody th { font-weight: 600; }
code { font: .85rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
.badge { display: inline-block; padding: 0 .45rem; border: 2px solid; border-radius: .3rem; overflow-wrap: normal; }
.badge.critical { background: #8c0f0a; border-color: #8c0f0a; color: #fff; }
.badge.warning { background: #ffe9b0; border: 2px dashed #5c4300; color: #3d2c00; }
.badge.info { border: 2px dotted #444; color: #333; font-weight: 400; }
.badge.ok { background: #fff; border: 1px solid #1d5c31; color: #1d4a2a; font-weight: 400; }
svg { display: block; overflow: hidden; }
svg text { font-size: 13px; fill: #1a1a1a; stroke: #fff; stroke-width: 4px; paint-order: stroke; }
svg .pool { font-size: 14px; font-weight: 700; }
svg .end { text-anchor: end; }
svg .note { font-weight: 700; }
svg .mark { text-anchor: middle; fill: #444; font-size: 12px; }
svg .grid { stroke: #d0d0d0; }
svg .today { stroke: #1a1a1a; stroke-width: 2; stroke-dasharray: 6 4; }
svg .takeover { stroke: #1a1a1a; stroke-width: 5; }
svg .bar { stroke: #1a1a1a; }
svg .none { fill: none; stroke: #1a1a1a; stroke-dasharray: 4 4; }
[data-label="Usage"] { min-width: 14rem; }
[data-label="Server"], [data-label="Servers"], [data-label="State"], [data-label="Ends"] { min-width: 6.5rem; }
[data-label="Pool"], [data-label="FQDN"] { min-width: 11rem; }
@media screen and (max-width: 54rem) {
  [data-label] { min-width: 0; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, caption, tbody, tr, th, td { display: block; }
  tr { border: 1px solid #767676; border-radius: .3rem; margin-bottom: .75rem; }
  th, td { border: 0; }
  td { padding-top: 0; }
  td::before { color: #444; font-size: .85rem; }
  td:empty { display: none; }
}
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  tr, svg { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  .badge, svg, thead th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def labels(table: str, heads: Sequence[str]) -> str:
    """The rules by which the cells of a table say what they are where they stand below each other.

    They are here once, and not in each cell, of which the report of a large estate has tens of thousands.
    """
    rules = (
        f'  .{table} td:nth-child({number})::before {{ content: "{head}: "; }}\n'
        for number, head in enumerate(heads[1:], 2)
    )
    return f"@media screen and (max-width: 54rem) {{\n{''.join(rules)}}}\n"
