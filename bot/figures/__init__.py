"""What the idle seats cost and save: reports, lists, pictures and metrics."""
