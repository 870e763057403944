# Sourced when the shell of a job ends: reports what the job's own log cannot, because the job was
# killed or the disk is full.
case $? in
134 | 137 | 139)
    echo "A job was killed, possibly because memory ran out. If it happens again, run fewer at a time:" \
        "make study CORES=1, or snakemake --cores 1" >&2
    ;;
28) echo "The disk was full when a job wrote a file: free some space and run again" >&2 ;;
esac
