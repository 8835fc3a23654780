"""What Comeback costs, measured on this machine: each benchmark is one command that prints ratios within one run."""
