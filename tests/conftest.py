"""The fixtures that every test may ask for: `clock`, `database_url`, `database` and their kin."""

pytest_plugins = [
    "tests.fixtures.clock",
    "tests.fixtures.databases",
    "tests.fixtures.garbage",
    "tests.fixtures.large",
    "tests.fixtures.sniffio",
]
