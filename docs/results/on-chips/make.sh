#!/usr/bin/env bash
# What becomes of two controllers on each emulated chip, in five seeds: `reaching`, which learns there, beside the same rewards shuffled within each
# hour; and `trunk-10-small`, trained in single precision and then
#   converted   put on the chip, with the Jacobian that was fitted in software
#   refitted    the same weights, the Jacobian fitted once more with what the chip does
#   software    trained further in software, then refitted: what training alone brings
#   looped      trained further with the chip in the loop, as long
# beside a training in the loop that is told the ends of other poses, and random poses. Each seed is a chip, an order of poses, and targets.
#   docs/results/on-chips/make.sh DIR [JOBS]     takes embody from the path, and writes runs, trainings and tables.md into DIR; some 20 minutes on two processors
set -euo pipefail
mkdir -p "$1"
cd "$1"
jobs=${2:-2}
each() { xargs -P "$jobs" -d '\n' -n 1 bash -c 'set -e; eval "$0"'; }
seeds="1 2 3 4 5"
few="--set task.trunk-reaching.targets=20"
further="--updates 500 --set controller.forward-model.training.learning_rate=0.002"
# A chip for each seed, where chips differ.
options() {
    case $1 in
        brainscales2) echo "--substrate brainscales2 --set substrate.seed=$2" ;;
        uncalibrated) echo "--substrate brainscales2 --set substrate.seed=$2 --set substrate.calibration=uncalibrated" ;;
        alike) echo "--substrate brainscales2 --set substrate.seed=$2 --set substrate.calibration=ideal" ;;
        pcm) echo "--substrate pcm --set substrate.seed=$2" ;;
        *) echo "--substrate $1" ;;
    esac
}
all="float loihi spinnaker2 brainscales2 pcm"
differ="brainscales2 uncalibrated pcm"
train() { echo "embody train trunk-10-small --quiet --seed $seed $*"; }
for seed in $seeds; do
    for chip in $all; do
        echo "embody run reaching --quiet $(options "$chip" "$seed") --seed $seed --time 2h --out reaching-$chip-$seed"
    done
    train "--from trunk-10-small $further --out training-software-$seed"
    for chip in loihi spinnaker2 $differ; do
        train "$(options "$chip" "$seed") --from trunk-10-small $further --out training-$chip-$seed"
    done
    train "$(options brainscales2 "$seed") --from trunk-10-small $further --set controller.forward-model.training.permuted=true --out training-permuted-$seed"
    for chip in $differ; do
        train "$(options "$chip" "$seed") --from trunk-10-small --updates 0 --out fit-refitted-$chip-$seed"
    done
done | each
for seed in $seeds; do
    for chip in $differ; do
        train "$(options "$chip" "$seed") --from training-software-$seed/weights.safetensors --updates 0 --out fit-software-$chip-$seed"
    done
done | each
with="--quiet --set controller.forward-model.weights=weights.safetensors $few"
for seed in $seeds; do
    for chip in $all; do
        echo "embody run reaching --quiet $(options "$chip" "$seed") --seed $seed --time 1h --controller permuted --set controller.permuted.donor=reaching-$chip-$seed --out shuffled-$chip-$seed"
    done
    for chip in $all alike uncalibrated; do
        echo "embody run trunk-10-small --quiet --seed $seed $(options "$chip" "$seed") $few --out converted-$chip-$seed"
    done
    for chip in $differ; do
        echo "embody run fit-refitted-$chip-$seed/config.toml $with --out refitted-$chip-$seed"
        echo "embody run fit-software-$chip-$seed/config.toml $with --out software-$chip-$seed"
    done
    for chip in loihi spinnaker2 $differ permuted; do
        echo "embody run training-$chip-$seed/config.toml $with --out looped-$chip-$seed"
    done
    echo "embody run trunk-10-small --quiet --seed $seed --controller random-poses $few --out random-$seed"
done | each
runs() { for name; do for seed in $seeds; do echo "$name-$seed"; done; done; }
figure() { sed -n "s/^ *\"$1\": \([0-9.]*\),\$/\1/p" "$2/training.json"; }
column() { for seed in $seeds; do figure "$1" "$2-$seed"; done | awk '{ sum += $1; all = all (NR > 1 ? ", " : "") sprintf("%.1f", $1) } END { printf " %.1f (%s) |", sum / NR, all }'; }
# Words of the lists are to be split.
# shellcheck disable=SC2046
{
    embody substrate compare $(runs reaching-{float,loihi,spinnaker2,brainscales2,pcm} shuffled-{float,loihi,spinnaker2,brainscales2,pcm}) --metric targets_per_1000s
    echo
    embody substrate compare $(runs converted-float converted-loihi looped-loihi converted-spinnaker2 looped-spinnaker2 converted-alike \
        {converted,refitted,software,looped}-brainscales2 {converted,refitted,software,looped}-uncalibrated {converted,refitted,software,looped}-pcm looped-permuted random) \
        --metric within_2mm_3deg_percent --metric tip_error_median_mm --metric iterations_to_2mm_median
    echo
    echo "| training | predicted tip before, mm | after, mm |"
    echo "|---|---|---|"
    for chip in software loihi spinnaker2 $differ permuted; do
        echo "| $chip |$(column before_mm "training-$chip")$(column tip_mm "training-$chip")"
    done
    for chip in $differ; do
        echo "| software, then on $chip | |$(column tip_mm "fit-software-$chip")"
    done
} | tee tables.md
