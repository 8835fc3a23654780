"""Are there enough approvers for the approvals that products need?"""

from collections.abc import Collection, Iterable

from bot.doctor.lines import Line, green, red, yellow
from bot.settings import ProductSettings

_REMEDY = "add people to COMEBACK_APPROVERS, or lower COMEBACK_PRODUCTS__{key}__APPROVALS"


def enough(products: ProductSettings | None, *, approvers: Collection[str]) -> Iterable[Line]:
    """
    A line for each product that too few may approve, and for each that needs several; *approvers* are those in good standing.

    One more is needed than approvals, as nobody decides their own request.
    """
    for key, product in (products.products if products else {}).items():
        subject, remedy = f"{product.name}: approvals", _REMEDY.format(key=key.upper())
        needed, known = product.approvals, len(approvers)
        if known < needed:
            yield red(subject, f"{needed} people must approve, and {known} may", remedy)
        elif known == needed:
            yield yellow(subject, f"{needed} must approve and {known} may: an approver's own request finds too few", remedy)
        elif needed > 1:
            yield green(subject, f"{needed} people must approve, and {known} may")
