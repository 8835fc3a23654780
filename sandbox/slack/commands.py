"""
Slash commands: typed by a person, delivered, and answered in the ack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack import payloads, posting
from sandbox.slack.deliveries import Delivery, Envelope, Outcome
from sandbox.slack.errors import NotPossible, SlackError
from sandbox.slack.messages import Message
from sandbox.slack.people import SLACKBOT, SlackUser

if TYPE_CHECKING:
    from sandbox.slack.channels import Channel
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]


async def run(workspace: Workspace, user: SlackUser, text: str, *, channel: Channel) -> Delivery:
    """Deliver the command that *text* begins with and show the person what came of it; raises NotPossible for an unknown one."""
    command, _, words = text.strip().partition(" ")
    _allow(workspace, user, channel, command)
    form = payloads.command_form(workspace, user, channel, command=command, text=words.strip())
    delivery = await workspace.courier.ask(Envelope.COMMAND, form, kind="command", what=command, user=user.id, takes_answer=True)
    _show(workspace, user, channel, command, delivery)
    return delivery


def _allow(workspace: Workspace, user: SlackUser, channel: Channel, command: str) -> None:
    if not user.can_act:
        raise NotPossible(f"{user.name} can't use Slack")
    if not workspace.sees(user, channel):
        raise NotPossible(f"{user.name} is not in {channel.name or channel.id}")
    if channel.is_archived:
        raise NotPossible("nothing can be sent to an archived channel")
    if workspace.app.command(command) is None:
        whisper(
            workspace,
            user,
            channel,
            f'`{command}` is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.',
        )
        raise NotPossible(f"{command} is not a valid command")


def _show(workspace: Workspace, user: SlackUser, channel: Channel, command: str, delivery: Delivery) -> None:
    if delivery.outcome is not Outcome.OK:
        whisper(workspace, user, channel, f'{command} failed with the error "{delivery.outcome.value}"')
        return
    said = {"text": delivery.answer} if isinstance(delivery.answer, str) else delivery.answer
    if not said or not any(said.get(name) for name in ("text", "blocks", "attachments")):
        return
    try:
        content = posting.read_content(said)
    except SlackError:
        whisper(workspace, user, channel, f'{command} failed with the error "invalid_command_response"')
        return
    private = None if said.get("response_type") == "in_channel" else user.id
    posting.post(workspace, content, channel=channel.id, seen_only_by=private)


def whisper(workspace: Workspace, user: SlackUser, channel: Channel, text: str) -> None:
    """A line of Slackbot that only *user* sees."""
    message = Message(ts=workspace.stamps.next(), channel=channel.id, user=SLACKBOT, text=text, seen_only_by=user.id)
    workspace.timeline.add(message)
    workspace.changed("ephemeral", channel=channel.id, ts=message.ts, user=user.id)
