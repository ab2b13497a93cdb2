"""What runs a program on one kind of number."""
