"""Servicers and the mapping between protos and the domain."""
