"""
Where the bot's processes of a scenario are born: forked from one that has imported the product, so that a thousand starts fit in minutes.

A script of its own, run with the PYTHONPATH of a build. Each line of its input is a birth, `{"id", "module", "argv", "env", "folder",
"log"}`, of a `comeback` unless a module is named; its output tells `{"id", "pid"}` and later `{"pid", "code"}`. At the end of its input,
or of itself, all its children are killed.
"""

import ctypes
import json
import os
import random
import runpy
import select
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG = 1

children: set[int] = set()


def main() -> None:
    """Bear and bury until the input ends."""
    import bot.__main__
    import bot.cli
    import bot.runtime  # noqa: F401 - all that `comeback run` needs

    bell, rope = os.pipe()
    os.set_blocking(rope, False)
    signal.set_wakeup_fd(rope)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    tell(ready=True)
    unread = b""
    while True:
        readable, _, _ = select.select([0, bell], [], [])
        if bell in readable:
            os.read(bell, 4096)
            bury()
        if 0 in readable:
            came = os.read(0, 65536)
            if not came:
                break
            *lines, unread = (unread + came).split(b"\n")
            for line in lines:
                bear(json.loads(line), close=(bell, rope))
    for child in children:
        os.kill(child, signal.SIGKILL)


def tell(**facts: Any) -> None:
    """One line of output."""
    os.write(1, json.dumps(facts).encode() + b"\n")


def bury() -> None:
    """Tell of every child that has ended."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        children.discard(pid)
        tell(pid=pid, code=os.waitstatus_to_exitcode(status))


def bear(birth: dict[str, Any], *, close: tuple[int, int]) -> None:
    """Fork one child, which becomes a `comeback`."""
    pid = os.fork()
    if pid:
        children.add(pid)
        tell(id=birth["id"], pid=pid)
        return
    code = 70
    try:
        become(birth, close=close)
        code = live(birth["module"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def become(birth: dict[str, Any], *, close: tuple[int, int]) -> None:
    """Be a process as a shell would have started it, which dies with its parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in close:
        os.close(descriptor)
    log = os.open(birth["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    empty = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((empty, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.chdir(birth["folder"])
    os.environ.clear()
    os.environ.update(birth["env"])
    random.seed()  # the parent's chance would be every child's
    sys.argv = ["comeback", *birth["argv"]]


def live(module: str | None) -> int:
    """Run the command, or the *module*; its exit code."""
    from bot.__main__ import main as comeback

    try:
        comeback() if module is None else runpy.run_module(module, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


if __name__ == "__main__":
    main()
