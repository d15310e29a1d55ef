#!/usr/bin/env bash
# What becomes of two controllers on each emulated chip, in five seeds: `reaching`, which learns there, beside the same rewards shuffled within each
# hour; and `trunk-10-small`, trained in single precision, then converted, then trained further with the chip in the loop, beside a training that
# is told the ends of other poses, and random poses. Prints the tables of tables.md.
#   docs/results/on-chips/make.sh DIR [JOBS]     writes runs and trainings into DIR; some 30 minutes on two processors
set -euo pipefail
mkdir -p "$1"
cd "$1"
jobs=${2:-2}
each() { xargs -P "$jobs" -d '\n' -n 1 bash -c 'set -e; eval "$0"' ; }
seeds="1 2 3 4 5"
few="--set task.trunk-reaching.targets=50"
further="--from trunk-10-small --updates 1000 --set controller.forward-model.training.learning_rate=0.002"
# A chip for each seed; the others have nothing that differs from chip to chip, or draw it from the run's seed.
options() {
    case $1 in
        brainscales2) echo "--substrate brainscales2 --set substrate.seed=$2" ;;
        uncalibrated) echo "--substrate brainscales2 --set substrate.seed=$2 --set substrate.calibration=uncalibrated" ;;
        alike) echo "--substrate brainscales2 --set substrate.seed=$2 --set substrate.calibration=ideal" ;;
        *) echo "--substrate $1" ;;
    esac
}
learns="loihi spinnaker2 brainscales2 uncalibrated pcm"
for seed in $seeds; do
    for chip in float loihi spinnaker2 brainscales2 pcm; do
        echo "embody run reaching --quiet --substrate $chip --seed $seed --time 4h --out reaching-$chip-$seed"
    done
    for chip in $learns; do
        echo "embody train trunk-10-small --quiet --seed $seed $(options $chip $seed) $further --out training-$chip-$seed"
    done
    echo "embody train trunk-10-small --quiet --seed $seed $(options brainscales2 $seed) $further --set controller.forward-model.training.permuted=true --out training-permuted-$seed"
done | each
for seed in $seeds; do
    for chip in float loihi spinnaker2 brainscales2 pcm; do
        echo "embody run reaching --quiet --substrate $chip --seed $seed --time 4h --controller permuted --set controller.permuted.donor=reaching-$chip-$seed --out shuffled-$chip-$seed"
    done
    for chip in float loihi spinnaker2 alike brainscales2 uncalibrated pcm; do
        echo "embody run trunk-10-small --quiet --seed $seed $(options $chip $seed) $few --out converted-$chip-$seed"
    done
    for chip in $learns permuted; do
        echo "embody run training-$chip-$seed/config.toml --quiet --set controller.forward-model.weights=weights.safetensors $few --out looped-$chip-$seed"
    done
    echo "embody run trunk-10-small --quiet --seed $seed --controller random-poses $few --out random-$seed"
done | each
runs() { for name; do for seed in $seeds; do echo "$name-$seed"; done; done; }
# shellcheck disable=SC2046
embody substrate compare $(runs reaching-{float,loihi,spinnaker2,brainscales2,pcm} shuffled-{float,loihi,spinnaker2,brainscales2,pcm}) --metric targets_per_1000s
echo
# shellcheck disable=SC2046
embody substrate compare $(runs converted-float converted-loihi looped-loihi converted-spinnaker2 looped-spinnaker2 converted-alike converted-brainscales2 \
    looped-brainscales2 converted-uncalibrated looped-uncalibrated converted-pcm looped-pcm looped-permuted random) \
    --metric tip_error_median_mm --metric within_2mm_3deg_percent --metric iterations_to_2mm_median
