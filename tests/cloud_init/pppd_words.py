"""How pppd 2.5 takes a line of a secrets file apart, written anew from the rules of its
`getword` (options.c): the other end of what we quote, for tests only.
"""

from __future__ import annotations

SIMPLE_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "s": " ", "t": "\t"}
OCTAL = "01234567"
HEXADECIMAL = "0123456789abcdefABCDEF"
MAX_WORD = 1024
MAX_SECRET = 255
"""MAXSECRETLEN is 256, less the byte that ends a C string."""


def lines_of_words(text: str) -> list[list[str]]:
    """Every line with a word on it, as its words."""
    reader = _Reader(text)
    lines: list[list[str]] = [[]]
    while (start := reader.to_next_word()) is not None:
        if start == "new line" and lines[-1]:
            lines.append([])
        lines[-1].append(reader.word())
    return [line for line in lines if line]


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def _peek(self) -> str:
        """The next character; empty at the end."""
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        taken = self._peek()
        self._at += 1
        return taken

    def to_next_word(self) -> str | None:
        """Skip space and comments. Was there a new line? None: there is no further word."""
        seen = "same line"
        while character := self._peek():
            if character == "#":
                while self._peek() not in ("\n", ""):
                    self._take()
            elif character == "\n":
                self._take()
                seen = "new line"
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            elif character in " \t\v\f\r":
                self._take()
            else:
                return seen
        return None

    def word(self) -> str:
        """The word that starts here. Quoted parts may stand anywhere in it."""
        word, quote = "", ""
        while character := self._peek():
            if character == "\\":
                self._take()
                word += self._escaped()
            elif quote:
                self._take()
                quote, word = ("", word) if character == quote else (quote, word + character)
            elif character in "\"'":
                quote = self._take()
            elif character in " \t\v\f\r\n#":
                break
            else:
                word += self._take()
        return word[:MAX_WORD]

    def _escaped(self) -> str:
        character = self._take()
        if character == "\n":
            return ""
        if character in SIMPLE_ESCAPES:
            return SIMPLE_ESCAPES[character]
        if character and character in OCTAL:
            return chr(int(character + self._digits(OCTAL, 2), 8) & 0xFF)
        if character == "x":
            return chr(int(self._digits(HEXADECIMAL, 2) or "0", 16))
        return character

    def _digits(self, alphabet: str, most: int) -> str:
        digits = ""
        while len(digits) < most and self._peek() and self._peek() in alphabet:
            digits += self._take()
        return digits
