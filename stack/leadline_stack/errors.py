"""What keeps the stack from doing what it was asked, in a sentence that says what to do next."""


class StackError(Exception):
    """An expected failure: shown as it is, without a traceback, exit code 1."""
