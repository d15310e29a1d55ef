#!/usr/bin/env bash
# Learns reaching on every substrate with five seeds, and with the same rewards shuffled within each hour. Revision 66eb7f7.
#   docs/results/reaching-on-chips/make.sh DIR     some 8 minutes on two processors; writes runs into DIR
set -euo pipefail
cd "$1"
for seed in 1 2 3 4 5; do
    for chip in float loihi spinnaker2 brainscales2 pcm; do
        embody run reaching --substrate $chip --seed $seed --time 4h --out $chip-$seed
        embody run reaching --substrate $chip --seed $seed --time 4h --controller permuted --set controller.permuted.donor=$chip-$seed --out permuted-$chip-$seed
    done
done
