"""What proves the record to somebody who does not trust who keeps it (存证)."""
