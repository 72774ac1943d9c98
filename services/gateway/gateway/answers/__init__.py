"""Answers: protos to JSON bytes, by hand, because every read goes through here."""
