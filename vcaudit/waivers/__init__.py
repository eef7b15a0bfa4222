"""Files of waivers: their shape, reading, adding to them, and what other tools wrote. Judging is `evaluate`'s."""

from __future__ import annotations

from vcaudit.waivers.loader import check_rules, load

__all__ = ["check_rules", "load"]
