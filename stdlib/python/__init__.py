"""Names in Python source: scopes, imports and receivers, proved from the syntax."""
