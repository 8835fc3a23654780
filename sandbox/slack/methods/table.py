"""
Every method of the Web API that this workspace has.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.slack.methods import basics, chat, conversations, files, users, views
from sandbox.slack.methods.call import Method

METHODS: Mapping[str, Method] = {
    **basics.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **users.METHODS,
    **views.METHODS,
}
