"""The whole product on one machine: the ``leadline`` command."""
