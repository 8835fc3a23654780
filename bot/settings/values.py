"""
What a setting's value may look like: one type for each shape, and the words that explain a setting to whoever fills it in.

Nothing here repeats a value: some of them are secrets.
"""

import binascii
import ipaddress
import re
import socket
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints

SEALING_KEY_BYTES = 32

WAYS_BACK = ("add_access", "restore", "enable", "cancel_deletion", "invite")
"""The levels that Comeback can mend, in the order in which a person's access is mended."""

SEAT_ROLES = ("user", "guest", "customer", "contributor", "basic", "stakeholder", "viewer")
"""Product roles that a return may give; those that administer anything are left out on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """
    A setting in words: what it is for, what is expected (ends a sentence "... must be ..."), and an example of a value.

    `otherwise` says what holds when it is not set, where the default does not.
    """

    purpose: str
    expected: str
    example: str
    otherwise: str = ""


def _secret(accepts: Callable[[str], object]) -> Callable[[SecretStr], SecretStr]:
    def check(value: SecretStr) -> SecretStr:
        if not accepts(value.get_secret_value()):
            raise ValueError
        return value

    return check


def _token(prefix: str) -> Callable[[SecretStr], SecretStr]:
    return _secret(re.compile(rf"{prefix}[A-Za-z0-9.-]+").fullmatch)


def is_private(host: str) -> bool:
    """Whether *host* is this machine or a name of a private network, where plain HTTP does not cross the internet."""
    address = _address(host)
    if address is not None:
        return address.is_private
    # A name in other letters, or in percent signs, may be made a number by whoever connects.
    return re.fullmatch(r"[\w.-]+", host, re.ASCII) is not None and (
        "." not in host or host.endswith((".internal", ".local", ".localhost"))
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a resolver makes of *host* without asking anybody: 134744072 and 0x08080808 are 8.8.8.8. None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, UnicodeError):
            return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    # A key that travels in the clear is a key given away.
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname and is_private(parts.hostname)):
        raise ValueError
    if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc or re.search(r"\s", value):
        raise ValueError
    return value.rstrip("/")


def _hook_url(value: str) -> str:
    """An address as it is, query included."""
    _base_url(value.partition("?")[0])
    if "#" in value or re.search(r"[^\x21-\x7e]", value):
        raise ValueError
    return value


def _database_url(value: str) -> str:
    # In memory every connection would have a database of its own, and nothing would survive the process.
    if not re.match(r"sqlite:///(?!:memory:|file:|$)|postgres(ql(\+psycopg)?)?://\S", value):
        raise ValueError
    return value


def database_passwords(url: str) -> frozenset[str]:
    """The passwords in the address of a database, as they stand there and decoded; also of one that is malformed."""
    found = re.findall(r"://[^:/@]*:(.+)@", url) + re.findall(r"[?&]password=([^&]+)", url)
    return frozenset({*found, *map(unquote, found)})


def key_bytes(text: str) -> bytes:
    """The key that *text* is in base64, of either alphabet, padded or not; raises ValueError unless it is one of 32 bytes."""
    bare = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        key = b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError from error
    if len(key) != SEALING_KEY_BYTES:
        raise ValueError
    return key


def _listed(value: Any) -> Any:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError from error


def _domain(value: str) -> str:
    return value.strip().removeprefix("@").lower()


def _way_back(value: str) -> str:
    if value not in WAYS_BACK:
        raise ValueError
    return value


BotToken = Annotated[SecretStr, AfterValidator(_token("xoxb-"))]
AppToken = Annotated[SecretStr, AfterValidator(_token("xapp-"))]
SigningSecret = Annotated[SecretStr, AfterValidator(_secret(re.compile(r"\S{8,}").fullmatch))]
Secret = Annotated[SecretStr, AfterValidator(_secret(re.compile(r"[\x21-\x7e]+").fullmatch))]
SharedSecret = Annotated[SecretStr, AfterValidator(_secret(re.compile(r"[\x21-\x7e]{16,}").fullmatch))]
Credentials = Annotated[SecretStr, AfterValidator(_secret(re.compile(r"(?:[A-Za-z0-9_-]+ )?[\x21-\x7e]{8,}").fullmatch))]
"""The value of an Authorization header: a scheme and a key, or a key alone."""
SealingKey = Annotated[SecretStr, AfterValidator(_secret(key_bytes))]
SealingKeys = Annotated[tuple[SealingKey, ...], BeforeValidator(_listed)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
HookUrl = Annotated[SecretStr, AfterValidator(_secret(_hook_url))]
"""A secret as a whole: some receivers have their key in its path or query."""
SlackApiUrl = Annotated[BaseUrl, AfterValidator(lambda value: f"{value}/")]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
# The shape of a UUID and not its alphabet: Atlassian's reference promises no more than a string.
OrgId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
# Narrower than the standard, and without what a header or a command of SMTP could be broken with.
MailAddress = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$")
]
LoginName = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,254}$")]
HostName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}$")]
MailTls = Annotated[Literal["starttls", "tls", "none"], BeforeValidator(_lower)]
EmailDomain = Annotated[str, AfterValidator(_domain), StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
ChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{2,}$")]
ApproverId = Annotated[str, StringConstraints(pattern=r"^[UWS][A-Z0-9]{2,}$")]
ResourceAri = Annotated[str, StringConstraints(pattern=r"^ari:cloud:[a-z0-9-]+:[^\s]+$")]
SeatRole = Annotated[str, StringConstraints(pattern=rf"^atlassian/({'|'.join(SEAT_ROLES)})$")]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
OneLine = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]{1,60}$")]
WayBackName = Annotated[str, AfterValidator(_way_back)]
LogLevel = Annotated[str, BeforeValidator(_upper), StringConstraints(pattern="^(DEBUG|INFO|WARNING|ERROR)$")]
TimeZone = Annotated[str, AfterValidator(_zone)]
Price = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=4)]
Currency = Annotated[str, BeforeValidator(_upper), StringConstraints(pattern=r"^[A-Z]{3}$")]
AutoApprove = Annotated[Literal["never", "free_return", "return"], BeforeValidator(_lower)]
Billing = Annotated[Literal["monthly", "annual"], BeforeValidator(_lower)]
IdleMode = Annotated[Literal["plan", "reclaim"], BeforeValidator(_lower)]
GroupName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
WeekDay = Annotated[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], BeforeValidator(_lower)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
