"""HTML: one self-contained file that asks nothing of any host and needs neither scripts nor styles to be read."""

from __future__ import annotations

from vcaudit.report import json, page, summary
from vcaudit.report.chapter import chapters
from vcaudit.results import AuditResults


def render(results: AuditResults) -> bytes:
    """The page in UTF-8. Its policy allows its own style and script by their hashes and nothing else."""
    style, script = page.inline("html.css"), page.inline("html.js")
    template = page.environment().get_template("html.jinja")
    text = template.render(
        results=results,
        chapters=chapters(results),
        title=summary.headline(results),
        results_hash=json.sha256(results),
        style=style,
        style_hash=page.csp_hash(style),
        script=script,
        script_hash=page.csp_hash(script),
    )
    return text.encode()
