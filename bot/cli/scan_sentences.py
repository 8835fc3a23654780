"""What `comeback scan` says of a scan that is not complete, in the words that the admin channel reads."""

from collections.abc import Mapping

from bot.slack.surfaces.scan_texts import FACTS, SCANS
from storage.lifecycle import ScanStatus
from storage.seat_records import Scan


def sentence(scan: Scan, *, name: str, reason: str, dry_run: bool) -> str:
    """How *scan* stands and what leads on; *reason* is why one that is not finished waits."""
    match scan.status:
        case ScanStatus.HELD:
            asked = "an approver would be asked first" if dry_run else "the admin channel is asked whether they may be warned"
            return f"{name}: {scan.figures['newly_idle']} of {scan.figures['seats']} seats are newly idle, so {asked}."
        case ScanStatus.STOPPED:
            return _news(f"scan_stopped.{scan.code}", scan, name=name, figures=scan.figures.get("breaker", {}))
        case ScanStatus.FAILED:
            return _news(f"scan_failed.{scan.code}", scan, name=name, figures={})
        case _:
            rest = "" if dry_run else " It is filed, and goes on by itself when a bot runs."
            return f"{name}: not finished, nothing has moved for a while ({reason.replace('_', ' ')}).{rest}"


def _news(code: str, scan: Scan, *, name: str, figures: Mapping[str, object]) -> str:
    news = SCANS.get(code, SCANS["scan_failed.other"])
    # Of a moment, the day.
    told = {key: str(value).partition("T")[0] for key, value in figures.items()}
    facts = {**FACTS, **told, "product": name, "key": scan.product}
    return f"{name}: {news.title.format_map(facts)} {news.body.format_map(facts)}"
