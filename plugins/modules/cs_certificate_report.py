# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_certificate_report; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_certificate_report
short_description: Report the certificates of many servers, for people and for monitoring
description:
  - Takes what M(sfb.certificates.cs_certificate_info) returned for each server, judges it, and writes it as JSON, as CSV,
    as one page of HTML, and as metrics for Prometheus.
  - It tells until when each usage of each pool has a certificate, and what is wrong. That is what the servers were found
    to have wrong themselves, certificates that end soon, that differ within a pool, weak algorithms, lifetimes, staged
    changes, certificates in the wrong store, clocks, and servers that could not be read.
  - The page loads nothing and needs no JavaScript. It can be read on a phone, in print, without colours and with a screen
    reader.
  - The same input and O(now) give the same files. A file is replaced as a whole, never seen half written.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.posix
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  check_mode:
    details:
      - It writes no file, and tells which ones would say anything new.
  diff_mode:
    support: full
    details:
      - It shows the counts of the report, not the texts of the files.
  idempotent:
    support: full
    details:
      - A file in which nothing but the time of the report is new is written, and does not count as a change.
      - The number of days that are left changes each day.
requirements:
  - On the controller, the Python library jmespath, if O(query) is used.
options:
  critical_days:
    description:
      - A certificate with fewer days left is critical. For a lifetime below six times as many days, a sixth of it counts
        instead.
    type: int
    default: 14
  csv_path:
    description:
      - File on the controller for a table with one line for each usage of each server. UTF-8, commas, for any spreadsheet;
        texts that it would take for formulas begin with an apostrophe.
    type: path
  fail_on:
    description:
      - Fails, after the files are written, if anything is V(critical), or if there is a V(warning) or worse. The message
        names the worst problems.
      - V(never) succeeds whatever the report says.
    type: str
    choices:
      - critical
      - warning
      - never
    default: never
  html_path:
    description: File on the controller for the page.
    type: path
  json_path:
    description: File on the controller for the whole report, as in RV(report).
    type: path
  mode:
    description: Mode of the files, octal digits in quotes.
    type: raw
    default: '0644'
  now:
    description: Time for which to judge, as V(2026-12-01) or V(2026-12-01T10:00:00Z). If not given, the clock of the
      controller.
    type: str
  prometheus_path:
    description:
      - File on the controller for the metrics, in the text format of Prometheus. With the name C(*.prom) in the folder of
        the textfile collector, the node exporter serves it.
    type: path
  query:
    description: JMESPath expression, whose outcome on RV(report) is returned as RV(query_result).
    type: str
  servers:
    description:
      - The result of M(sfb.certificates.cs_certificate_info) for each host, as a task registered it. More keys than this
        version knows are no problem.
      - Of a server that could not be reached, or that failed, the result that says so. Null or an empty value for one that
        was not read at all. They are in the report as such, and critical.
      - Either this or O(servers_from) is required.
    type: dict
  servers_from:
    description:
      - Name of the variable in which a task registered the result of M(sfb.certificates.cs_certificate_info), instead of
        O(servers). It is looked up for all hosts of the play, one after the other; a host that lacks it was not read.
      - The results need not go through a template for this, which for hundreds of servers takes much memory.
    type: str
    version_added: 0.1.0
  sets:
    description: Set of servers that a host belongs to, such as its C(edge_set). It tells the pool of a server that could
      not be read. Hosts may be missing.
    type: dict
    default: {}
  title:
    description: Heading of the page.
    type: str
    default: Certificates of Skype for Business Server
  warning_days:
    description:
      - A certificate with fewer days left is a warning. For a lifetime below three times as many days, a third of it
        counts instead.
    type: int
    default: 45
notes:
  - Folders that are missing are made. A relative path begins where the playbook was started.
  - The report holds no secrets, but names and errors of servers. Decide with O(mode) and the folder who may read it.
seealso:
  - module: sfb.certificates.cs_certificate_info
"""

EXAMPLES = r"""
- name: Read the servers
  sfb.certificates.cs_certificate_info:
  register: info
  ignore_unreachable: true

- name: Write the report once, and fail if anything is critical
  sfb.certificates.cs_certificate_report:
    servers: "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, 'info'))) }}"
    html_path: /srv/pki/edge/report.html
    json_path: /srv/pki/edge/report.json
    prometheus_path: /srv/pki/edge/sfb_certificates.prom
    fail_on: critical
    query: "servers[?status!='ok'].host"
  register: report
  when: inventory_hostname == ansible_play_hosts | last

- name: Show the servers with which anything is wrong
  ansible.builtin.debug:
    var: report.query_result
  when: report is not skipped
"""

RETURN = r"""
diff:
  description: What the files tell.
  returned: success, and failure by O(fail_on)
  type: dict
  contains:
    before:
      description: Empty.
      returned: always
      type: dict
      sample: {}
    after:
      description: Counts of each file that says anything new.
      returned: always
      type: dict
      sample:
        /srv/report/report.html: {status: critical, servers: 3, read: 3, certificates: 1, critical: 1, warning: 0, info: 0}
files:
  description: The files that were asked for.
  returned: success, and failure by O(fail_on)
  type: list
  elements: dict
  contains:
    format:
      description: V(json), V(csv), V(html) or V(prometheus).
      returned: always
      type: str
      sample: html
    path:
      description: The file.
      returned: always
      type: str
      sample: /srv/report/report.html
    changed:
      description: Whether it says anything new, apart from the time of the report.
      returned: always
      type: bool
      sample: true
query_result:
  description: What O(query) finds; of whatever type that is.
  returned: when O(query) is given
  type: raw
  sample: [edge1]
report:
  description: The report, the same as in the file of O(json_path).
  returned: success
  type: dict
  contains:
    schema:
      description: Version of this structure. It is raised when a key changes its meaning or goes away.
      returned: always
      type: int
      sample: 1
    generated:
      description: Time for which everything is judged, UTC.
      returned: always
      type: str
      sample: '2026-11-21T08:00:00Z'
    day:
      description: Its date.
      returned: always
      type: str
      sample: '2026-11-21'
    title:
      description: O(title).
      returned: always
      type: str
      sample: Certificates of Skype for Business Server
    limits:
      description: The limits of days.
      returned: always
      type: dict
      contains:
        critical_days:
          description: O(critical_days).
          returned: always
          type: int
          sample: 14
        warning_days:
          description: O(warning_days).
          returned: always
          type: int
          sample: 45
    status:
      description: V(critical), V(warning) or V(ok), the worst of all.
      returned: always
      type: str
      sample: critical
    summary:
      description: Counts.
      returned: always
      type: dict
      contains:
        servers:
          description: Servers of the report.
          returned: always
          type: int
          sample: 3
        read:
          description: Servers that could be read.
          returned: always
          type: int
          sample: 3
        pools:
          description: Pools.
          returned: always
          type: int
          sample: 1
        certificates:
          description: Different certificates that usages have.
          returned: always
          type: int
          sample: 1
        critical:
          description: Problems that are critical.
          returned: always
          type: int
          sample: 1
        warning:
          description: Problems that are warnings.
          returned: always
          type: int
          sample: 0
        info:
          description: Notes.
          returned: always
          type: int
          sample: 0
        next_end:
          description: The certificate in use that ends first.
          returned: always
          type: dict
          contains:
            not_after:
              description: End of validity, UTC; null if no certificate is in use.
              returned: always
              type: str
              sample: '2026-11-27T08:00:00Z'
            days_left:
              description: Whole days until then; null if no certificate is in use.
              returned: always
              type: int
              sample: 6
            pool:
              description: Its pool.
              returned: always
              type: str
              sample: edgepool1.example.com
            host:
              description: The first server that has it.
              returned: always
              type: str
              sample: edge1
            type:
              description: The usage.
              returned: always
              type: str
              sample: Internal
    pools:
      description: The pools by name.
      returned: always
      type: list
      elements: dict
      contains:
        pool:
          description: FQDN of the pool; of O(sets) if no server of it told, empty if not known.
          returned: always
          type: str
          sample: edgepool1.example.com
        status:
          description: V(critical), V(warning) or V(ok).
          returned: always
          type: str
          sample: critical
        servers:
          description: Its servers.
          returned: always
          type: list
          elements: str
          sample: [edge1, edge2, edge3]
        usages:
          description: The usages of its servers.
          returned: always
          type: list
          elements: dict
          contains:
            type:
              description: The usage.
              returned: always
              type: str
              sample: Internal
            status:
              description: V(critical), V(warning) or V(ok).
              returned: always
              type: str
              sample: critical
            certificates:
              description: The different certificates that the servers have for it, the one that ends first at the
                top.
              returned: always
              type: list
              elements: dict
              contains:
                thumbprint:
                  description: Thumbprint of the certificate.
                  returned: always
                  type: str
                  sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
                subject:
                  description: Subject, as Windows shows it.
                  returned: always
                  type: str
                  sample: CN=edgepool1.example.com, O=Example, C=DE
                issuer:
                  description: Issuer, as Windows shows it.
                  returned: always
                  type: str
                  sample: CN=Example Issuing CA 1, O=Example, C=DE
                not_before:
                  description: Begin of validity, UTC; null if not known.
                  returned: always
                  type: str
                  sample: '2024-11-28T08:00:00Z'
                not_after:
                  description: End of validity, UTC; null if not known.
                  returned: always
                  type: str
                  sample: '2026-11-27T08:00:00Z'
                days_left:
                  description: Whole days until the end, negative after it; null if not known.
                  returned: always
                  type: int
                  sample: 6
                status:
                  description: V(critical), V(warning) or V(ok).
                  returned: always
                  type: str
                  sample: critical
                servers:
                  description: Servers that have it.
                  returned: always
                  type: list
                  elements: str
                  sample: [edge1, edge2, edge3]
                takes_over:
                  description: When another certificate takes over, UTC; null if that is not staged.
                  returned: always
                  type: str
                  sample: null
    servers:
      description: The servers by name.
      returned: always
      type: list
      elements: dict
      contains:
        host:
          description: Name in the inventory.
          returned: always
          type: str
          sample: edge1
        fqdn:
          description: FQDN, empty if it could not be read.
          returned: always
          type: str
          sample: edge1.example.com
        pool:
          description: Its pool, as in RV(report.pools).
          returned: always
          type: str
          sample: edgepool1.example.com
        state:
          description: V(read), V(unreachable), or V(failed) if it answered and could not be read.
          returned: always
          type: str
          sample: read
        message:
          description: Why it could not be read, else empty.
          returned: always
          type: str
          sample: ''
        status:
          description: V(critical), V(warning) or V(ok).
          returned: always
          type: str
          sample: critical
        product:
          description: PowerShell module of the product and its version, empty if not known.
          returned: always
          type: str
          sample: SkypeForBusiness 7.0.2046.0
        usages:
          description: Its usages, those included that it needs and that have no certificate.
          returned: always
          type: list
          elements: dict
          contains:
            type:
              description: The usage.
              returned: always
              type: str
              sample: Internal
            assigned:
              description: Whether a certificate is assigned.
              returned: always
              type: bool
              sample: true
            status:
              description: V(critical), V(warning) or V(ok).
              returned: always
              type: str
              sample: critical
            thumbprint:
              description: Thumbprint of the certificate.
              returned: always
              type: str
              sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
            previous_thumbprint:
              description: Certificate that the usage had before, empty if there is none.
              returned: always
              type: str
              sample: ''
            scope:
              description: V(Local) for the server, V(Global) for the whole deployment.
              returned: always
              type: str
              sample: Local
            effective_date:
              description: Since when, or from when on, the certificate is used, UTC; null if not known.
              returned: always
              type: str
              sample: '2024-11-28T09:00:00Z'
            staged:
              description: Whether another certificate takes over at that time, which is still to come.
              returned: always
              type: bool
              sample: false
            subject:
              description: Subject, as Windows shows it.
              returned: always
              type: str
              sample: CN=edgepool1.example.com, O=Example, C=DE
            issuer:
              description: Issuer, as Windows shows it.
              returned: always
              type: str
              sample: CN=Example Issuing CA 1, O=Example, C=DE
            friendly_name:
              description: Name under which Windows lists the certificate.
              returned: always
              type: str
              sample: Edge internal 2024-11-28
            dns_names:
              description: DNS names of the subject alternative name.
              returned: always
              type: list
              elements: str
              sample: [edgepool1.example.com]
            not_before:
              description: Begin of validity, UTC; null if not known.
              returned: always
              type: str
              sample: '2024-11-28T08:00:00Z'
            not_after:
              description: End of validity, UTC; null if not known.
              returned: always
              type: str
              sample: '2026-11-27T08:00:00Z'
            days_left:
              description: Whole days until the end, negative after it; null if not known.
              returned: always
              type: int
              sample: 6
            lifetime_days:
              description: Whole days from begin to end; null if not known.
              returned: always
              type: int
              sample: 729
            key:
              description: Kind and length in bits of the key, empty if not known.
              returned: always
              type: str
              sample: RSA 2048
            signature_algorithm:
              description: Algorithm of the signature, empty if not known.
              returned: always
              type: str
              sample: sha256WithRSAEncryption
            problems:
              description: What is wrong, or worth knowing, one line each.
              returned: always
              type: list
              elements: str
              sample: ['it ends in 6 days, on 2026-11-27T08:00:00Z']
        problems:
          description: What is wrong with the server besides its usages, one line each.
          returned: always
          type: list
          elements: str
          sample: []
    problems:
      description: All that is wrong, or worth knowing, the worst first.
      returned: always
      type: list
      elements: dict
      contains:
        severity:
          description: V(critical), V(warning) or V(info).
          returned: always
          type: str
          sample: critical
        kind:
          description: What it is about, one word of a fixed list, see docs/guides/report.md.
          returned: always
          type: str
          sample: expiry
        text:
          description: What is wrong, in one sentence.
          returned: always
          type: str
          sample: it ends in 6 days, on 2026-11-27T08:00:00Z
        pool:
          description: Pool, empty for the whole estate.
          returned: always
          type: str
          sample: edgepool1.example.com
        host:
          description: Server, empty for all of the pool.
          returned: always
          type: str
          sample: edge1
        type:
          description: Usage, empty for the server itself.
          returned: always
          type: str
          sample: Internal
        thumbprint:
          description: Certificate, empty if it is about none or several.
          returned: always
          type: str
          sample: 9C1F7D3A5B2E4860A7D1C35E98F0B2647AD3E51C
status:
  description: V(critical), V(warning) or V(ok), the worst of all.
  returned: success, and failure by O(fail_on)
  type: str
  sample: critical
"""
