"""Read masks: the fields of a lead that a caller wants to have."""

from dataclasses import dataclass

from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import lead_pb2 as pb

from leads_service.rpc.masks import require_known

_ALL = frozenset(pb.Lead.DESCRIPTOR.fields_by_name)
_BREAKDOWN = "score_breakdown"


@dataclass(frozen=True, slots=True)
class ReadMask:
    """The fields that are not wanted: of a list, each lead is rid of them."""

    left_out: frozenset[str]

    @classmethod
    def of(cls, mask: FieldMask, *, otherwise: frozenset[str] = _ALL) -> "ReadMask":
        """All but the fields that the mask names; none named: all but those that are meant ``otherwise``.

        Raises:
            LeadlineError: VALIDATION_FAILED naming each path that is no field of a lead.
        """
        require_known(mask, _ALL)
        return cls(_ALL - (frozenset(mask.paths) or otherwise))

    @classmethod
    def of_list(cls, mask: FieldMask) -> "ReadMask":
        """The same for lists, which leave out the score's breakdown unless it is named.

        Raises:
            LeadlineError: VALIDATION_FAILED naming each path that is no field of a lead.
        """
        return cls.of(mask, otherwise=_ALL - {_BREAKDOWN})

    @property
    def with_breakdown(self) -> bool:
        """Whether the score's breakdown is wanted."""
        return _BREAKDOWN not in self.left_out

    def applied(self, lead: pb.Lead) -> pb.Lead:
        """The lead without what is not wanted."""
        for name in self.left_out:
            lead.ClearField(name)  # type: ignore[arg-type] # the names are the message's own
        return lead
