"""Pictures of models and of their steady states, with matplotlib."""
