"""Programs of our own to be traced: built from fixtures/tracees."""

import subprocess
from pathlib import Path

import pytest

from tests.support.requirements import need

SOURCES = Path(__file__).parents[2] / "fixtures" / "tracees"
BARE = ["-ffreestanding", "-fno-stack-protector", "-fno-pie", "-no-pie", "-nostdlib", "-static"]
"""A program without a C library, with addresses that are the same each time."""


def build(name: str, folder: Path, *options: str) -> Path:
    """Build a program and return its path."""
    program = folder / name
    command = [need("cc"), "-O1", *options, "-o", str(program), str(SOURCES / f"{name}.c")]
    subprocess.run(command, check=True)
    return program


def build32(name: str, folder: Path) -> Path:
    """Build a program for i386 and return its path, or skip the test where that cannot be done."""
    program = folder / name
    command = [need("cc"), "-m32", "-O1", *BARE, "-o", str(program), str(SOURCES / f"{name}.c")]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this compiler makes no 32-bit programs (Debian: apt-get install gcc-multilib)")
    try:
        subprocess.run([program], check=False, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as error:
        pytest.skip(f"this kernel runs no 32-bit programs: {error}")
    return program
