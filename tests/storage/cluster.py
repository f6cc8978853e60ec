"""A PostgreSQL server of the tests' own: made in a folder of its own, on a socket in it, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPTIONS = "-c listen_addresses='' -c fsync=off -c shared_buffers=32MB -c max_connections=60 -c lc_messages=C"


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, if they are installed; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


def _account() -> str | None:
    """Who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of the server, without a database's name, while it runs."""
    account = _account()
    home = Path(tempfile.mkdtemp(prefix="rehearse-pg-", dir="/tmp"))
    if account:
        shutil.chown(home, account)
    log = home / "log"

    def run(program: str, *arguments: str) -> None:
        command = [str(folder / program), *arguments]
        if account:
            command = ["setpriv", f"--reuid={account}", f"--regid={pwd.getpwnam(account).pw_gid}", "--clear-groups", *command]
        # The output goes to a file: a server that inherits a pipe keeps it open.
        with (home.parent / f"{home.name}.out").open("w") as output:
            done = subprocess.run(command, stdout=output, stderr=output, cwd="/", timeout=60, check=False)
        assert done.returncode == 0, Path(output.name).read_text() + (log.read_text() if log.exists() else "")

    data = str(home / "data")
    try:
        run("initdb", "-D", data, "-U", "rehearse", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        run("pg_ctl", "-D", data, "-w", "-l", str(log), "-o", f"{OPTIONS} -k {home}", "start")
        try:
            yield f"postgresql://rehearse@/{{database}}?host={home}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
        (home.parent / f"{home.name}.out").unlink(missing_ok=True)
