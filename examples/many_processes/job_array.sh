#!/usr/bin/env bash
# A job array that writes one array: `examples/many_processes/job_array.sh`.
#
# With Slurm, the second step is `sbatch --wait --array=0-3 --wrap='job_array work "$folder" "$SLURM_ARRAY_TASK_ID" 4'`,
# and the folder is one that all machines see. A task that failed is submitted again by its number.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -n "${ARRAYSTOW_BUILT:-}" ] || cargo build --quiet -p arraystow-example-many-processes --bin job_array
program="${CARGO_TARGET_DIR:-target}/debug/job_array"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

"$program" begin "$folder"
for task in 0 1 2; do "$program" work "$folder" "$task" 4 & done
wait

# The fourth task has not run: nothing is visible, and the commit says what is missing.
if "$program" commit "$folder" 2> "$folder/errors"; then
    echo "a value that is not whole was committed"
    exit 1
fi
cat "$folder/errors"

"$program" work "$folder" 3 4
"$program" work "$folder" 3 4 # twice, as a scheduler may
"$program" commit "$folder"
