"""From a socket to the hub's app: the server, its limits, keys, the hub's address, and files."""
