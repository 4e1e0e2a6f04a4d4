process mesh {
    output:
    path 'wing.msh'

    script:
    """
    seq 1 100000 > wing.msh
    """
}

process solve {
    input:
    tuple val(angle), path(mesh)

    output:
    path 'result.txt'

    script:
    """
    echo "\$RESCALE_JOB_ID ${angle} \$(wc -l < ${mesh}) \$(sha256sum < ${mesh} | cut -c1-16)" > result.txt
    """
}

workflow {
    solve(Channel.of(1, 2, 3).combine(mesh())).collectFile(name: 'results.txt', storeDir: params.results, sort: true)
}
