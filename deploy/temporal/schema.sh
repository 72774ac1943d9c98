#!/bin/sh
# The job `temporal-schema`: makes Temporal's tables, or brings them to this release. It may be repeated.
# Where and as whom to connect stands in SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu

prepare() {
    temporal-sql-tool --plugin postgres12 --db "$1" setup-schema --version 0.0
    temporal-sql-tool --plugin postgres12 --db "$1" update-schema \
        --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
