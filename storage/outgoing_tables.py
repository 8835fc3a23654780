"""The tables of what leaves the house beside Slack and Atlassian, private to storage: mail, and the audit trail that is sent on."""

from sqlalchemy import BigInteger, CheckConstraint, Column, String, Table

from storage.outgoing_records import MailStatus
from storage.schema import metadata
from storage.sql import Moment, words

mails = Table(
    "mails",
    metadata,
    Column("about", String(96), primary_key=True),
    Column("status", words(MailStatus, name="status"), nullable=False),
    Column("at", Moment, nullable=False),
)

shipments = Table(
    "shipments",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    # Of the entry `seq` as it was when it was sent: whoever changes the trail afterwards is found by it.
    Column("hash", String(64)),
    Column("moved_at", Moment),
    Column("trouble", String(64)),
    CheckConstraint("seq >= 0", name="place"),
)
