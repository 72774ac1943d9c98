"""Workflow code: deterministic, replayed from histories, changed only with `workflow.patched` and the replay tests."""
