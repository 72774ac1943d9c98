"""Makes what each image would hold, without Docker: the same files and the same commands, in temporary folders.

Run it after a change of a manifest or a Dockerfile; it needs the package index and takes a minute or two:

    .venv/bin/python -m deploy.check_images [services/leads/Dockerfile ...]
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.dockerfile import ROOT, Dockerfile, Instruction, dockerfiles, read

# Where the images keep the environment; here it lies in the temporary folder.
_ENVIRONMENT = "/opt/leadline"
_NOT_IN_AN_IMAGE = ("pytest", "ruff", "uv", "mypy")


class Build:
    """The build stage of one image, carried out in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self._source = folder / "src"
        self.environment = folder / "opt"
        self._source.mkdir()
        subprocess.run([sys.executable, "-m", "venv", folder / "base"], check=True)
        self._variables = {
            "PATH": f"{folder / 'base' / 'bin'}:/usr/bin:/bin",
            "HOME": str(folder),
            **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_INDEX", "SSL_"))},
        }

    def carry_out(self, instruction: Instruction) -> None:
        """Do what the instruction says."""
        text = instruction.text.replace(_ENVIRONMENT, str(self.environment))
        if instruction.word == "ENV":
            self._variables |= dict(pair.split("=", 1) for pair in shlex.split(text))
        elif instruction.word == "COPY":
            *sources, target = shlex.split(text)
            for source in sources:
                self._copy(ROOT / source, self._source / target)
        elif instruction.word == "RUN":
            subprocess.run(["/bin/sh", "-ec", text], cwd=self._source, env=self._variables, check=True)
        elif instruction.word != "WORKDIR":
            message = f"what {instruction.word} does is not known here"
            raise ValueError(message)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "Dockerfile")
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=ignored)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def check(image: Dockerfile) -> None:
    """Make the environment of the image and have its command say how it is used.

    Raises:
        subprocess.CalledProcessError: an instruction or the command failed.
        RuntimeError: the environment holds what no image should hold.
    """
    with tempfile.TemporaryDirectory(prefix="leadline-image-") as name:
        build = Build(Path(name))
        for instruction in image.build:
            build.carry_out(instruction)
        programs = build.environment / "bin"
        wrong = [programs / each for each in _NOT_IN_AN_IMAGE if (programs / each).exists()]
        wrong += build.environment.rglob("_*leadline_*.pth")
        if wrong:
            message = f"{image.path}: the environment holds development tools or editable packages: {wrong}"
            raise RuntimeError(message)
        program = programs / image.command[0]
        subprocess.run([program, *image.command[1:], "--help"], cwd=name, env={"PATH": "/usr/bin:/bin"}, check=True)


def main() -> None:
    """Check the images named on the command line, or all."""
    for path in [Path(name).resolve() for name in sys.argv[1:]] or dockerfiles():
        sys.stderr.write(f"== {path.relative_to(ROOT)}\n")
        check(read(path))


if __name__ == "__main__":
    main()
