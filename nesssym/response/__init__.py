"""What a steady state does when it is pushed."""
