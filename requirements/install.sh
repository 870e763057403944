#!/bin/sh
# Install one of the project's environments from its lock files, which pin hashes.
#
#   requirements/install.sh FOLDER PYTHON LOCK...
#
# FOLDER is replaced. PYTHON is a version specifier, such as '>=3.12,<3.14'. An interpreter on this
# machine is used if it matches; otherwise uv downloads one. uv itself is installed with pip in a
# folder beside FOLDER.
set -eu

fail() {
    printf 'setup: %s\n' "$1" >&2
    # a study that runs without this environment shows the reason to its user
    mkdir -p "$(dirname -- "$folder")" && printf '%s\n' "$1" > "$folder.problem"
    exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$1 python=$2
shift 2
uv_folder=$(dirname -- "$folder")/uv
uv=$uv_folder/bin/uv

if ! cmp -s "$here/uv.txt" "$uv_folder/.installed"; then
    command -v python3 > /dev/null ||
        fail "no python3 found; install it (Debian, Ubuntu: apt-get install python3 python3-venv)"
    rm -rf "$uv_folder"
    python3 -m venv "$uv_folder" > /dev/null 2>&1 ||
        fail "python3 cannot create a virtual environment; install its venv module (Debian, Ubuntu: apt-get install python3-venv)"
    "$uv_folder/bin/python" -m pip install --quiet --require-hashes -r "$here/uv.txt" ||
        fail "pip could not install uv; check that the package index can be reached"
    cp "$here/uv.txt" "$uv_folder/.installed"
fi

# pyenv hides all interpreters except the selected one, so list all of them for uv, newest first
versions=
if command -v pyenv > /dev/null; then
    versions=$(pyenv versions --bare --skip-aliases 2> /dev/null | sort -rV | paste -sd: -)
fi

rm -rf "$folder"
PYENV_VERSION="$versions" "$uv" venv --quiet --python "$python" "$folder" 2> /dev/null ||
    fail "no Python $python found, and none could be downloaded; install one with pyenv or with your system's packages (for example python3.13 and python3.13-venv)"
locks=$*
set --
for lock in $locks; do
    set -- "$@" "$here/$lock"
done
# without bytecode, Snakemake takes four times as long to start if Python may not write any later
"$uv" pip sync --quiet --require-hashes --compile-bytecode --python "$folder/bin/python" "$@" ||
    fail "the packages of $locks could not be installed"
# the packages of this checkout, as an editable installation would make them importable
for packages in "$folder"/lib/python*/site-packages; do
    (cd "$here/../src" && pwd) > "$packages/funnel.pth"
done
rm -f "$folder.problem"
touch "$folder/.installed"
