"""A simulated Atlassian organization behind the admin API and one site API."""
