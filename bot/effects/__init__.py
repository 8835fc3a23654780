"""What a job does, at most one outside write each; what came of it is recorded in the unit that finishes the job."""
