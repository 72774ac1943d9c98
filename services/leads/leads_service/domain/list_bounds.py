"""What of a list is not answered, because so many leads would be looked at that others wait."""

from dataclasses import dataclass

from kit.errors import FieldViolation, LeadlineError, invalid


@dataclass(frozen=True, slots=True)
class ListBounds:
    """The most leads that one search looks at, and how far from both ends of its list a page may begin."""

    searched: int
    depth: int

    def check_depth(self, offset: int, count: int | None) -> None:
        """Refuse a page that begins too far from both ends of its list, or from the first where no other is known.

        Raises:
            LeadlineError: PAGE_TOO_DEEP.
        """
        from_end = offset if count is None else count - offset
        if min(offset, from_end) > self.depth:
            message = (
                f"It begins more than {self.depth:,} leads from both ends. Follow meta.nextCursor, or add a filter."
            )
            raise _refused("PAGE_TOO_DEEP", "page", message)

    def too_short(self) -> LeadlineError:
        """Refuse to count the leads that have a text of which the index knows nothing."""
        message = (
            f"Among more than {self.searched:,} leads it needs three letters or digits in a row."
            " Add some, add a filter, or ask without the total."
        )
        return _refused("SEARCH_TOO_SHORT", "search", message)

    def too_broad(self) -> LeadlineError:
        """Refuse to count the leads that have a text that very many have."""
        message = (
            f"More than {self.searched:,} leads have it, too many to be counted."
            " Add letters, add a filter, or ask without the total."
        )
        return _refused("SEARCH_TOO_BROAD", "search", message)


def _refused(reason: str, field: str, message: str) -> LeadlineError:
    return invalid(FieldViolation(field, reason, message), reason=reason)
