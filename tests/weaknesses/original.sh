#!/bin/sh
# The tests of the weaknesses under client 0.5.5, in an environment of its own, and under ours;
# then the table of both. Called by `make test-original`; takes about two minutes.
#
#   PYTHON   the interpreter of the old client: 3.10 or 3.11 (default: python3.11)
#   VENV     our environment (default: .venv)
#   ORIGINAL_VENV   that of the old client, with --environment-only (default: .venv-original)
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-python3.11}
VENV=${VENV:-.venv}
ORIGINAL_VENV=${ORIGINAL_VENV:-.venv-original}

# It brings what it pins: a urllib3 and a pydantic too old for ours. Debian ships Python
# without ensurepip; there the machine's own pip puts one in.
if [ ! -x "$ORIGINAL_VENV/bin/pytest" ]; then
    if ! "$PYTHON" -c "" 2>/dev/null; then
        echo "client 0.5.5 needs $PYTHON, which is not here: PYTHON=... names another (3.10 or 3.11)" >&2
        [ "${1:-}" = "--environment-only" ] && exit 0
        exit 1
    fi
    "$PYTHON" -m venv --clear "$ORIGINAL_VENV" 2>/dev/null || {
        "$PYTHON" -m venv --clear --without-pip "$ORIGINAL_VENV"
        "$PYTHON" -m pip --python "$ORIGINAL_VENV/bin/python" install --quiet pip
    }
    "$ORIGINAL_VENV/bin/pip" install --quiet --disable-pip-version-check \
        "radiant-mlhub==0.5.5" "pytest>=8" "pytest-timeout>=2.3"
fi
if [ "${1:-}" = "--environment-only" ]; then
    exit 0
fi

mkdir -p .results
echo "Under client 0.5.5, where red is what is wanted:"
(
    cd tests/weaknesses
    ../../.venv-original/bin/pytest -c original.ini --rootdir . --confcutdir .. . \
        -q -rN --tb=no --show-capture=no --junitxml ../../.results/weaknesses-original.xml || true
)
echo "Under this package, where green is:"
"$VENV/bin/pytest" tests/weaknesses -q --junitxml .results/weaknesses-ours.xml || true
"$VENV/bin/python" tests/weaknesses/table.py \
    .results/weaknesses-original.xml .results/weaknesses-ours.xml docs/reference/weaknesses.md
echo "docs/reference/weaknesses.md tells both."
