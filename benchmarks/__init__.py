"""This client, the original client and ``curl --parallel`` at the same work, in one run.

``python -m benchmarks --help`` tells what can be chosen. The harness imports nothing but the standard
library, and needs Linux with nginx, curl and openssl.
"""
