"""gRPC: servers that guard every call, and calls that carry a token, a request id and a deadline."""

import os

# gRPC's fork handlers start threads in a child between its fork and its exec, where they crash. None of our children
# goes on without an exec. To be said before gRPC is loaded.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
