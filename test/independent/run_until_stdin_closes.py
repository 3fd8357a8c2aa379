"""Runs a module as `python -m` does, until standard input closes; then it ends with all that it started.

`python run_until_stdin_closes.py MODULE [ARGUMENT...]`, as the leader of a process group of its own: whoever started it
holds the other end of its standard input, and cannot end without closing it.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=end_with_standard_input, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
