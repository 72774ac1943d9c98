"""PostgreSQL: engine and transactions, idempotency keys, outbox, notifications, migrations."""
