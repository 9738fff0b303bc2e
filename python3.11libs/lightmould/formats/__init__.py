"""One module per format: read(text or bytes) gives a value, write(value) gives text or bytes."""
