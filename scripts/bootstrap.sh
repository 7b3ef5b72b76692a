#!/bin/sh
# Find uv, or install it into .uv/ beside the project (nothing outside the checkout is touched).
set -eu
if command -v uv >/dev/null 2>&1 || [ -x .uv/bin/uv ]; then exit 0; fi
python=""
for candidate in python3.12 python3.13 python3.11 python3; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
  echo "doublehigh needs Python 3.11 or newer; none was found on PATH" >&2
  exit 2
fi
echo "installing uv into .uv/ with $python" >&2
if "$python" -m venv .uv >/dev/null 2>&1; then
  .uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
elif "$python" -m pip --version >/dev/null 2>&1; then
  rm -rf .uv
  "$python" -m pip install --quiet --disable-pip-version-check --target .uv "uv>=0.9,<1"
else
  rm -rf .uv
  echo "neither venv nor pip works with $python; install one (Debian: apt-get install python3-venv) or install uv" >&2
  exit 2
fi
[ -x .uv/bin/uv ] || { echo "uv could not be installed into .uv/" >&2; exit 2; }
