"""Prints which client was driven through what, at the end of `make test-clients`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

CASES = ("generation", "edit", "several", "mask", "stream", "batch", "responses", "chat", "errors")
"""`edit` sends one image, `several` more than one; `errors` are refusals as the client's own exceptions."""
_covered = pytest.StashKey[dict[str, dict[str, str]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_covered] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Iterator[None]:
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]
        for mark in item.iter_markers("covers"):
            row = item.config.stash[_covered].setdefault(mark.args[0], {})
            row.update(dict.fromkeys(mark.args[1:], "yes" if report.passed else "FAILED"))  # type: ignore[attr-defined]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    covered = config.stash[_covered]
    if not covered:
        return
    wide = max(len(name) for name in covered) + 2
    terminalreporter.write_line("")
    terminalreporter.write_line(" " * wide + " ".join(f"{case:>10}" for case in CASES))
    for name, row in sorted(covered.items()):
        terminalreporter.write_line(f"{name:{wide}}" + " ".join(f"{row.get(case, '-'):>10}" for case in CASES))
