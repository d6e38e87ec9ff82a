# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is taken for the address of web enrolment."""

from __future__ import annotations

import pytest
from ansible_collections.sfb.certificates.plugins.module_utils._errors import InputError
from ansible_collections.sfb.certificates.plugins.plugin_utils._certsrv.address import base_url
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://ca01.contoso.net/certsrv", "https://ca01.contoso.net/certsrv"),
        ("https://ca01.contoso.net/certsrv/", "https://ca01.contoso.net/certsrv"),
        ("  HTTPS://CA01.Contoso.net  ", "https://ca01.contoso.net/certsrv"),
        ("ca01.contoso.net", "https://ca01.contoso.net/certsrv"),
        ("ca01:8443", "https://ca01:8443/certsrv"),
        ("ca01/certsrv/certrqxt.asp", "https://ca01/certsrv"),
        ("https://ca01/enrol/Default.asp", "https://ca01/enrol"),
        ("https://[fe80::1]:444/certsrv", "https://[fe80::1]:444/certsrv"),
    ],
)
def test_taken(text: str, url: str) -> None:
    assert base_url(text) == url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://ca01/certsrv", "not protected by TLS; use https, which enterprise authorities of Windows Server 2008"),
        ("ftp://ca01", "neither https nor http"),
        ("https:///certsrv", "names no host"),
        ("", "names no host"),
        ("https://ca01:port/", "no address of a web server"),
        ("https://ca 01/", "names no host"),
        ("https://ca01/certsrv/certnew.cer?ReqID=7", "address of a single answer"),
        ("https://clerk:Secret-99@ca01/certsrv", "must not hold a user name or password"),
        ("clerk:Secret-99@ca01", "must not hold a user name or password"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        base_url(text)
    assert str(caught.value).startswith("url: ")
    assert "Secret-99" not in str(caught.value)


def test_http_on_demand() -> None:
    assert base_url("http://ca01:8080/certsrv/", allow_http=True) == "http://ca01:8080/certsrv"


@given(st.text())
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        url = base_url(text, allow_http=True)
    except InputError:
        return
    assert base_url(url, allow_http=True) == url
