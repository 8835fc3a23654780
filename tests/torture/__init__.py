"""
The torture: real processes are killed, paused and starved in the sandbox; a checker that shares no code with them reads their history.

`python -m tests.torture` plays it all in half an hour and writes `docs/torture.md`; `--quick` takes two minutes and writes nothing.
"""
