#!/bin/sh
# The tests of the weaknesses under client 0.5.5, in an environment of its own, and under ours;
# then the table of both. Called by `make test-original`; takes about two minutes.
#
#   PYTHON   the interpreter of the old client: 3.10 or 3.11 (default: python3.11)
#   VENV     our environment (default: .venv)
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-python3.11}
VENV=${VENV:-.venv}

# It brings what it pins: a urllib3 and a pydantic too old for ours.
if [ ! -x .venv-original/bin/pytest ]; then
    "$PYTHON" -m venv .venv-original
    .venv-original/bin/pip install --quiet "radiant-mlhub==0.5.5" "pytest>=8" "pytest-timeout>=2.3"
fi
if [ "${1:-}" = "--environment-only" ]; then
    exit 0
fi

mkdir -p .results
# Red is what is wanted there; the table judges both runs.
(
    cd tests/weaknesses
    ../../.venv-original/bin/pytest -c original.ini --rootdir . --confcutdir .. . \
        -q --tb=no --show-capture=no --junitxml ../../.results/weaknesses-original.xml || true
)
"$VENV/bin/pytest" tests/weaknesses -q --junitxml .results/weaknesses-ours.xml || true
"$VENV/bin/python" tests/weaknesses/table.py \
    .results/weaknesses-original.xml .results/weaknesses-ours.xml docs/reference/weaknesses.md
