"""A PDF of one page, written by hand: the smallest that every reader opens."""

from collections.abc import Sequence

_A4_POINTS = (595, 842)
_MARGIN_POINTS = 60
_LINE_POINTS = 18


def one_page_pdf(lines: Sequence[str]) -> bytes:
    """A page of A4 with ``lines`` of Latin-1 text, from the top, in Helvetica 12.

    Source: ISO 32000-1, sections 7.5 (file structure) and 9.4 (text).
    """
    text = _text_stream(lines)
    width, height = _A4_POINTS
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] "
        b"/Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>" % (width, height),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    return body + _cross_references(offsets, start=len(body))


def _text_stream(lines: Sequence[str]) -> bytes:
    top = _A4_POINTS[1] - _MARGIN_POINTS
    shown = b"".join(b"(%s) Tj T*\n" % _escaped(line) for line in lines)
    return b"BT /F1 12 Tf %d TL %d %d Td\n%sET" % (_LINE_POINTS, _MARGIN_POINTS, top, shown)


def _escaped(line: str) -> bytes:
    raw = line.encode("latin-1", errors="replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _cross_references(offsets: Sequence[int], *, start: int) -> bytes:
    size = len(offsets) + 1
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, entries)
    return b"%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (table, size, start)
