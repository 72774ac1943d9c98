"""Generates the Python code of the protos, offline: buf compiles them, grpcio-tools writes the code."""

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"


def generate(target: Path) -> None:
    """Write the code for every proto below ``protos/leadline`` to ``target``."""
    files = [str(path.relative_to(PROTOS)) for path in sorted((PROTOS / "leadline").rglob("*.proto"))]
    outputs = [f"--{kind}_out={target}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    with tempfile.TemporaryDirectory() as scratch:
        image = Path(scratch) / "image.binpb"
        subprocess.run(["buf", "build", "-o", str(image)], cwd=ROOT, check=True)  # noqa: S603, S607
        protoc = [sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_in={image}"]
        made = subprocess.run(  # noqa: S603
            [*protoc, *outputs, *files], cwd=PROTOS, check=False, capture_output=True, text=True
        )
        if made.returncode:
            sys.exit(made.stderr)
    # A file without services still gets a _grpc module that says nothing.
    for module in target.rglob("*_pb2_grpc.py"):
        if "class " not in module.read_text():
            module.unlink()
            module.with_suffix(".pyi").unlink(missing_ok=True)


def differences(left: Path, right: Path) -> list[str]:
    """Relative paths of the files that only one side has or that differ."""
    names = {
        str(path.relative_to(side))
        for side in (left, right)
        for path in side.rglob("*.py*")
        if "__pycache__" not in path.parts
    }
    _, wrong, missing = filecmp.cmpfiles(left, right, sorted(names), shallow=False)
    return sorted(wrong + missing)


def main() -> int:
    """Generate into the target, or with ``--check`` say whether the target is what would be generated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 where the target differs")
    options = parser.parse_args()
    target = options.target.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch)
        generate(fresh)
        if not options.check:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(fresh, target)
            return 0
        wrong = differences(fresh, target)
    for name in wrong:
        print(f"{name} is not what the protos say: run make gen", file=sys.stderr)  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
