"""How is it asked? One file a noun; a command parses, calls one operation, renders."""
