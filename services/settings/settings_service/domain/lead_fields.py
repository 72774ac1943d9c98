"""The fields of a lead that settings may name, in their REST names."""

_CUSTOM = "customFields."
_LONGEST_KEY = 100

# What a caller fills in.
FILLED_FIELDS = frozenset(
    {
        "firstName",
        "lastName",
        "email",
        "phone",
        "company",
        "title",
        "source",
        "priority",
        "estimatedValue",
        "description",
        "assignedTo",
    }
)
# What can be looked at to decide about a lead.
KNOWN_FIELDS = FILLED_FIELDS | {"pipelineId", "stageId", "stageName", "status", "createdBy", "createdAt", "updatedAt"}


def is_custom_field(name: str) -> bool:
    """Whether this is ``customFields.<key>``."""
    return name.startswith(_CUSTOM) and 0 < len(name) - len(_CUSTOM) <= _LONGEST_KEY
