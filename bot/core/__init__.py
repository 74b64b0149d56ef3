"""The rules of the assistant in plain Python: no framework, no I/O, no clock of its own."""
