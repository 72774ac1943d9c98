"""The gateway: REST in front of the gRPC services. It parses, checks the token, calls and maps; it has no rules."""
