"""Structured logs: one JSON object a line on standard error, with the ids of the call they belong to."""

import logging
import sys

import structlog

from kit.context import request_id, workflow_id

Logger = structlog.typing.FilteringBoundLogger


def _add_ids(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name, current in (("request_id", request_id.get()), ("workflow_id", workflow_id.get())):
        if current:
            event.setdefault(name, current)
    return event


def configure_logs(part: str, level: str = "info") -> None:
    """Send this process's logs, and its libraries' warnings, to standard error as JSON lines."""

    def add_part(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["part"] = part
        return event

    shared: list[structlog.typing.Processor] = [
        add_part,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_ids,
        structlog.processors.format_exc_info,
    ]
    renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, logging.getLevelName(level.upper())))


def get_logger(name: str) -> Logger:
    """The logger of a module."""
    logger: Logger = structlog.get_logger(module=name)
    return logger
