"""Smaller models: states eliminated or lumped."""
