"""
The workspace as a whole, and what its people do: the front of the simulated Slack for tests, the demo and the control routes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sandbox.clock import Clock
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.human import Human, SlackKind
from sandbox.slack import acts, changes, commands, modals
from sandbox.slack.app import App
from sandbox.slack.channels import Channel, Channels, first_channels
from sandbox.slack.courier import Courier
from sandbox.slack.deliveries import Delivery, Transport
from sandbox.slack.files import File, Files
from sandbox.slack.http_delivery import HttpTransport
from sandbox.slack.ids import Ids, Stamps
from sandbox.slack.messages import Message, Timeline
from sandbox.slack.mrkdwn import Ping
from sandbox.slack.people import People, SlackUser, approvers, first_accounts
from sandbox.slack.rate import Limits
from sandbox.slack.socket_mode import SocketTransport
from sandbox.slack.triggers import Links, Triggers
from sandbox.slack.views import View, Views

Json = dict[str, Any]
Found = TypeVar("Found")

CALLS_KEPT = 50_000


class Workspace:
    """
    Acme's Slack: people, channels, one installed app, and every delivery to it.

    `app_url` chooses delivery over HTTP to that address; without it the app connects by Socket Mode. `origin` is this server's own
    address, known once it listens. People are named by key ("ada") or id everywhere.
    """

    def __init__(
        self,
        humans: Iterable[Human],
        *,
        clock: Clock,
        events: Events,
        faults: Faults,
        seed: int = 7,
        app_url: str | None = None,
        rate_limits: bool = True,
        app: App | None = None,
    ) -> None:
        self.clock, self.events, self.faults = clock, events, faults
        self.app = app or App()
        self.ids, self.stamps = Ids(seed), Stamps(clock.now)
        self.people = People(first_accounts(humans, self.app), [approvers()])
        self.channels = Channels(first_channels(self.people.users.values(), self.app.bot_user_id), self.app.bot_user_id)
        self.timeline = Timeline()
        self.surfaces = Views(self.ids)
        self.triggers, self.links = Triggers(self.ids, clock.monotonic), Links(self.ids, clock.monotonic)
        self.uploads = Files(self.ids, lambda: clock.now().timestamp())
        self.limits = Limits(clock.monotonic, enabled=rate_limits)
        self.pings: list[Ping] = []
        self.calls: deque[tuple[str, Json]] = deque(maxlen=CALLS_KEPT)
        self.origin = ""
        self.socket = SocketTransport(self.ids, app_id=self.app.id, monotonic=clock.monotonic, changed=self._connection_changed)
        self.http = self._http(app_url) if app_url else None
        transport: Transport = self.http or self.socket
        self.courier = Courier(transport, clock=clock, ids=self.ids, noted=self._delivery_changed)

    def _http(self, url: str) -> HttpTransport:
        return HttpTransport(
            url,
            secret=self.app.signing_secret,
            verification_token=self.app.verification_token,
            challenge=self.ids.noise(40),
            now=self.clock.now,
            changed=self._connection_changed,
        )

    def start(self) -> None:
        """Begin to verify the app's request URL when there is one."""
        if self.http is not None:
            self.http.start()

    async def close(self) -> None:
        """End deliveries and close every socket."""
        await self.courier.close()
        await self.socket.close()

    @property
    def connected(self) -> bool:
        """Whether the app can be reached now."""
        return self.courier.transport.connected

    @property
    def deliveries(self) -> list[Delivery]:
        """Everything sent to the app so far, oldest first."""
        return self.courier.journal.all()

    # -- what people do ---------------------------------------------------------------------------------------------------------------

    async def types(self, user: str, text: str, *, channel: str = "C0GENERAL") -> Delivery:
        """Send a slash command from *channel* ("dm" for the app's own conversation) and wait for its ack."""
        return await commands.run(self, self.person(user), text, channel=self._place(user, channel))

    def says(self, user: str, text: str, *, channel: str = "C0GENERAL", thread_ts: str | None = None) -> Message:
        """Post an ordinary message."""
        return acts.say(self, self.person(user), text, channel=self._place(user, channel), thread_ts=thread_ts)

    async def clicks(
        self, user: str, on: Message | View, action_id: str, *, value: Any = None, block_id: str | None = None, element: Json | None = None
    ) -> Delivery:
        """
        Press a button, or choose *value* in a menu, on a message or in a view; raises NotPossible when it isn't on the screen.

        For a button *value* forges what the app put there. *element* is one remembered from before a redraw: a stale click.
        """
        return await acts.press(self, self.person(user), on, action_id, value=value, block_id=block_id, element=element)

    async def submits(self, user: str, view: View, entries: dict[str, Any] | None = None) -> modals.Submission:
        """
        Fill in *entries* ("block.action", or either id alone, to text, option value or id) and press the modal's submit button.

        What the Slack client itself refuses (an empty required field) comes back as errors without any delivery.
        """
        return await modals.submit(self, self.person(user), view, entries=entries or {})

    async def closes(self, user: str, view: View, *, everything: bool = False) -> Delivery | None:
        """Cancel *view* (or the whole stack); the app hears of it only when it asked to."""
        return await modals.close(self, self.person(user), view, everything=everything)

    async def searches(self, user: str, on: Message | View, action_id: str, text: str) -> list[Json]:
        """The options that the app offers for *text* typed into an external_select."""
        return await acts.search(self, self.person(user), on, action_id, text)

    async def opens_home(self, user: str) -> Delivery:
        """Look at the app's Home tab; the app is told by `app_home_opened`, and this waits for its ack."""
        return await acts.open_home(self, self.person(user))

    def reloads(self, user: str) -> None:
        """Reload the Slack client: ephemeral messages and open modals are gone."""
        person = self.person(user)
        self.timeline.reload(person.id)
        self.surfaces.clear(person.id)

    # -- what people see --------------------------------------------------------------------------------------------------------------

    def person(self, key_or_id: str) -> SlackUser:
        """The account called so; raises KeyError."""
        return self.people.get(key_or_id)

    def channel(self, name_or_id: str) -> Channel:
        """The conversation with this id or name; raises KeyError."""
        return self.channels.named(name_or_id)

    def messages(self, channel: str, *, seen_by: str | None = None) -> list[Message]:
        """Messages of a channel, oldest first, with the ephemeral ones for *seen_by*."""
        return self.timeline.channel(self.channel(channel).id, seen_by=self.person(seen_by).id if seen_by else None)

    def dm(self, user: str) -> list[Message]:
        """The conversation between *user* and the app, oldest first, ephemeral ones included."""
        person = self.person(user)
        return self.timeline.channel(self.channels.im(person.id).id, seen_by=person.id)

    def ephemerals(self, user: str) -> list[Message]:
        """What only *user* sees, in all channels, oldest first."""
        return self.timeline.ephemerals(self.person(user).id)

    def views(self, user: str) -> list[View]:
        """The modals that *user* has open, the topmost last."""
        return self.surfaces.stack(self.person(user).id)

    def files(self) -> list[File]:
        """The files that the app uploaded and completed, oldest first."""
        return self.uploads.complete()

    def home(self, user: str) -> View | None:
        """The Home tab last published for *user*."""
        return self.surfaces.homes.get(self.person(user).id)

    async def until(self, predicate: Callable[[], Found], *, timeout: float = 10) -> Found:  # noqa: ASYNC109
        """What *predicate* gives as soon as that is true or not empty, tried after every event; raises TimeoutError."""
        with self.events.subscription() as queue:
            async with asyncio.timeout(timeout):
                while not (found := predicate()):
                    await queue.get()
                return found

    # -- what administrators of Slack do: see `changes` for the rules -------------------------------------------------------------------

    def deactivate(self, user: str) -> None:
        """Deactivate an account; it leaves all channels and groups."""
        changes.deactivate(self, self.person(user))

    def reactivate(self, user: str) -> None:
        """Give a deactivated account back; channels are not."""
        changes.reactivate(self, self.person(user))

    def change_email(self, user: str, email: str, *, confirmed: bool = True) -> None:
        """Change the address of an account."""
        changes.change_email(self, self.person(user), email, confirmed=confirmed)

    def set_kind(self, user: str, kind: SlackKind) -> None:
        """Make somebody a guest, a member, an admin."""
        changes.set_kind(self, self.person(user), kind)

    def set_group(self, group_id: str, members: Iterable[str]) -> None:
        """Replace the members of a user group."""
        changes.set_group(self, self.people.groups[group_id], [self.person(member).id for member in members])

    def set_channel(self, channel: str, **facts: bool) -> None:
        """Archive, share or make private: `is_archived`, `is_ext_shared`, `pending_ext_shared`, `is_private`."""
        changes.set_channel(self, self.channel(channel), facts)

    def joins(self, user: str, channel: str) -> None:
        """Add somebody (the bot too, by its id) to a channel."""
        changes.set_membership(self, self.channel(channel), self.person(user), is_in=True)

    def leaves(self, user: str, channel: str) -> None:
        """Take somebody (the bot too, by its id) out of a channel."""
        changes.set_membership(self, self.channel(channel), self.person(user), is_in=False)

    def uninstall(self) -> None:
        """Remove the app: it is told, and every later call fails with `account_inactive`."""
        changes.uninstall(self)

    # -- for the parts of the workspace -------------------------------------------------------------------------------------------------

    def changed(self, kind: str, /, **facts: Any) -> None:
        """Tell whoever watches that something happened."""
        self.events.publish({"type": kind, **facts})

    def sees(self, user: SlackUser, channel: Channel) -> bool:
        """Whether *user* can open *channel*."""
        return user.id in channel.members

    def _place(self, user: str, channel: str) -> Channel:
        return self.channels.im(self.person(user).id) if channel == "dm" else self.channel(channel)

    def _connection_changed(self) -> None:
        self.changed("connection", connected=self.connected, mode=self.courier.transport.mode)

    def _delivery_changed(self, delivery: Delivery) -> None:
        self.changed("delivery", **delivery.wire())
