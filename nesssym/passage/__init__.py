"""First passage: moments, splitting, the whole distribution, recurrence."""
