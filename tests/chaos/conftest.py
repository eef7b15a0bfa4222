"""One stage for each route and process: its nodes answer from memory, so that a scan costs milliseconds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.chaos.stage import Stage


@pytest.fixture(scope="session")
def stages() -> Iterator[Callable[[str], Stage]]:
    """The stage of a route."""
    made: dict[str, Stage] = {}
    logging.getLogger("vcaudit").setLevel(logging.ERROR)  # hundreds of warnings that are meant to be
    with ExitStack() as stack:

        def stage(route: str) -> Stage:
            if route not in made:
                made[route] = stack.enter_context(Stage(route))
            return made[route]

        yield stage
    logging.getLogger("vcaudit").setLevel(logging.NOTSET)
