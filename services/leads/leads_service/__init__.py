"""The leads service: owns leads, their life cycle, stages, scores, SLA and the state of their conversion."""
