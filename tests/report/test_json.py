"""The results document as a file: whole, published, readable again."""

from __future__ import annotations

import json as stdlib_json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from vcaudit.errors import ResultsError
from vcaudit.report import json, render, schema

from . import samples
from .golden import expected

EVERY = [samples.healthy, samples.broken, samples.unreachable, samples.design_g, samples.two_clusters, samples.hostile]


@pytest.mark.parametrize("sample", EVERY)
def test_it_keeps_to_the_published_schema(sample) -> None:
    validator = jsonschema.Draft202012Validator(schema.results_schema())
    assert list(validator.iter_errors(stdlib_json.loads(render("json", sample())))) == []


@pytest.mark.parametrize("sample", EVERY[:-1])
def test_it_reads_back_as_it_was(sample) -> None:
    assert json.load(render("json", sample()), "results.json") == sample()


def test_the_published_schema_is_current() -> None:
    path = Path(__file__).parents[2] / schema.PUBLISHED_AS
    assert path.read_bytes() == schema.published(), f"python -m vcaudit.report.schema > {schema.PUBLISHED_AS}"


def test_the_schema_explains_fields_and_allows_later_ones() -> None:
    published = schema.results_schema()
    assert "URL" in published["$defs"]["Result"]["properties"]["anchor"]["description"]
    assert "additionalProperties" not in published["$defs"]["Result"]
    jsonschema.Draft202012Validator.check_schema(published)


def test_unreachable_node_golden() -> None:
    written = render("json", samples.unreachable())
    assert written == expected("unreachable.json", written)


def test_the_pinned_names_are_there() -> None:
    read = stdlib_json.loads(render("json", samples.two_clusters()))
    assert set(read) >= {"schema", "tool", "clusters", "results"}
    assert set(read["clusters"][0]) >= {
        "name", "taken_at", "verdict", "readiness", "compliance", "summary", "provenance", "pictures",
    }  # fmt: skip
    assert set(read["results"][0]) >= {
        "cluster", "rule", "severity", "requirements", "subject", "node", "role", "outcome", "observed", "expected",
        "message", "reason", "remediation",
    }  # fmt: skip
    assert {result["cluster"] for result in read["results"]} == {"CORP-VC", "LAB-VC"}


def test_half_a_surrogate_pair_is_written_as_text() -> None:
    read = stdlib_json.loads(render("json", samples.hostile("half \ud800")))
    assert read["results"][0]["subject"] == "half \\ud800"


def test_the_hash_names_the_bytes() -> None:
    assert json.sha256(samples.broken()) != json.sha256(samples.healthy())
    assert len(json.sha256(samples.broken())) == 64


def test_fields_of_a_later_version_are_ignored() -> None:
    plain = stdlib_json.loads(render("json", samples.healthy()))
    plain["clusters"][0]["later"] = {"more": 1}
    assert json.load(stdlib_json.dumps(plain).encode(), "r.json") == samples.healthy()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "not a results document"),
        (b"[]", "not a results document"),
        (b'{"schema": 1}', "tool"),
        (b"{\xff}", "not a results document"),
        (b'{"a": "\xff"}', "not"),
        (b"[" * 200_000, "not a results document"),
        (b'{"schema": "one", "tool": 1}', "not a results document"),
        (b'{"schema": 2, "tool": {}}', "newer vcaudit"),
        (b'{"schema": 1, "tool": {"name": "x", "version": "1"}, "clusters": [], "results": [{}]}', "cluster"),
    ],
)
def test_what_is_no_results_is_refused_with_the_file_s_name(text: bytes, said: str) -> None:
    with pytest.raises(ResultsError, match=said) as caught:
        json.load(text, "r.json")
    assert str(caught.value).startswith("r.json: ")
    assert caught.value.hint


def test_a_cluster_looked_at_at_no_moment_is_refused() -> None:
    plain = stdlib_json.loads(render("json", samples.healthy()))
    plain["clusters"][0]["taken_at"] = "2026-02-30T00:00:00Z"
    with pytest.raises(ResultsError, match=r"r.json: .*is no moment.*clusters\[0\].taken_at"):
        json.load(stdlib_json.dumps(plain).encode(), "r.json")


def test_json_is_in_the_order_of_the_types() -> None:
    names = list(stdlib_json.loads(render("json", samples.healthy()))["results"][0])
    assert names == [field.name for field in msgspec.structs.fields(type(samples.healthy().results[0]))]
