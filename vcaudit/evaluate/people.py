"""Whether two names that somebody wrote down are of one person, as far as names can tell.

In doubt they are: a waiver that was refused is seen and mended, one that somebody approved for himself is not.
"""

from __future__ import annotations

import re
import unicodedata

_BRACKETED = re.compile(r"^(.*?)\s*<([^<>]*)>\s*$")
_PARTS = re.compile(r"[\W_]+")
_NOBODY = frozenset({"", "n a", "na", "nobody", "none", "tba", "tbd", "to do", "todo", "unknown", "xxx"})
"""What people write where a name is missing."""


def is_person(name: str) -> bool:
    """Whether there is a name at all."""
    return bool(_keys(name))


def same_person(one: str, other: str) -> bool:
    """`CORP\\jdoe`, `jdoe@corp.example` and `JDOE` are one, and so are `Jane Doe`, `Doe, Jane` and `jane.doe@corp`.

    The domain is left aside: the same account name in two domains is taken for one person.
    """
    return bool(_keys(one) & _keys(other))


def _keys(name: str) -> set[frozenset[str]]:
    """Each way to know the person: the words of the name, the words of the account."""
    # Characters that are not seen must not tell two names apart.
    seen = "".join(char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf")
    bracketed = _BRACKETED.match(seen)
    given = bracketed.groups() if bracketed else (seen,)
    words = [_words(_account(text)) for text in given]
    return {frozenset(each) for each in words if " ".join(each) not in _NOBODY}


def _account(text: str) -> str:
    """Without `DOMAIN\\` before it and `@domain` behind it."""
    return text.rpartition("\\")[2].partition("@")[0]


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    # Accents are often left out: Müller and Muller are one.
    return _PARTS.sub(" ", "".join(char for char in plain if not unicodedata.combining(char))).split()
