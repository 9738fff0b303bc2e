"""Other programs: how to call them and how to understand them; nothing runs here."""
