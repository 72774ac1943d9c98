"""The durable part of Leadline: SLA clocks, conversions, scoring anew, and the deletion of settings in use."""
