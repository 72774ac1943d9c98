"""What the tables are made of."""

import sqlalchemy as sa

METADATA = sa.MetaData()

# PostgreSQL's own collation: upper and lower case are the same on every server.
COLLATION = "pg_c_utf8"

TIMESTAMP = sa.DateTime(timezone=True)


def text(name: str, *, nullable: bool = True) -> sa.Column[str]:
    """A text."""
    return sa.Column(name, sa.Text, nullable=nullable)


def ref(name: str, target: str, *, cascade: bool = False) -> sa.Column[object]:
    """The id of a record of the table ``target``."""
    return sa.Column(name, sa.Uuid, sa.ForeignKey(f"{target}.id", ondelete="CASCADE" if cascade else None))


def newest(table: str, suffix: str, *columns: str) -> sa.Index:
    """An index in the order of creation of what is alike in the columns."""
    return sa.Index(f"{table}_{suffix}", *columns, "created_at", "id")
