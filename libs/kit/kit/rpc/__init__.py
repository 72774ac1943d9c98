"""gRPC: servers that guard every call, and calls that carry a token, a request id and a deadline."""
