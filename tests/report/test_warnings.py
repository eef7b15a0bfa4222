"""A connection that was weakened is named in every report, for every node it was weakened for."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from vcaudit.report import FORMATS, render
from vcaudit.results import AuditResults

from . import samples

WARNING = "TLS weakened by the inventory: version 1.0 is accepted (tls.minimum)"


def weakened() -> AuditResults:
    """Everything is well, and one node was reached over old TLS."""
    results = samples.healthy()
    (cluster,) = results.clusters
    first, second = cluster.provenance.nodes
    nodes = (first, msgspec.structs.replace(second, warnings=(WARNING,)))
    record = msgspec.structs.replace(cluster.provenance, nodes=nodes)
    return msgspec.structs.replace(results, clusters=(msgspec.structs.replace(cluster, provenance=record),))


def readable(fmt: str, written: bytes) -> str:
    if fmt == "pdf":
        pages = PdfReader(io.BytesIO(written)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())
    return " ".join(written.decode().split())


OPTIONS: dict[str, list[dict[str, Any]]] = {"text": [{}, {"verbose": True}, {"width": 200}]}


@pytest.mark.parametrize(
    ("fmt", "options"), [(fmt, options) for fmt in FORMATS for options in OPTIONS.get(fmt, [{}])]
)
def test_every_report_says_so(fmt: str, options: dict[str, Any]) -> None:
    said = readable(fmt, render(fmt, weakened(), **options))
    assert WARNING in said
    assert WARNING not in readable(fmt, render(fmt, samples.healthy(), **options))
