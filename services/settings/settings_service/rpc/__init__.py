"""The gRPC door: thin servicers, the mapping between protos and entries, and the feed of the configuration."""
