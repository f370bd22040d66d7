"""Removes control characters, which a terminal would obey, from logs: nbgrader logs students' file names and errors."""

import logging

from ..handin.files import printable_lines

_FORMATTER = logging.Formatter()


class PlainLog(logging.Filter):
    """Turn log records into plain lines; for a handler in ``c.Application.logging_config``.

    Later handlers, such as a file, get the changed record, too.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change a record, and let it pass."""
        record.msg, record.args = printable_lines(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        record.exc_text = record.exc_text and printable_lines(record.exc_text)
        return True
