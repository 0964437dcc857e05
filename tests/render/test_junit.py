"""The report for CI is XML whatever stands in names, and says what came of each test."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.assertion_results import PolicyResult, Status
from grantctl.evaluation.assertions import Asked, Assertion, Place
from grantctl.render.escape import escape
from grantctl.render.junit import JunitReport

texts = st.text(max_size=12) | st.text(
    "<&>\"']]>\n\t\r\x00\x1b\x85\u202e\ufffe\ufeff\ud800é", max_size=9
)
results = st.builds(
    lambda file, line, name, user, status, got, hint: PolicyResult(
        Assertion(Place(file, line), user, Asked(key="notes"), allowed=True, name=name),
        status,
        got,
        hint=hint,
    ),
    st.sampled_from(["a.toml", "b & <c>.yaml", "\x1b[31m"]),
    st.integers(1, 999),
    texts,
    texts,
    st.sampled_from(tuple(Status)),
    texts,
    st.none() | texts,
)


@given(st.lists(results, max_size=6))
def test_it_is_xml_and_holds_every_result_under_its_file(found: list[PolicyResult]) -> None:
    report = JunitReport()
    for result in found:
        report.add(result)
    root = ET.fromstring(report.text().encode("utf-8"))
    assert (root.tag, root.get("tests")) == ("testsuites", str(len(found)))
    assert [suite.tag for suite in root] == ["testsuite"] * len(root)
    files = dict.fromkeys(one.assertion.place.file for one in found)
    assert [suite.get("name") for suite in root] == [escape(file) for file in files]
    for suite, file in zip(root, files, strict=True):
        here = [one for one in found if one.assertion.place.file == file]
        for kind, status in (("failures", Status.FAILED), ("errors", Status.ERROR)):
            assert suite.get(kind) == str(sum(one.status is status for one in here))
        for case, one in zip(suite, here, strict=True):
            assert case.get("line") == str(one.assertion.place.line)
            expected = {"passed": [], "failed": ["failure"], "error": ["error"]}[one.status]
            assert [part.tag for part in case] == expected
            if one.got.isprintable() and not one.is_passed:
                assert case[0].get("message") == one.got
                assert f"got: {one.got}" in (case[0].text or "").split("\n")


def test_nothing_at_all_is_a_report_too() -> None:
    assert JunitReport().text() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuites name="grantctl test" tests="0" failures="0" errors="0">\n</testsuites>\n'
    )
