"""The durable part of Leadline: SLA clocks and the conversion saga."""
