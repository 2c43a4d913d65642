#!/usr/bin/env bash
# On a machine with an NVIDIA card: set up, check, time, train for some minutes, export. Run it again to go on.
#
#   tools/on_gpu.sh [--without-gpu] [MINUTES=50] [PROFILE=paper]
#
# REPORT_WORKERS says how many fits are trained at once (one on each card without), REPORT_RUNS where runs are kept.
set -euo pipefail
cd "$(dirname "$0")/.."

device=gpu
if [ "${1:-}" = --without-gpu ]; then device=cpu; shift; fi
minutes="${1:-50}" profile="${2:-paper}"
python="${VENV:-.venv}/bin/python" command="${VENV:-.venv}/bin/report-utils"
export KERAS_BACKEND=jax
[ "$device" = gpu ] || export JAX_PLATFORMS=cpu

found() { "$python" -c 'import jax; print(*{d.platform for d in jax.devices()}, jax.devices()[0].device_kind)'; }

echo "== set up"
[ -x "$python" ] && [ -n "${VENV:-}" ] || make setup-dev
if [ "$device" = gpu ] && [[ "$(found 2>/dev/null || true)" != gpu* ]]; then
  if ! nvidia-smi -L; then
    echo "on_gpu: nvidia-smi finds no card: install NVIDIA's driver, or give this job a card (Slurm: --gpus 1)" >&2
    exit 3
  fi
  # the locked version, with what it needs for a card
  "$python" -m pip install --quiet "jax[cuda12]==$("$python" -c 'import jax; print(jax.__version__)')"
fi
if [[ "$(found)" != "$device"* ]]; then
  echo "on_gpu: JAX computes on '$(found)' although nvidia-smi finds a card: is its driver as new as JAX wants?" >&2
  exit 3
fi
found

echo "== check: predictions after one epoch beside those of the processor"
"$python" -m pytest -q -p no:cacheprovider tests/cnn/test_same_bits.py -k backend

if [ "$device" = gpu ]; then
  echo "== time"
  "$python" -m benchmarks bench_gpu ||
    echo "on_gpu: the benchmark ended with status $? (a loss against its last result, or a failure: see above); training goes on" >&2
fi

echo "== train for $minutes minutes"
"$command" fit --all --profile "$profile" --minutes "$minutes"

echo "== export what is finished"
"$command" results export --profile "$profile"
