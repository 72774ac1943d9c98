"""What comes over from a lead to the records of its conversion: notes, links to documents, the team."""

from collections.abc import Mapping

from crm_service.domain.fields import LONGEST_TEXT, Rule, id_, line, required, text

MOST_COPIES = 100

NOTE: Mapping[str, Rule] = {"id": required(id_), "content": required(text(LONGEST_TEXT)), "created_by": required(id_)}
DOCUMENT: Mapping[str, Rule] = {
    "id": required(id_),
    "lead_id": required(id_),
    "name": required(line(255)),
    "content_type": required(line(255)),
    "created_by": required(id_),
}
MEMBER: Mapping[str, Rule] = {"user_id": required(id_), "role": required(line(200)), "added_by": required(id_)}
