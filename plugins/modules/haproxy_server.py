#!/usr/bin/python
# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes a server of HAProxy out of rotation and puts it back; runs where HAProxy's runtime socket is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_server
short_description: Take a server out of HAProxy's rotation, or put it back
description:
  - Sets the administrative state of a server through HAProxy's runtime API, in one backend or several, and optionally
    waits for what is to follow.
  - With O(state=drain) and O(wait=true) it waits until no session is left; with O(state=ready) and O(wait=true) until
    HAProxy's own health check says that the server is up.
  - A state that was set through the runtime API is lost when HAProxy restarts or reloads, unless its configuration
    keeps a server state file.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - HAProxy is read, and unknown servers are refused. Nothing is waited for.
  diff_mode:
    support: full
  platform:
    support: full
    platforms: posix
options:
  socket:
    description:
      - Where HAProxy's runtime API is, on the host where the task runs. Either the path of a UNIX socket, which has a
        slash in it, or C(host:port).
      - The line C(stats socket) of HAProxy's configuration names it, and must say C(level admin).
    type: path
    default: /run/haproxy/admin.sock
  server:
    description:
      - Name of the server in HAProxy's configuration.
    type: str
    required: true
  backends:
    description:
      - The backends in which the state is set. Each must have the server.
      - If none is given, all backends that have the server.
    type: list
    elements: str
    default: []
  state:
    description:
      - V(ready), new connections go to the server if its health check says that it is up.
      - V(drain), no new connections, but open ones go on and health is checked.
      - V(maint), no new connections and no health checks; open connections go on.
    type: str
    choices:
      - ready
      - drain
      - maint
    required: true
  wait:
    description:
      - With O(state=drain) and O(state=maint), waits until no session is left in these backends; also if the state was
        the right one already.
      - With O(state=ready), waits until HAProxy sends connections to the server again. It does so at once if it does
        not check the server's health.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait with O(wait=true).
    type: int
    default: 300
  on_timeout:
    description:
      - What to do when O(wait_timeout) has passed.
      - V(fail), the task fails. What it has set to O(state=drain) or O(state=maint) is put back as it was.
        O(state=ready) stays, since HAProxy sends nothing to a server that is not up.
      - V(force), the task goes on with a warning.
    type: str
    choices:
      - fail
      - force
    default: fail
  timeout:
    description:
      - Seconds for each answer of the runtime API.
    type: int
    default: 10
requirements:
  - Python 3.8 or later on the host where the task runs, and no library.
  - HAProxy 1.8 or later.
notes:
  - Delegate the task to the host where HAProxy runs. There the user needs the right to write to the socket; C(become)
    may bring it.
  - It is no member of the action group C(group/sfb.certificates.certificates), whose options mean something else.
  - The role P(sfb.certificates.load_balancer#role) uses it.
seealso:
  - module: sfb.certificates.cs_windows_service
"""

EXAMPLES = r"""
- name: Take edge1 out of rotation, and wait until its sessions have ended
  sfb.certificates.haproxy_server:
    socket: "{{ haproxy_socket }}"
    server: edge1
    state: drain
    wait: true
    wait_timeout: 60
    on_timeout: force
  delegate_to: "{{ haproxy_host }}"

- name: Put it back in two backends, and wait until the health check says that it is up
  sfb.certificates.haproxy_server:
    socket: "{{ haproxy_socket }}"
    server: edge1
    backends:
      - access_edge
      - webconf
    state: ready
    wait: true
  delegate_to: "{{ haproxy_host }}"
  register: back

- name: Tell how it is there
  ansible.builtin.debug:
    msg: "{{ item.backend }}: {{ item.status }}, {{ item.sessions }} sessions"
  loop: "{{ back.servers }}"
"""

RETURN = r"""
commands:
  description:
    - The commands of the runtime API that changed something, in order; in check mode those that would.
  returned: success
  type: list
  elements: str
  sample:
    - set server access_edge/edge1 state drain
servers:
  description:
    - The server in each backend, as it is in the end. In check mode as it is now, but for RV(servers[].state).
  returned: success
  type: list
  elements: dict
  contains:
    backend:
      description: Name of the backend.
      returned: always
      type: str
      sample: access_edge
    check:
      description: The last health check in HAProxy's words; empty if health is not checked.
      returned: always
      type: str
      sample: Layer6 check passed
    server:
      description: Name of the server.
      returned: always
      type: str
      sample: edge1
    sessions:
      description: Number of sessions that are open.
      returned: always
      type: int
      sample: 0
    state:
      description: The administrative state, V(ready), V(drain) or V(maint).
      returned: always
      type: str
      sample: drain
    status:
      description: What HAProxy makes of it, in its own words, such as C(UP), C(DOWN), C(DRAIN), C(MAINT) or C(no check).
      returned: always
      type: str
      sample: DRAIN
"""

import socket
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sfb.certificates.plugins.module_utils._errors import CertificatesError, InputError
from ansible_collections.sfb.certificates.plugins.module_utils._haproxy.change import Change, ServerSpec, validate

ARGUMENT_SPEC: dict[str, dict[str, object]] = {
    "socket": {"type": "path", "default": "/run/haproxy/admin.sock"},
    "server": {"type": "str", "required": True},
    "backends": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["ready", "drain", "maint"], "required": True},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 300},
    "on_timeout": {"type": "str", "choices": ["fail", "force"], "default": "fail"},
    "timeout": {"type": "int", "default": 10},
}


class RuntimeSocket:
    """HAProxy's runtime API; a connection for each command, as it closes them after the answer."""

    def __init__(self, address: str, timeout: float) -> None:
        """Prepares it.

        :param address: path of a UNIX socket, or host:port.
        :param timeout: seconds for connecting, and for each part of an answer.
        :raises InputError: the address is none of both.
        """
        if timeout < 1:
            raise InputError(f"timeout: {timeout:g} is no number of seconds; give at least 1")
        self._address, self._timeout = address, timeout
        host, _colon, port = address.rpartition(":")
        self._path = address if "/" in address else ""
        if not self._path and not (host and port.isdigit() and 1 <= int(port) <= 65535):
            raise InputError(f"socket: '{address}' is neither the path of a socket nor host:port")
        self._target = (host.strip("[]"), int(port)) if not self._path else ("", 0)

    def ask(self, command: str) -> str:
        """The answer to a command.

        :raises CertificatesError: HAProxy cannot be asked; one line with what to do.
        """
        try:
            with self._connect() as connection:
                connection.sendall(command.encode("utf-8") + b"\n")
                parts = []
                while part := connection.recv(65536):
                    parts.append(part)
        except (OSError, UnicodeError) as error:
            raise CertificatesError(f"socket: {self._address}: {self._explain(error)}") from error
        return b"".join(parts).decode("utf-8", "replace")

    def _connect(self) -> socket.socket:
        if not self._path:
            return socket.create_connection(self._target, timeout=self._timeout)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self._timeout)
            connection.connect(self._path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _explain(self, error: Exception) -> str:
        if isinstance(error, FileNotFoundError):
            return "there is no such file on this host; see what 'stats socket' says in HAProxy's configuration, and delegate the task to HAProxy's host"
        if isinstance(error, PermissionError):
            return "this user may not write to it; set become: true, or take the user into the group of the socket"
        if isinstance(error, ConnectionRefusedError):
            return "nobody listens; see that HAProxy runs on this host"
        if isinstance(error, socket.timeout):  # noqa: UP041 - another class before Python 3.10
            return (
                f"no answer within {self._timeout:g} s; see that it is HAProxy's runtime API, or give a longer timeout"
            )
        if isinstance(error, (socket.gaierror, UnicodeError)):
            return "the name cannot be resolved; give an address"
        return f"cannot be asked: {getattr(error, 'strerror', None) or error}; see that HAProxy runs"


def main() -> None:
    """Reads the options, and does what they say."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    spec = ServerSpec(
        server=params["server"].strip(),
        state=params["state"],
        backends=tuple(params["backends"]),
        wait=params["wait"],
        wait_timeout=params["wait_timeout"],
        force=params["on_timeout"] == "force",
    )
    try:
        validate(spec)
        ask = RuntimeSocket(params["socket"].strip(), params["timeout"]).ask
        outcome = Change(spec, ask, time.sleep, time.monotonic).run(module.check_mode)
    except CertificatesError as error:
        module.fail_json(msg=error.message)
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(**outcome.result())


if __name__ == "__main__":
    main()
