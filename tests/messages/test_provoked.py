# SPDX-License-Identifier: Apache-2.0
"""Every text that flowtap may show has a test that expects it.

A text is a string literal of at least two words in userspace/ or exporter/, except in a description of an option. A
test expects it if a literal of the tests has all of its words, or a third of them in a row, at least three (of a text
of four words or less: two), that no other text has. What needs no test is in without_test.txt, with the reason.

With --list it prints all texts instead.
"""

import collections
import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXCEPTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "without_test.txt")

SHORTEST = 12  # letters: shorter texts are names and units
LONGEST_RUN = 40  # words

CPP = re.compile(
    r"""//[^\n]* | /\*.*?\*/
    | R"(?P<mark>[^()\\\s"]{0,16})\((?P<raw>.*?)\)(?P=mark)"
    | "(?P<plain>(?:\\.|[^"\\\n])*)"
    | '(?:\\.|[^'\\\n])+' | \s+ | (?:(?!R")\w)+ | .""",
    re.DOTALL | re.VERBOSE,
)
PYTHON = re.compile(
    r"""\#[^\n]* | (?P<quotes>\"{3}|'{3})(?P<raw>.*?)(?P=quotes)
    | "(?P<plain>(?:\\.|[^"\\\n])*)" | '(?P<single>(?:\\.|[^'\\\n])*)' | \s+ | \w+ | .""",
    re.DOTALL | re.VERBOSE,
)
# What a text is filled in with, and its markup: no words of it stand there in a row.
GAP = re.compile(r"%[-+0-9.*]*[a-zA-Z%]+ | \{[^}]*\} | <[^>]*(?:>|$) | ^[^<>]*[^-<>]>", re.VERBOSE)


NO_TEXTS = re.compile(
    r"static_assert\(.*?\);|#error [^\n]*|\badd_(?:subcommand|option|flag)\w*(?:<[^>]*>)?\(.*?;\n",
    re.DOTALL,
)
ESCAPES = {r"\n": " ", r"\t": " ", r"\"": '"', r"\\": "\\"}  # others stand for no words


def unescaped(text):
    return re.sub(r"\\(?:x[0-9a-fA-F]+|.)", lambda escape: ESCAPES.get(escape[0], ""), text)


def literals(source, language):
    """The string literals with their lines; those that stand side by side are one."""
    text, line, at = None, 1, 1
    for token in language.finditer(source):
        parts = token.groupdict()
        value = next((parts[name] for name in ("raw", "plain", "single") if parts.get(name) is not None), None)
        if value is not None:
            at = line if text is None else at
            text = (text or "") + (value if parts.get("raw") is not None else unescaped(value))
        elif not (token[0].isspace() or token[0].startswith(("//", "/*", "#"))):
            if text is not None:
                yield at, text
            text = None
        line += token[0].count("\n")
    if text is not None:
        yield at, text


def words(text):
    stripped = (word.strip(",;:.()[]\"'`") for word in text.split())
    return tuple(word for word in stripped if re.search(r"\w", word))


def stretches(text):
    """The words of a text, between its gaps."""
    return tuple(found for found in map(words, GAP.split(text)) if found)


def runs(found):
    for length in range(1, min(len(found), LONGEST_RUN) + 1):
        for start in range(len(found) - length + 1):
            yield found[start : start + length]


def files(*directories):
    for directory in directories:
        for path, _, names in os.walk(os.path.join(ROOT, directory)):
            for name in sorted(names):
                yield os.path.relpath(os.path.join(path, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def read_exceptions():
    """The reason by file, or by file and text: "path: reason", "path "text": reason"."""
    found = {}
    for line in read(os.path.relpath(EXCEPTIONS, ROOT)).splitlines():
        if line and not line.startswith("#"):
            parts = re.fullmatch(r'([^\s:"]+)(?: "(.*)")?: (.+)', line)
            if not parts:
                raise ValueError("without_test.txt: no file, text and reason: " + line)
            found[(parts[1], parts[2])] = parts[3]
    return found


class Texts:
    """What the sources may show, by its words."""

    def __init__(self, exceptions):
        self.unused = set(exceptions)
        self.places = {}
        self.having = collections.defaultdict(set)  # the texts that have a run of words
        for path in files("userspace", "exporter"):
            if path.endswith((".cpp", ".h")):
                self.add_file(path)

    def add_file(self, path):
        if (path, None) in self.unused:
            self.unused.remove((path, None))
            return
        source = NO_TEXTS.sub(lambda it: "\n" * it[0].count("\n"), read(path))
        for line, text in literals(source, CPP):
            found = stretches(text)
            if not any(len(stretch) > 1 for stretch in found) or len(text) <= SHORTEST:
                continue
            exception = (path, " ".join(word for stretch in found for word in stretch))
            if exception in self.unused:
                self.unused.remove(exception)
                continue
            self.add(found, "{}:{}".format(path, line))

    def add(self, text, place):
        self.places.setdefault(text, place)
        for stretch in text:
            for run in runs(stretch):
                self.having[run].add(text)

    def without(self, expected):
        """Those of which a test has no words of their own."""
        return [text for text in self.places if not self.is_expected(text, expected)]

    def is_expected(self, text, expected):
        if len(text) == 1 and text[0] in expected:
            return True
        return any(
            run in expected and len(self.having[run]) == 1
            for stretch in text
            for run in runs(stretch)
            if len(run) >= max(3 if len(stretch) > 4 else 2, len(stretch) / 3)
        )


def expected_by_tests(texts):
    found = set()
    for path in files("tests"):
        if path.endswith((".cpp", ".h", ".c")):
            language = CPP
        elif path.endswith(".py"):
            language = PYTHON
        else:
            continue
        for _, literal in literals(read(path), language):
            for stretch in stretches(literal):
                found.update(run for run in runs(stretch) if run in texts.having)
    return found


class Messages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts = Texts(read_exceptions())
        cls.expected = expected_by_tests(cls.texts)

    def test_all_are_expected_by_a_test(self):
        self.assertGreater(len(self.texts.places), 500, "the search for texts is broken")
        missing = self.texts.without(self.expected)
        for text in missing:
            print("{}: no test expects: {}".format(self.texts.places[text], " ... ".join(map(" ".join, text))))
        if missing:
            self.fail("provoke each by a test that expects its words, or give the reason in without_test.txt")

    def test_exceptions_are_needed(self):
        self.assertFalse(self.texts.unused, "no such file or text: remove it from without_test.txt")

    def test_a_text_without_test_is_found(self):
        texts = Texts({})
        text = (("no", "test", "has", "these", "words"),)
        texts.add(text, "here:1")
        self.assertTrue(texts.is_expected(text, {("test", "has", "these")}))
        self.assertFalse(texts.is_expected(text, {("these", "words"), ("test", "has")}), "too few words")
        texts.add((("test", "has", "these", "too"),), "here:2")
        self.assertFalse(texts.is_expected(text, {("test", "has", "these")}), "another text has them as well")


def list_all():
    """All texts that the sources may show, in their files' order, to be read in one go."""
    texts = Texts({})
    for text, place in texts.places.items():
        print("{}: {}".format(place, " ... ".join(map(" ".join, text))))
    print(len(texts.places), "texts")


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        list_all()
    else:
        unittest.main(verbosity=1)
