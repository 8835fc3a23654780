"""A mail says what it is about, whose it is, and what to do: its reader knows neither us nor the bot."""

from datetime import date

from bot.letters import House, Letter, taken_letter, warning_letter

DAY = date(2026, 11, 3)


def letters(house: House) -> tuple[Letter, ...]:
    """Both letters of *house*."""
    warned = warning_letter(product="Jira", last_used=DAY, plan_on=date(2026, 12, 1), house=house)
    return warned, taken_letter(product="Jira", taken_on=DAY, house=house)


def test_a_letter_names_whose_it_is() -> None:
    """A mail about an account that names nobody reads like phishing."""
    for letter in letters(House(site="acme.atlassian.net", contact="it-help@acme.example", workspace="acme.slack.com")):
        for name in ("Jira seat on acme.atlassian.net", "write to it-help@acme.example", "acme.slack.com"):
            assert name in " ".join(letter.text.split())


def test_what_is_not_known_leaves_no_gap() -> None:
    """Whole sentences, whatever the settings say."""
    for letter in letters(House()):
        assert "your Atlassian administrators." in letter.text
        assert "None" not in letter.text
        assert "  " not in letter.text


def test_a_letter_is_written_as_letters_are() -> None:
    """Each sentence begins with a capital letter."""
    for letter in letters(House()):
        assert letter.text.splitlines()[2].startswith(("You have a Jira seat that", "Your Jira seat was freed"))
