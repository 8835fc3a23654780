"""The builds of the controls are made from the product as it reads today."""

from pathlib import Path

import pytest

from tests.torture import acks, database, edge, kills, model, pauses, race, recovery, secrets, ticker
from tests.torture.build import Change, build
from tests.torture.tempo import fast

BUILDS = {
    "no comparison of the status": (model.COMPARED,),
    "no token": (model.TOKEN,),
    "no read first in the model": (kills.READ_FIRST,),
    "fast": fast(2),
    "no read first": (*fast(2), kills.READ_FIRST),
    "no retaking": (*fast(2), *kills.RETAKE),
    "no lease guard": (*fast(2), pauses.GAP, pauses.GUARD),
    "no compare-and-set": race.NO_CAS,
    "a call before the ack": (acks.ASKS_FIRST,),
    "a quicker ticker": ticker.QUICKER,
    "no claim of a slot": ticker.UNCLAIMED,
    "no signature": (edge.UNSIGNED,),
    "no delivery key": (edge.NO_KEY,),
    "secrets logged": (secrets.CARELESS,),
    "no redaction": (secrets.CARELESS, secrets.UNREDACTED),
    "no settle time": (recovery.NO_SETTLE,),
    "no waiting for the disk": (*fast(2), database.NO_WAIT),
}


@pytest.mark.parametrize("changes", BUILDS.values(), ids=BUILDS.keys())
def test_each_build_can_be_made(tmp_path: Path, changes: tuple[Change, ...]) -> None:
    """Whoever rewrites a guard learns here, and not after half an hour, that its control needs a look."""
    made = build(tmp_path, *changes)
    for change in changes:
        compile((made / change.path).read_text(), change.path, "exec")
