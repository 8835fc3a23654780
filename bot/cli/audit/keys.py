"""`comeback audit keygen`: a key that signs checkpoints."""

from typing import Annotated

import typer


def keygen(
    *, hmac: Annotated[bool, typer.Option("--hmac", help="A key that checks and signs alike, where no public key is wanted.")] = False
) -> None:
    """Print a new key that signs the trail's checkpoints, as lines to paste; it is stored nowhere."""
    from storage import signing

    text = signing.new_key(signing.HMAC if hmac else signing.ED25519)
    key = signing.signing_key(text)
    typer.echo(f"# Key {key.id}. For the bot, in its environment or .env, and nowhere near the database:")
    typer.echo(f"COMEBACK_AUDIT__SIGNING_KEY={text}")
    if key.public is not None:
        typer.echo("# For whoever checks elsewhere; it signs nothing and is no secret:")
        typer.echo(f'COMEBACK_AUDIT__PUBLIC_KEYS=["{key.public}"]')
