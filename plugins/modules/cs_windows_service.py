# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of cs_windows_service; what it does is in the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cs_windows_service
short_description: Stop, start or restart the services of a Skype for Business or Lync server
description:
  - Stops the services of the product with C(Stop-CsWindowsService), starts them with C(Start-CsWindowsService), and
    checks the outcome with C(Get-CsWindowsService).
  - A graceful stop takes no new work and waits until calls and meetings have ended. The cmdlet itself waits without
    limit; this module gives up after O(timeout) and then does what O(on_timeout) says.
  - After a start it waits until all services run, up to O(start_timeout), and fails if one does not.
  - A load balancer that does not look into the traffic goes on sending connections to a server that is being stopped.
    Take the server out of it first.
version_added: 0.1.0
author:
  - sfb.certificates contributors (@sfb-certificates)
extends_documentation_fragment:
  - sfb.certificates._attributes
  - sfb.certificates._attributes.windows
  - sfb.certificates._options.server
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - O(state=restarted) restarts at each run.
options:
  state:
    description:
      - V(started), the services run; V(stopped), they do not.
      - V(restarted), they are stopped and started in one remote call.
    type: str
    choices:
      - started
      - stopped
      - restarted
    required: true
  names:
    description:
      - Names of services, in any case and without wildcards. The cmdlets run once for each of them.
      - If none is given, all services of the product that the server has.
      - A stop takes along what depends on the services named; with O(state=restarted) that is started again.
    type: list
    elements: str
    default: []
  graceful:
    description:
      - Whether a stop lets calls and meetings end; becomes C(-Graceful).
    type: bool
    default: true
  timeout:
    description:
      - Seconds after which a stop is given up; with O(names) for each of them.
    type: int
    default: 600
  on_timeout:
    description:
      - What to do when a graceful stop was given up.
      - V(fail), start the services again that had been running, and fail. Nothing is lost.
      - V(force), stop them without C(-Graceful), which ends calls and meetings.
    type: str
    choices:
      - fail
      - force
    default: fail
  start_timeout:
    description:
      - Seconds within which all services must run after a start.
    type: int
    default: 600
  leave_cls_agent_running:
    description:
      - Leaves the agent of Centralized Logging (C(RTCCLSAGT)) running; becomes C(-LeaveClsAgentRunning) of a stop of all
        services.
    type: bool
    default: false
  leave_web_server_running:
    description:
      - Leaves the web server (IIS, C(W3SVC)) running; becomes C(-LeaveWebServerRunning) of a stop of all services. Edge
        Servers have none.
    type: bool
    default: false
  leave_stopped:
    description:
      - Whether O(state=restarted) leaves those services alone that had been stopped before.
      - If none of the services was running they are all started nevertheless, since that is what a run leaves that was
        interrupted between stop and start.
    type: bool
    default: false
seealso:
  - module: sfb.certificates.cs_certificate_assign
  - module: sfb.certificates.tls_endpoint_info
"""

EXAMPLES = r"""
- name: Stop the services, but give calls an hour to end
  sfb.certificates.cs_windows_service:
    state: stopped
    timeout: 3600
    on_timeout: force
  register: stopped

- name: Start what was running
  sfb.certificates.cs_windows_service:
    state: started
    names: "{{ stopped.was_running }}"
    server: "{{ stopped.server }}"

- name: Restart all services in a maintenance window, without waiting for calls
  sfb.certificates.cs_windows_service:
    state: restarted
    graceful: false
    leave_cls_agent_running: true

- name: Restart the Web Conferencing Edge service only
  sfb.certificates.cs_windows_service:
    state: restarted
    names: [RTCDATAPROXY]
  register: restarted

- name: Show what runs
  ansible.builtin.debug:
    msg: "{{ restarted.services | selectattr('status', 'eq', 'Running') | map(attribute='name') | join(', ') }}"
"""

RETURN = r"""
commands:
  description:
    - The cmdlets that were run, in order; empty if nothing had to change.
    - In check mode those that a real run would run, as long as no time limit is reached.
  returned: success
  type: list
  elements: str
  sample:
    - Stop-CsWindowsService -Graceful
    - Start-CsWindowsService
diff:
  description: The status of each service that is stopped or started.
  returned: success
  type: dict
  contains:
    before:
      description: As it is.
      returned: success
      type: dict
      sample:
        RTCSRV: Running
    after:
      description: As it will be, or is after the change.
      returned: success
      type: dict
      sample:
        RTCSRV: Running (restarted)
error:
  description: The error as the server reported it, with secrets masked.
  returned: when a step failed on the server
  type: dict
  contains:
    message:
      description: Message, in the language of the server.
      returned: always
      type: str
      sample: Access is denied.
    id:
      description: Identifier, the same in all languages.
      returned: always
      type: str
      sample: CsAccess,Stop-CsWindowsService
    category:
      description: Category that PowerShell gave the error.
      returned: always
      type: str
      sample: PermissionDenied
    command:
      description: Command that failed, empty if it was none.
      returned: always
      type: str
      sample: Stop-CsWindowsService
    chain:
      description: The exception and those that it wraps, outermost first.
      returned: always
      type: list
      elements: dict
      contains:
        type:
          description: Class of the exception.
          returned: always
          type: str
          sample: System.UnauthorizedAccessException
        message:
          description: Message of the exception.
          returned: always
          type: str
          sample: Access is denied.
        hresult:
          description: HRESULT of the exception.
          returned: always
          type: str
          sample: '0x80070005'
reasons:
  description: What there is to do, one line each; empty if nothing has to change.
  returned: success
  type: list
  elements: str
  sample:
    - RTCSRV is to stop
    - RTCSRV is to start
server:
  description:
    - State of the server, to be handed to the next task's O(server); its content is not an interface.
    - After the change; in check mode the state that the change would lead to.
  returned: success
  type: dict
  sample:
    computer:
      fqdn: edge1.example.com
      time: '2026-11-21T03:10:16Z'
    stores: {}
    assignments: []
    requests: []
    topology: {}
services:
  description:
    - All services of the product on the server, also those that the task was not about.
    - In check mode as they would be.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service.
      returned: always
      type: str
      sample: RTCSRV
    display_name:
      description: Name that Windows shows.
      returned: always
      type: str
      sample: Skype for Business Server Access Edge
    status_before:
      description: Status before the task.
      returned: always
      type: str
      sample: Running
    status:
      description: Status after the task, such as C(Running), C(Stopped) or C(StopPending).
      returned: always
      type: str
      sample: Stopped
was_running:
  description:
    - The services that the task was about and that nobody had stopped before, and those that a stop took along.
    - Hand it to O(names) of a later start to leave alone what an administrator had stopped. When it is empty, that start
      is for all services.
  returned: success
  type: list
  elements: str
  sample:
    - RTCSRV
    - RTCDATAPROXY
    - RTCMRAUTH
    - RTCMEDIARELAY
    - REPLICA
    - RTCCLSAGT
"""
