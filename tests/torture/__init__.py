"""
The torture: real processes are killed, paused and starved in the sandbox; a checker that shares no code with them reads their history.

`python -m tests.torture` plays all of it in about 20 minutes and writes `docs/torture.md`; `--quick` takes two minutes and writes nothing.
"""
