"""Other people's programs, as we call them."""
import pathlib
import shutil
import subprocess

from findings import Unavailable

HOME = pathlib.Path(".build/judge-server")


def program(name):
    """A program of Debian's."""
    path = shutil.which(name)
    if not path:
        raise Unavailable("no %s on this machine" % name)
    return path


def python_program(judge, name):
    """A program of a judge from PyPI, in its own environment; the stamp is written when pip was done."""
    if not (HOME / judge / "stamp").exists():
        raise Unavailable("pip could not install it")
    return str(HOME / judge / "bin" / name)


def call(command, output, timeout, environment=None, cwd=None):
    """Runs a program to its end, all that it says into a file; its status."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with open(output, "wb") as sink:
        return subprocess.run(
            command, stdout=sink, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout, env=environment, cwd=cwd).returncode
