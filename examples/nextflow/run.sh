#!/bin/bash
# Runs the pipeline of this folder as a job with a storage device: run.sh PLATFORM_URL API_KEY one_job|many_jobs
# Needs Java 17 or later, and Nextflow with all it needs below $NEXTFLOW_JARS (see README.md).
set -euo pipefail
cd "$(dirname "$0")"
export RESCALE_API_BASE_URL=$1 RESCALE_API_KEY=$2 profile=$3
quarry=${QUARRY:-quarry}

device=$($quarry storage create pipeline --size 1 --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])')
$quarry storage put "$device:nextflow/jars" "$NEXTFLOW_JARS"/*.jar
$quarry storage put "$device:nextflow" main.nf nextflow.config java-options.txt
$quarry storage put "$device:nextflow/bin" bin/as_slurm.py bin/sbatch bin/squeue bin/scancel
$quarry jobs submit --storage "$device" --name "pipeline ($profile)" --walltime 1 --wait --command "
  export DEVICE=$device NXF_HOME=\$HOME/.nextflow NXF_OFFLINE=true NXF_ANSI_LOG=false
  mkdir bin && cp /storage_$device/nextflow/bin/* bin && chmod 755 bin/* && export PATH=\$PWD/bin:\$PATH
  java @/storage_$device/nextflow/java-options.txt -cp '/storage_$device/nextflow/jars/*' nextflow.cli.Launcher \
    run /storage_$device/nextflow/main.nf -profile $profile"
$quarry storage get "$device:results/results.txt" --force
cat results.txt
