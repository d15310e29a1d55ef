#!/usr/bin/env bash
# Trains and runs trunk-10 with five seeds, beside a control that is told the ends of other poses, and random poses. Revision 18633db.
#   docs/results/trunk-10-seeds/make.sh DIR     some 15 minutes; writes runs and trainings into DIR
set -euo pipefail
cd "$1"
weights=controller.forward-model.weights
for seed in 1 2 3 4 5; do
    embody train trunk-10 --seed $seed --updates 2000 --out trained-$seed
    embody train trunk-10 --seed $seed --updates 2000 --set controller.forward-model.training.permuted=true --out permuted-trained-$seed
    embody run trained-$seed/config.toml --set $weights=weights.safetensors --out learned-$seed
    embody run permuted-trained-$seed/config.toml --set $weights=weights.safetensors --out permuted-$seed
    embody run trunk-10 --seed $seed --controller random-poses --out random-$seed
done
