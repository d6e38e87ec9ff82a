# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of the emulated web enrolment: links, identifiers and layout of the real ones, with short texts.

Sources: product.md#pages-of-web-enrollment; a page for an issued request and fragments of French, Russian and Chinese
servers in public repositories (they show that identifiers are not translated). The German wording is ours [U].

**PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_TEXTS = {
    "en": {
        "issued": "Certificate Issued",
        "pending": "Certificate Pending",
        "denied": "Certificate Request Denied",
        "error": "Error",
        "welcome": "Welcome",
        "submit": "Submit a Certificate Request",
        "download": "Download a CA Certificate",
        "id": "Your Request Id is {number}.",
        "reason": 'Your Request Id is {number}. The disposition message is "{message}".',
        "refused": "Your certificate request was denied.",
        "disposition": "Disposition:",
        "message": "Disposition message:",
        "status": "LastStatus:",
        "unknown": "(unknown)",
        "get": "Download certificate",
    },
    "de": {
        "issued": "Zertifikat ausgestellt",
        "pending": "Zertifikat steht aus",
        "denied": "Zertifikatanforderung verweigert",
        "error": "Fehler",
        "welcome": "Willkommen",
        "submit": "Zertifikatanforderung einreichen",
        "download": "Zertifikat der Zertifizierungsstelle herunterladen",
        "id": "Die Kennung der Anforderung lautet {number}.",
        "reason": "Die Kennung der Anforderung lautet {number}. Die Stelle meldet \u201e{message}\u201c.",
        "refused": "Die Anforderung wurde verweigert.",
        "disposition": "Stand:",
        "message": "Meldung zum Stand:",
        "status": "Letzter Status:",
        "unknown": "(unbekannt)",
        "get": "Zertifikat herunterladen",
    },
}
LANGUAGES = tuple(_TEXTS)


class Pages:
    """Makes pages in one language for one authority."""

    def __init__(self, language: str, authority: str) -> None:
        self._texts = _TEXTS[language]
        self._authority = authority

    def welcome(self) -> str:
        """The first page."""
        return self._page("welcome", '<P><A Href="certrqus.asp">-</A></P>')

    def saved_request(self, templates: Iterable[str]) -> str:
        """The form for saved requests (certrqxt.asp): options `E;name;...` (product.md#calls-of-web-enrollment)."""
        rows = "".join(f'\t<Option Value="E;{escape(name)};1;0;;0;1">{escape(name)}\n' for name in templates)
        fields = "<Input Type=Hidden Name=Mode Value=newreq><TextArea Name=taRequest Rows=10></TextArea>"
        lists = f"<Select Name=lbCertTemplateID>\n{rows}</Select>" if rows else ""
        return self._page(
            "submit", f'<Form Name=SubmittedData Action="certfnsh.asp" Method=Post>{fields}{lists}</Form>'
        )

    def renewals(self, newest: int) -> str:
        """The page for certificates of the authority (certcarc.asp)."""
        rows = "".join(f"<Option Value={number}>{number}\n" for number in range(newest, -1, -1))
        script = f'<Script Language="JavaScript">\n\tvar nRenewals={newest};\n</Script>'
        return self._page("download", f"<Select Name=lbCACerts>{rows}</Select>{script}")

    def issued(self, number: int, newest: int, *, scripted: bool) -> str:
        """The answer to a request that was issued: links in a script for what looks like a browser, else anchors."""
        trust = f'<A Href="certnew.cer?ReqID=CACert&amp;Renewal={newest}&amp;Mode=inst&amp;Enc=b64">CA</A>'
        if scripted:
            links = (
                '<Script Language="JavaScript">\n'
                f'\tfunction handleGetCert() {{\n\t\tlocation="certnew.cer?ReqID={number}&"+getEncoding();\n\t}}\n'
                f'\tfunction handleGetChain() {{\n\t\tlocation="certnew.p7b?ReqID={number}&"+getEncoding();\n\t}}\n'
                "</Script>"
            )
        else:
            links = "".join(
                f'<A Href="{name}?ReqID={number}&amp;Enc={kind}"><LocID ID=locGet>{self._texts["get"]}</LocID></A><BR>\n'
                for name in ("certnew.cer", "certnew.p7b")
                for kind in ("bin", "b64")
            )
        return self._page("issued", f"<Form Name=UIForm>{links}</Form>\n<P>\n{trust}</P>")

    def pending(self, number: int) -> str:
        """The answer to a request that waits for an approval."""
        return self._page("pending", f"<P ID=locInfoReqID>\n{self._text('id', number)}\n</P>")

    def denied(self, number: int, message: str) -> str:
        """The answer to a request that was denied or cannot be read."""
        reason = self._text("reason", number, message)
        return self._page(
            "denied", f"<P ID=locDenied> {self._texts['refused']} </P>\n<P ID=locInfoReqIDandReason>\n{reason}\n</P>"
        )

    def no_certificate(self, disposition: int, message: str, status: str) -> str:
        """What comes instead of a certificate that is not there: the disposition as a hexadecimal digit, and words."""
        texts = self._texts
        rows = (
            f"<DT ID=locDispLabel><Font Size=-1><B>{texts['disposition']}</B></Font></DT><DD>\n"
            f"\t\t{disposition:X} <LocID ID=locDispSpacer>-</LocID> <LocID ID=locDispUnknown>{texts['unknown']}</LocID>\n"
            f"\t</DD>\n\n\t<DT ID=locDispMsgLabel><Font Size=-1><B>{texts['message']}</B></Font></DT><DD>\n"
            f"\t\t{escape(message, quote=False)}\n\t</DD>\n\n"
            f"\t<DT ID=locLastStatLabel><Font Size=-1><B>{texts['status']}</B></Font></DT><DD>\n\t\t{status}\n\t</DD>\n"
        )
        return self._page("error", f"<DL>\n\t{rows}</DL>")

    def refused(self, text: str) -> str:
        """A page of the web server itself, which knows nothing of certsrv."""
        return f"<!DOCTYPE html><html><head><title>{text}</title></head><body><h2>{text}</h2></body></html>"

    def _text(self, key: str, number: int, message: str = "") -> str:
        return self._texts[key].format(number=number, message=escape(message, quote=False))

    def _page(self, title: str, body: str) -> str:
        return (
            '<HTML>\n<Head>\n\t<Meta HTTP-Equiv="Content-Type" Content="text/html; charset=UTF-8">\n'
            "\t<Title>Microsoft Active Directory Certificate Services</Title>\n</Head>\n"
            "<Body BgColor=#FFFFFF><Font ID=locPageFont Face=Arial>\n<Table Border=0 Width=100%><TR>\n"
            "\t<TD><LocID ID=locMSCertSrv><B><I>Microsoft</I></B> AD CS &nbsp;--&nbsp; "
            f"{escape(self._authority)} &nbsp;</LocID></TD>\n"
            '\t<TD ID=locHomeAlign Align=Right><A Href="/certsrv"><LocID ID=locHomeLink>Home</LocID></A></TD>\n'
            f"</TR></Table>\n<P ID=locPageTitle> <B> {self._texts[title]} </B>\n"
            f'<Table Border=0 Width=100%><TR><TD><Img Src="certspc.gif" Alt=""></TD></TR></Table>\n{body}\n'
            "</Font>\n</Body>\n</HTML>\n"
        )
