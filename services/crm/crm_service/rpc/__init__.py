"""The gRPC door: thin servicers, and the mapping between protos and records."""
