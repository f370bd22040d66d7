"""Logs in which nothing commands a terminal: nbgrader writes names of files, ids and errors of students into them."""

import logging

from ..handin.files import printable_lines

_FORMATTER = logging.Formatter()


class PlainLog(logging.Filter):
    """Make plain lines of what is logged; for a handler in ``c.Application.logging_config``.

    Handlers behind that one, such as a file, get the same.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change a record and let it pass."""
        record.msg, record.args = printable_lines(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        record.exc_text = record.exc_text and printable_lines(record.exc_text)
        return True
