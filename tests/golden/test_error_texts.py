"""test_error_texts.py: the golden files show enough different errors, and all of them keep to PostgreSQL's style.

servers/test_error_texts.py compares those that PostgreSQL has too with its own.
"""
import pathlib
import re
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
ERROR = re.compile(r"^weir:(\S+):(\d+): ERROR:  (\w{5}): (.*)$", re.M)
PART = re.compile(r"^(DETAIL|HINT):  (.*)$", re.M)
# Messages that begin with the name of a keyword, type or window, as PostgreSQL's do.
CAPITALS = re.compile(r"[A-Z]{2}|\"|[A-Z]\w+\(|Snowflake ")  # words of SQL, names, and whose names they are


def errors():
    """(SQLSTATE, message, what follows it) of all files."""
    for path in sorted(FOLDER.glob("errors_*.out")):
        text = path.read_text()
        found = list(ERROR.finditer(text))
        for match, after in zip(found, [*found[1:], None]):
            yield match.group(3), match.group(4), text[match.end():after.start() if after else len(text)]


class ErrorTexts(unittest.TestCase):
    def test_there_are_enough(self):
        kinds = {(state, re.sub(r'"[^"]*"', '"…"', message)) for state, message, _ in errors()}
        states = {state for state, _ in kinds}
        self.assertGreaterEqual(len(kinds), 120, "distinct texts, whatever names they mention")
        self.assertGreaterEqual(len(states), 15, sorted(states))

    def test_most_show_their_place(self):
        shown = {(state, message) for state, message, after in errors() if re.search(r"^LINE \d+: .*\n *\^$", after, re.M)}
        self.assertGreaterEqual(len(shown), 120)
        self.assertGreaterEqual(len({state for state, _ in shown}), 15)

    def test_messages_are_no_sentences(self):
        for _, message, _ in errors():
            with self.subTest(message):
                self.assertFalse(message.endswith("."))
                self.assertTrue(message[0].islower() or not message[0].isalpha() or CAPITALS.match(message))

    def test_details_and_hints_are_sentences(self):
        for _, message, after in errors():
            for label, text in PART.findall(after):
                with self.subTest(message, text=text):
                    if not re.match(r"\w+ \w+ depends on \w+ \w+$|drop cascades to ", text):
                        self.assertTrue(text[0].isupper() or not text[0].isalpha())
                        self.assertRegex(text, r"[.…]$")

    def test_what_is_not_supported_says_what_to_do(self):
        for state, message, after in errors():
            if state == "0A000" and "not supported" in message and "for type" not in message:
                with self.subTest(message):
                    self.assertRegex(after, r"(?m)^(LINE \d+: |CONTEXT:  setting )")  # a setting's value is checked when a job is planned
                    self.assertRegex(after, r"(?m)^HINT:  ")
