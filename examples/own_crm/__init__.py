"""A CRM of one's own behind Leadline's seam: a tiny one, in its own process, with its own store."""
