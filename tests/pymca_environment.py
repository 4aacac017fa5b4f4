"""A Python with PyMca in an environment of its own, made once and kept."""

import fcntl
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

VERSION = "5.9.7"
#: PyMca without its windows and plots, and what `bliss.data` needs; our own package comes by
#: PYTHONPATH
PACKAGES = (f"PyMca5=={VERSION}", "fisx", "redis", "hiredis", "msgpack", "numpy")
INSTALL = 600.0  #: seconds

#: names the folder that environments are kept in
VARIABLE = "BLISS_TEST_ENVIRONMENTS"


def python_with_pymca() -> Path:
    """Its Python; a test is skipped where it cannot be installed, but not when CI is `true`."""
    folder = _folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once share one
        installed = folder / "installed"
        if not installed.exists():
            _install(folder)
            installed.touch()
    return folder / "bin" / "python"


def _folder() -> Path:
    kept = os.environ.get(VARIABLE) or Path.home() / ".cache" / "bliss-shell-tests"
    python = f"{sys.version_info.major}{sys.version_info.minor}"
    return Path(kept) / f"pymca-{VERSION}-python{python}"


def _install(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder)
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install")
    options = ("--quiet", "--prefer-binary", "--retries=1", "--disable-pip-version-check")
    result = subprocess.run(
        [*pip, *options, "--no-deps", "--no-compile", *PACKAGES],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL,
        check=False,
    )
    if result.returncode:
        problem = f"PyMca cannot be installed: {result.stderr.strip().rpartition(chr(10))[2]}"
        if os.environ.get("CI") == "true":
            pytest.fail(problem)
        pytest.skip(problem)
