#!/bin/sh
# Makes one of the project's environments from its hash-pinned lock files.
#
#   requirements/install.sh FOLDER PYTHON LOCK...
#
# FOLDER is made anew, with an interpreter that fits PYTHON (as '>=3.12,<3.14'): one that is found
# or, failing that, one that uv downloads. uv itself is installed privately, by pip, beside FOLDER.
set -eu

fail() {
    printf 'setup: %s\n' "$1" >&2
    # for those who look later: a study goes on without an environment that only one sampler needs
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
        fail "python3 cannot make a virtual environment; install its venv module (Debian, Ubuntu: apt-get install python3-venv)"
    "$uv_folder/bin/python" -m pip install --quiet --require-hashes -r "$here/uv.txt" ||
        fail "pip could not install uv; is a package index within reach?"
    cp "$here/uv.txt" "$uv_folder/.installed"
fi

# pyenv hides all interpreters but the selected one; name them all, newest first, to uv alone
versions=
if command -v pyenv > /dev/null; then
    versions=$(pyenv versions --bare --skip-aliases 2> /dev/null | sort -rV | paste -sd: -)
fi

rm -rf "$folder"
PYENV_VERSION="$versions" "$uv" venv --quiet --python "$python" "$folder" 2> /dev/null ||
    fail "no Python $python found, and none could be downloaded; install one, by pyenv or your system's packages (as python3.13 and python3.13-venv)"
locks=$*
set --
for lock in $locks; do
    set -- "$@" "$here/$lock"
done
# bytecode now, or every start of Snakemake takes four times as long where Python may write none
"$uv" pip sync --quiet --require-hashes --compile-bytecode --python "$folder/bin/python" "$@" ||
    fail "the packages of $locks could not be installed"
rm -f "$folder.problem"
touch "$folder/.installed"
