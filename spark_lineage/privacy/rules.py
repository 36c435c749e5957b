"""The rules of ``rules.json``, which both halves read: ``io.sparklineage.privacy.Redaction`` is the other reader."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

NAME = "rules.json"


@dataclass(frozen=True)
class Rule:
    """What ``find`` matches is replaced by ``by``, a replacement of :mod:`re`."""

    what: str
    find: re.Pattern[str]
    by: str
    prose: bool  # only in texts that people write: errors, comments, docstrings


@dataclass(frozen=True)
class Rules:
    mark: str  # what stands in the place of a secret
    secret_name: re.Pattern[str]  # found in the names of secrets
    quoted: re.Pattern[str]  # a quoted literal of Python or SQL
    hints: tuple[str, ...]  # a text that has none of them, in lower case, has no secret
    key_call: re.Pattern[str]  # the beginning of a call whose literals are keys: ``aes_encrypt(``
    named_call: re.Pattern[str]  # the end of a call that a secret name is given to: ``) AS password``
    key_functions: frozenset[str]
    texts: tuple[Rule, ...]


def may_have_secret(text: str) -> bool:
    """A quick look, which most texts do not pass."""
    lower = text.lower()
    return any(hint in lower for hint in rules().hints)


@functools.cache
def rules() -> Rules:
    """The rules, compiled once."""
    document = json.loads(resources.files(__package__).joinpath(NAME).read_text("utf-8"))
    return _compiled(document)


def _compiled(document: Mapping[str, Any]) -> Rules:
    names, functions = "|".join(document["secret_names"]), "|".join(document["key_functions"])
    written = {"<NAMES>": names, "<QUOTED>": document["quoted"], "<MARK>": document["mark"]}

    def pattern(text: str) -> re.Pattern[str]:
        for placeholder, meaning in written.items():
            text = text.replace(placeholder, meaning)
        return re.compile(text, re.ASCII)

    return Rules(
        mark=document["mark"],
        secret_name=pattern("(?i)<NAMES>"),
        quoted=pattern("<QUOTED>"),
        hints=(*document["hints"], *document["key_functions"]),
        key_call=pattern(rf"(?i)(?<!\w)(?:{functions})\s{{0,4}}\("),
        named_call=pattern(document["named_call"]),
        key_functions=frozenset(document["key_functions"]),
        texts=tuple(_rule(each, pattern, document["mark"]) for each in document["texts"]),
    )


def _rule(each: Mapping[str, str], pattern: Any, mark: str) -> Rule:
    by = re.sub(r"\$(\d)", r"\\g<\1>", each["by"]).replace("<MARK>", mark)
    return Rule(each["what"], pattern(each["find"]), by, each.get("only") == "prose")
