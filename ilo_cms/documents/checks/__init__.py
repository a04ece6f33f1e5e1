"""What a file must be to be kept. Knows nothing of Django, so that a bare process can run it."""
