"""Heaven over HTTP: the routes, and the server that answers them (`aa serve`).

Only `serving` and `connection` load the HTTP library.
"""
