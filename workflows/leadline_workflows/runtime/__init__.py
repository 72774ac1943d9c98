"""The worker process: its configuration, its connection to Temporal, and where everything is put together."""
