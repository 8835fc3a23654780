"""What Comeback sends beside Slack, where an admin wants it: mail to people who have no Slack account, and the audit trail to a SIEM."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from bot.settings.section import Section, Table
from bot.settings.values import (
    Credentials,
    HookUrl,
    HostName,
    LoginName,
    MailAddress,
    MailTls,
    Meaning,
    OneLine,
    Secret,
    SharedSecret,
    is_private,
)


class MailSettings(Table):
    """The mail server that takes our mail; without a host no mail is sent."""

    host: Annotated[
        HostName | None,
        Meaning(
            purpose="The mail server; set: people who can't be asked in Slack are warned by mail",
            expected="the name of a mail server",
            example="smtp.acme.example",
        ),
    ] = None
    port: Annotated[
        int | None,
        Field(ge=1, le=65535),
        Meaning(purpose="Its port", expected="a port from 1 to 65535", example="587", otherwise="587, with `tls` 465, with `none` 25"),
    ] = None
    tls: Annotated[
        MailTls,
        Meaning(
            purpose="How the connection is protected; `none` only in a private network",
            expected="starttls, tls, or (only to a server in a private network) none",
            example="starttls",
        ),
    ] = "starttls"
    user: Annotated[
        LoginName | None,
        Field(repr=False),
        Meaning(purpose="Whom to log in as", expected="a user name without spaces", example="comeback"),
    ] = None
    password: Annotated[
        Secret | None,
        Field(repr=False, validate_default=True),
        Meaning(purpose="Their password", expected="the password of COMEBACK_MAIL__USER", example="(theirs)"),
    ] = None
    sender: Annotated[
        MailAddress | None,
        Field(validate_default=True),
        Meaning(
            purpose="The address that mail comes from",
            expected="a plain e-mail address",
            example="comeback@acme.example",
            otherwise="needed with HOST",
        ),
    ] = None
    contact: Annotated[
        OneLine | None,
        Meaning(
            purpose="Whom a mail names for questions",
            expected="a line of at most 60 characters",
            example="it-help@acme.example",
            otherwise="your Atlassian administrators",
        ),
    ] = None

    @field_validator("tls")
    @classmethod
    def _keep_passwords_off_the_internet(cls, tls: str, info: ValidationInfo) -> str:
        host = info.data.get("host")
        if tls == "none" and host is not None and not is_private(host):
            raise ValueError
        return tls

    @field_validator("password")
    @classmethod
    def _come_with_a_user(cls, password: Secret | None, info: ValidationInfo) -> Secret | None:
        user = info.data.get("user")
        if user is not None and password is None:
            raise PydanticCustomError("missing", "the password of whom?")
        if user is None and password is not None:
            raise PydanticCustomError("user_missing", "whose password?")
        return password

    @field_validator("sender")
    @classmethod
    def _come_from_somebody(cls, sender: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("host") is not None and sender is None:
            raise PydanticCustomError("missing", "from whom?")
        return sender

    @property
    def on(self) -> bool:
        """Whether mail is sent at all."""
        return self.host is not None

    @property
    def port_number(self) -> int:
        """The port, as usual for the protection where it is not set."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.tls]


class SiemSettings(Table):
    """Where the audit trail is sent on to."""

    url: Annotated[
        HookUrl | None,
        Field(repr=False),
        Meaning(
            purpose="Where the audit trail is sent on to, as JSON Lines",
            expected="an https address (http only in a private network)",
            example="https://siem.acme.example/comeback",
        ),
    ] = None
    secret: Annotated[
        SharedSecret | None,
        Field(repr=False, validate_default=True),
        Meaning(
            purpose="Signs what is sent, so that the receiver knows it is ours",
            expected="at least 16 characters without spaces that the receiver knows too",
            example="(one-that-only-you-two-know)",
            otherwise="needed with URL",
        ),
    ] = None
    authorization: Annotated[
        Credentials | None,
        Field(repr=False, validate_default=True),
        Meaning(
            purpose="The `Authorization` header that its receiver wants",
            expected="a scheme and a key with a space between them, or a key of at least 8 characters alone",
            example="Splunk 7e3f0a52-91cd-4b68-a1d4-0c5b9e8f2d37",
            otherwise="no such header",
        ),
    ] = None

    @field_validator("secret")
    @classmethod
    def _sign_what_is_sent(cls, secret: SharedSecret | None, info: ValidationInfo) -> SharedSecret | None:
        if info.data.get("url") is not None and secret is None:
            raise PydanticCustomError("missing", "signed with what?")
        return secret

    @field_validator("authorization")
    @classmethod
    def _come_with_an_address(cls, authorization: Credentials | None, info: ValidationInfo) -> Credentials | None:
        if authorization is not None and info.data.get("url") is None:
            raise PydanticCustomError("url_missing", "whose key?")
        return authorization

    @property
    def on(self) -> bool:
        """Whether the trail is sent on."""
        return self.url is not None


class OutgoingSettings(Section):
    """What leaves the house beside Slack and Atlassian; both are off until they are set."""

    mail: MailSettings = MailSettings()
    siem: SiemSettings = SiemSettings()
