# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters share: their input, and errors of one line. **PRIVATE** to the collection."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError
from jinja2 import Undefined

from ..module_utils._cryptography_dep import require_cryptography
from ..module_utils._errors import CertificatesError, InputError
from ..module_utils._x509.certificate import Certificate
from ..module_utils._x509.files import read_certificates
from ..module_utils._x509.moments import parse_moment
from ._content import decode_content


def named(name: str, function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The only filter of a file, for C(FilterModule.filters).

    An error that is meant for the user becomes C(AnsibleFilterError), one line that begins with the name of the filter;
    an undefined value tells that it is undefined.
    """

    @functools.wraps(function)
    def call(value: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(value, Undefined):
            str(value)  # a strict one raises what Ansible knows how to report
        try:
            return function(value, *arguments, **options)
        except CertificatesError as error:
            raise AnsibleFilterError(f"sfb.certificates.{name}: {error}") from error

    return {name: call}


def certificates_of(value: Any) -> tuple[Certificate, ...]:
    """The certificates of a text (PEM, or base64 of any file), of bytes, or of a list of such, each once.

    :raises InputError: it is something else, or holds no certificate.
    :raises DependencyError: the library cryptography is missing.
    """
    require_cryptography()
    return tuple(dict.fromkeys(_certificates(value)))


def _certificates(value: Any) -> Iterator[Certificate]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _certificates(item)
    elif isinstance(value, (str, bytes)):
        data = decode_content(value) if isinstance(value, str) else value
        yield from read_certificates(data, name="the value").certificates
    else:
        raise InputError(f"takes certificates as PEM, base64 or bytes, not a value of type {type(value).__name__}")


def now_of(value: Any) -> datetime:
    """The moment that an argument C(now) names; without it the controller's clock.

    :raises InputError: it is no time.
    """
    return datetime.now(timezone.utc) if value is None else parse_moment(value, "now")
